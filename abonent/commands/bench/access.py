"""From a bank's message to the access server that hears of it; and the reconciler over every live session."""

import argparse
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from abonent.commands.bench import (
    load,
    payments_webhooks,
    radius_lines,
    radius_packets,
    radius_server,
    scratch,
    serving,
)

HELP = "a bank's message → CoA at the access server; the reconciler over all live sessions"
AIM_SECONDS = 1.0
DRIFT_ONE_IN = 20
PATIENCE_SECONDS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=100_000, metavar="SESSIONS")
    parser.add_argument("--webhooks", type=int, default=300)
    parser.add_argument("--port", type=int, default=8081)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from django.db import connections

    from abonent.core import clock
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))
    coa_port = radius_server.free_port()
    with scratch.database("access", today) as dsn:
        radius_lines.make(args.accounts, today, coa_port=coa_port)
        crowd.settle_statistics()
        yield _reconcile(args)
        yield _follow(args, dsn, coa_port)
        connections.close_all()


def _reconcile(args: argparse.Namespace) -> dict[str, Any]:
    """One session in twenty has what it should not: one pass must queue them all."""
    from abonent.core import db
    from abonent.network import mending

    db.run(f"update network_accesssession set granted = 'walled' where id % {DRIFT_ONE_IN} = 0 and granted <> 'walled'")
    began = time.perf_counter()
    db.rows(
        "select count(*) as n from network_accesssession s join billing_subscription b on b.line_id = s.line_id"
        " where b.role = 'tariff' and b.kind = 'internet' and b.state <> 'ended'"
    )
    floor_seconds = time.perf_counter() - began
    drifted = mending.drift()
    began = time.perf_counter()
    mended = mending.mend()
    seconds = time.perf_counter() - began
    if not drifted or mended.drifted != drifted or mending.drift():
        raise load.UnableToLoad(f"{drifted} sessions had drifted, {mended.drifted} are on their way")
    db.run("update network_accesschange set state = 'done' where state = 'queued'")
    db.run(
        "update network_accesssession s set granted = r.expected from radius.session_rights r where r.session_id = s.id"
    )
    return {
        "bench": "access",
        "what": f"reconciler, {100 // DRIFT_ONE_IN} % drift",
        "accounts": mended.sessions,
        "drifted": drifted,
        "seconds": round(seconds, 2),
        "per_second": int(mended.sessions / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "ratio": round(seconds / floor_seconds, 1),
    }


def _follow(args: argparse.Namespace, dsn: str, coa_port: int) -> dict[str, Any]:
    """Real processes: the bank, the web, a worker; the access server is a socket of this process."""
    from django.db import connections

    environment = {"PORT": str(args.port), **payments_webhooks.ENVIRONMENT}
    with tempfile.TemporaryDirectory() as home:
        bank = serving.beside(payments_webhooks.bank_command(home), dsn)
        web = serving.start(dsn, args.port, environment)
        worker = serving.beside(["abonent.commands.main", "worker"], dsn, **environment)
        try:
            payments_webhooks.wait_for_bank(bank)
            paid = payments_webhooks.payers(args.webhooks)
            _walled(list(paid.values()))
            connections.close_all()
            with _listening(coa_port) as heard:
                sent: dict[int, float] = {}
                payments_webhooks.send(paid, sent, args.port)
                until = time.monotonic() + PATIENCE_SECONDS
                while len(heard) < len(sent) and time.monotonic() < until:
                    time.sleep(0.02)
        finally:
            serving.end(worker, web, bank)
    took = sorted(heard[one] - at for one, at in sent.items() if one in heard)
    if len(took) < len(sent):
        raise load.UnableToLoad(f"the access server has heard of {len(took)} of {len(sent)} payments")
    p99 = took[len(took) * 99 // 100]
    return {
        "bench": "access",
        "what": "webhook in → CoA heard",
        "accounts": len(took),
        "seconds": round(p99, 3),
        "per_second": int(1 / payments_webhooks.EVERY_SECONDS),
        "p50_ms": int(took[len(took) // 2] * 1000),
        "p99_ms": int(p99 * 1000),
        "floor_seconds": AIM_SECONDS,
        "ratio": round(p99 / AIM_SECONDS, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _walled(payment_ids: list[int]) -> None:
    """A live session in the walled garden for the line of each payment, named by the payment."""
    from abonent.core import db

    db.run(
        "insert into network_accesssession (unique_id, nas_id, acct_session_id, user_name, line_id, way, port,"
        " circuit_id, remote_id, started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets,"
        " raw_down_octets, has_class, granted)"
        " select 'paid-' || p.id, (select id from network_nas where name = 'bench'), p.id::text, 'payer', l.id,"
        " 'login', '', '', '', now(), now(), 0, 0, 0, 0, 0, true, 'walled'"
        " from payments_payment p join ledger_account a on a.id = p.account_id"
        " join subscribers_line l on l.contract_id = a.contract_id where p.id = any(%s)",
        [payment_ids],
    )


@contextmanager
def _listening(port: int) -> Iterator[dict[int, float]]:
    """An access server that obeys; gives when it heard of each session first."""
    heard: dict[int, float] = {}
    stop = threading.Event()
    secret = radius_lines.SECRET.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((radius_lines.NAS_ADDRESS, port))
        listener.settimeout(0.2)

        def listen() -> None:
            while not stop.is_set():
                try:
                    data, whence = listener.recvfrom(4096)
                except TimeoutError:
                    continue
                at = time.monotonic()
                session = radius_packets.value(data, radius_packets.SESSION_ID) or b""
                listener.sendto(radius_packets.acknowledged(data, secret), whence)
                if session.isdigit():
                    heard.setdefault(int(session), at)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            stop.set()
            thread.join()
