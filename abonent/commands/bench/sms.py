"""A mailing by SMS through an SMPP peer: queued and sent, each once, against the same link without an outbox."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from abonent.commands.bench import load, scratch

HELP = "SMS of a mailing a second over SMPP, against the link alone"
WORDS = "Ночью 15 декабря будут работы на линии. Связь пропадёт на час."
PASSWORD = "bench"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=20_000, metavar="MESSAGES")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.core import clock
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))
    with scratch.database("sms", today):
        crowd.make(args.accounts, seed=1, on=today, charged=False)
        crowd.settle_statistics()
        with _centre() as (url, ended):
            floor_seconds = _alone(url, args.accounts)
            if ended() != (args.accounts, args.accounts):
                raise load.UnableToLoad("the link alone did not bring every message once")
        with clock.frozen(clock.at_noon(today)):  # no quiet hours
            queue_seconds, insert_seconds = _queue(args.accounts)
            yield _row(args, "queued", queue_seconds, insert_seconds)
            with _centre() as (url, ended):
                seconds = _send(url)
                if ended() != (args.accounts, args.accounts):
                    raise load.UnableToLoad("not every message came once")
        yield _row(args, "sent, each once", seconds, floor_seconds)


def _queue(count: int) -> tuple[float, float]:
    """Of the mailing's chunks, and of bare rows of the same size into a table without indexes."""
    from abonent.core import db
    from abonent.flows import mailing
    from abonent.notifications import mailings

    one = mailings.make(mailings.Wish("Works", False, "sms", "all", "", "", WORDS), by="bench", address=None)
    began = time.perf_counter()
    planned = mailing.start(one.pk, by="bench", address=None).all
    while mailing.queue_chunk(one.pk):
        pass
    seconds = time.perf_counter() - began
    if planned != count:
        raise load.UnableToLoad(f"{planned} of {count} are meant")
    began = time.perf_counter()
    db.run("create table bench_floor as select * from notifications_notice")
    return seconds, time.perf_counter() - began


def _send(url: str) -> float:
    from django.conf import settings

    from abonent.core import db
    from abonent.notifications import delivery
    from abonent.notifications.channels import smpp

    settings.SMS_GATEWAY, settings.SMPP_URL, settings.SMS_SENDER = "smpp", url, "Bench"
    settings.SMPP_SYSTEM_ID, settings.SMPP_PASSWORD = "bench", PASSWORD
    began = time.perf_counter()
    while db.rows("select 1 from notifications_notice where state = 'queued' limit 1"):
        delivery.deliver()
    seconds = time.perf_counter() - began
    smpp.close()
    return seconds


def _alone(url: str, count: int) -> float:
    """The same text to as many phones by the same link and as many threads; nothing is kept of it."""
    from abonent.notifications import delivery
    from abonent.notifications.channels import smpp_link, sms_parts

    port = int(url.rpartition(":")[2])
    link = smpp_link.Link(
        "127.0.0.1", port, tls=False, system_id="bench", password=PASSWORD, system_type="", on_receipt=lambda told: None
    )
    parts = sms_parts.cut(WORDS, 1)

    def one(number: int) -> None:
        for body in parts.bodies:
            link.submit(
                source_addr="Bench", destination_addr=f"7999{number:07}", short_message=body, data_coding=8, esm_class=0
            )

    began = time.perf_counter()
    with ThreadPoolExecutor(delivery.THREADS) as threads:
        list(threads.map(one, range(count), chunksize=delivery.BATCH))
    seconds = time.perf_counter() - began
    link.close()
    return seconds


@contextmanager
def _centre() -> Iterator[tuple[str, Any]]:
    """Its URL, and a function that ends it and gives (messages, phones)."""
    with subprocess.Popen(
        [sys.executable, "-m", "abonent.commands.bench.sms_centre"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout

        def ended() -> tuple[int, int]:
            process.terminate()
            taken, phones = told.readline().split()
            return int(taken), int(phones)

        try:
            yield f"smpp://127.0.0.1:{int(told.readline())}", ended
        finally:
            process.kill()


def _row(args: argparse.Namespace, what: str, seconds: float, floor_seconds: float) -> dict[str, Any]:
    return {
        "bench": "sms",
        "what": what,
        "accounts": args.accounts,
        "seconds": round(seconds, 2),
        "per_second": int(args.accounts / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "ratio": round(seconds / floor_seconds, 2),
        "load": round(os.getloadavg()[0], 1),
    }
