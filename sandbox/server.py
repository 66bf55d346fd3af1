"""The sandbox's process: reads its options, listens on loopback, stops within two seconds."""

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import socket
import sys
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from sandbox import app, loopback, pages, store
from sandbox.bank.bank import Bank
from sandbox.mail import smtp
from sandbox.network import page as network_page

HOST = "127.0.0.1"
READY_WITHIN_SECONDS = 10
STOP_WITHIN_SECONDS = 1
CUT_SHORT = "sandbox: something did not end in time and was cut short"

log = logging.getLogger("sandbox")


class UnableToStart(Exception): ...


@dataclasses.dataclass(frozen=True)
class Options:
    port: int
    home: Path
    abonent_url: str
    smtp_port: int
    webhook_url: str | None
    zone: zoneinfo.ZoneInfo
    radius_port: int | None


def main(argv: Sequence[str] | None = None) -> int:
    """0 when it was asked to stop; else one line on stderr and 2."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    for noisy in (
        "httpx",
        "httpcore",
        "mail",
        "mail.log",
        "asyncio",
    ):  # httpx would log the webhook's secret path
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        asyncio.run(serve(read(argv)))
    except UnableToStart as error:
        log.error("sandbox: %s", error)
        return 2
    return 0


def read(argv: Sequence[str] | None) -> Options:
    """Raises UnableToStart with a line for a person."""
    parser = _Parser(prog="sandbox", description="The demo's bank, SMS and mail inboxes. Loopback only.")
    parser.add_argument("--port", type=int, required=True, help="pages and API")
    parser.add_argument("--home", type=Path, required=True, help="a folder for its store")
    parser.add_argument("--host", default=HOST, help="127.0.0.1, nothing else")
    parser.add_argument("--abonent", help="where notifications go and pages lead back; default: http on PORT-1")
    parser.add_argument("--smtp-port", type=int, help="default: PORT+1")
    parser.add_argument("--webhook-path", help="like /hooks/yookassa/<secret>/; without it nothing is notified")
    parser.add_argument("--time-zone", default="Europe/Moscow", help="of the times on its pages")
    parser.add_argument("--radius-port", type=int, help="FreeRADIUS's for authorisation; without it nobody dials in")
    given = parser.parse_args(argv)
    if given.host not in (HOST, "localhost"):
        raise UnableToStart(f"it listens on {HOST} only, not on {given.host}: its money is made up, its doors are open")
    smtp_port = given.port + 1 if given.smtp_port is None else given.smtp_port
    for name, port in (("--port", given.port), ("--smtp-port", smtp_port)):
        if not 1 <= port <= 65535:
            raise UnableToStart(f"{name} must be from 1 to 65535, not {port}")
    if smtp_port == given.port:
        raise UnableToStart("--smtp-port must differ from --port")
    if given.webhook_path is not None and not given.webhook_path.startswith("/"):
        raise UnableToStart("--webhook-path must begin with a slash")
    try:
        abonent_url = loopback.check_url(given.abonent or f"http://{HOST}:{given.port - 1}").rstrip("/")
        zone = zoneinfo.ZoneInfo(given.time_zone)
    except loopback.UnableToLeaveLoopback as error:
        raise UnableToStart(f"--abonent: {error}") from error
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise UnableToStart(f"--time-zone: {given.time_zone!r} is not a zone like Europe/Moscow") from error
    return Options(
        port=given.port,
        home=given.home,
        abonent_url=abonent_url,
        smtp_port=smtp_port,
        webhook_url=None if given.webhook_path is None else abonent_url + given.webhook_path,
        zone=zone,
        radius_port=given.radius_port,
    )


async def serve(options: Options) -> None:
    """Until SIGTERM or SIGINT. Raises UnableToStart."""
    _require_free(options.port)
    try:
        kept = store.Store(options.home)
    except store.UnableToOpenStore as error:
        raise UnableToStart(str(error)) from error
    bank = Bank(kept, options.port, options.webhook_url)
    network = network_page.Network(options.radius_port)
    edge = app.make(kept, bank, pages.Pages(options.zone, options.abonent_url), network)
    try:
        letters = await smtp.listen(kept, HOST, options.smtp_port)
    except OSError as error:
        raise UnableToStart(f"port {options.smtp_port} for mail is taken: give another --smtp-port") from error
    server = Server(
        edge,
        address=HOST,
        port=options.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )

    def stop() -> None:
        # Waiting calls end first, else the server would wait for them.
        edge.stop()
        server.stop()  # type: ignore[no-untyped-call]  # granian has no types here
        asyncio.get_running_loop().call_later(STOP_WITHIN_SECONDS, _cut_short)

    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stop)
    sender = asyncio.create_task(bank.sender.run(before_each_round=bank.expire_due))
    ready = asyncio.create_task(_say_when_ready(options))
    try:
        await server.serve()
    finally:
        for task in (sender, ready):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        letters.close()
        network.close()
        kept.close()


def _cut_short() -> None:
    """The store needs no farewell: every transaction in it is whole or absent."""
    log.warning(CUT_SHORT)
    os._exit(0)


async def _say_when_ready(options: Options) -> None:
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        try:
            _, writer = await asyncio.open_connection(HOST, options.port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        log.info("sandbox: http://localhost:%d/, mail to port %d", options.port, options.smtp_port)
        return


def _require_free(port: int) -> None:
    """granian shares ports between processes: a second sandbox would take half of the first one's calls."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UnableToStart(f"port {port} cannot be used ({error.strerror}): give another --port") from error


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # argparse's own prints the usage and exits
        raise UnableToStart(f"{message} (--help tells more)")
