"""`abonent mail`: the door through which letters come in, for the mail server to hand them to.

SMTP on a port of this machine: letters to the departments' mailboxes and to reply addresses. Each is stored before
its sender hears «250»; what cannot be stored now is refused for now («451»), and the mail server tries again.
"""

import argparse
import asyncio
import contextlib
import functools
import logging
import signal

from aiosmtpd.smtp import SMTP, Envelope, Session

HELP = "takes in letters: replies to ours, and letters to the departments"
RECIPIENTS_MOST = 20
OK, NO_MAILBOX, TRY_LATER = "250 OK", "550 5.1.1 no such mailbox", "451 4.3.0 try later"
BUSY_SECONDS = 30  # between tries for a port that somebody else has

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="default: ABONENT_MAIL_DOOR_PORT, or PORT + 4")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings

    asyncio.run(_serve(args.address, args.port or settings.MAIL_DOOR_PORT))
    return 0


class Door:
    """aiosmtpd's handler."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MOST:
            return "452 4.5.3 too many recipients"
        said = await asyncio.get_running_loop().run_in_executor(None, _know, address)
        if said == OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content or b""
        loop = asyncio.get_running_loop()
        take = functools.partial(_take, raw, envelope.mail_from or "", list(envelope.rcpt_tos))
        return await loop.run_in_executor(None, take)


def _know(recipient: str) -> str:
    """Whether it is ours: the departments' mailboxes stand in the database."""
    from django.db import Error, connection

    from abonent.support import letters_in

    try:
        return OK if letters_in.is_address(recipient) else NO_MAILBOX
    except Error:
        log.error("a mailbox could not be looked up: the database does not answer")
        return TRY_LATER
    finally:
        connection.close()


def _take(raw: bytes, sender: str, recipients: list[str]) -> str:
    """Each recipient's, once: what was kept of a letter that came halfway is not kept again."""
    from django.db import connection

    from abonent.core import clock, jobs
    from abonent.support import letters_in

    try:
        for one in recipients:
            taken = letters_in.take(raw, sender=sender, recipient=one, at=clock.now())
            log.info("a letter is taken: %s", taken.what)
    except letters_in.UnableToTake:
        return NO_MAILBOX
    except letters_in.TryLater:
        return "451 4.7.1 too many letters, try later"
    except Exception as error:
        log.error("a letter was not taken: %s at %s", type(error).__name__, jobs.place_of(error))
        return TRY_LATER
    finally:
        connection.close()
    return OK


async def _serve(address: str, port: int) -> None:
    """Until SIGTERM or Ctrl-C."""
    from abonent.support import letters_in

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def connection() -> SMTP:
        return SMTP(
            Door(),
            hostname="abonent",
            data_size_limit=letters_in.LETTER_MOST_OCTETS,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    while not stop.is_set():
        try:
            server = await loop.create_server(connection, address, port)
        except OSError as error:  # the rest of the program must not wait for this door
            log.error("letters cannot come in on port %s: %s; it is tried again", port, error.strerror)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), BUSY_SECONDS)
        else:
            async with server:
                await stop.wait()
