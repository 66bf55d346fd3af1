"""From a bank's message to the credited payment and the open service, while payments come in over check/pay too."""

import argparse
import json
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from datetime import date
from typing import Any

from abonent.commands.bench import load, serving

HOOK = "/hooks/yookassa/bench/"
EVERY_SECONDS = 0.1  # a message
BESIDE_PER_SECOND = 40  # payments over check/pay meanwhile
AIM_P99_MS = 500


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_BANK_PORT, _SMTP_PORT = _free_port(), _free_port()
_BANK = f"http://127.0.0.1:{_BANK_PORT}"
ENVIRONMENT = {
    "ABONENT_YOOKASSA_API_URL": f"{_BANK}/v3",
    "ABONENT_YOOKASSA_SHOP_ID": "100500",
    "ABONENT_YOOKASSA_SECRET_KEY": "test_sandbox",
    "ABONENT_YOOKASSA_WEBHOOK_SECRET": "bench",
    "ABONENT_YOOKASSA_NETWORKS": "127.0.0.0/8",
}


def run(args: argparse.Namespace, dsn: str, beside: Sequence[bytes], environment: dict[str, str]) -> dict[str, Any]:
    """One row.   beside: requests of check/pay to send meanwhile."""
    from django.db import connections

    with tempfile.TemporaryDirectory() as home:
        bank = serving.beside(bank_command(home), dsn)
        worker = serving.beside(["abonent.commands.main", "worker"], dsn, **environment)
        try:
            wait_for_bank(bank)
            paid = payers(args.webhooks)
            connections.close_all()
            took = _follow(dsn, paid, beside, args.port)
        finally:
            serving.end(worker, bank)
    took_ms = sorted(int(one * 1000) for one in took)
    return {
        "bench": "payments",
        "what": "webhook in → credited, service open",
        "accounts": args.webhooks,
        "clients": 1,
        "seconds": round(args.webhooks * EVERY_SECONDS, 2),
        "per_second": int(1 / EVERY_SECONDS),
        "p50_ms": took_ms[len(took_ms) // 2],
        "p99_ms": took_ms[len(took_ms) * 99 // 100],
        "floor_seconds": AIM_P99_MS / 1000,
        "ratio": round(took_ms[len(took_ms) * 99 // 100] / AIM_P99_MS, 2),
    }


def bank_command(home: str) -> list[str]:
    return ["sandbox", "--port", str(_BANK_PORT), "--smtp-port", str(_SMTP_PORT), "--home", home]


def wait_for_bank(bank: "subprocess.Popen[bytes]") -> None:
    serving.wait_ready(bank, f"{_BANK}/healthz")


def payers(count: int) -> dict[str, int]:
    """New contracts that wait for money, each with a payment that its payer has made: the bank's id → ours."""
    from django.conf import settings

    from abonent.catalog.models import Offer
    from abonent.core import clock
    from abonent.flows import sign_contract, topup
    from abonent.payments.models import Payment

    for name, value in ENVIRONMENT.items():
        key = name.removeprefix("ABONENT_")
        setattr(settings, key, value.split(",") if key.endswith("NETWORKS") else value)
    tariff = Offer.objects.filter(role="tariff", kind="internet", segments__contains=["apartment"]).order_by("id")[0]
    today: date = clock.today()
    paid: dict[str, int] = {}
    for number in range(count):
        signed = sign_contract.sign(
            on=today, offers=[tariff.code], segment="apartment", full_name=f"Bench {number}", password="not-to-be-used",
            first_top_up_kop=0,
        )  # fmt: skip
        started = topup.start(
            account_id=signed.account.pk,
            amount_kop=1_500_00,
            submit_token=f"bench-{number:06}",
            return_url="http://localhost/",
        )
        payment = Payment.objects.get(id=started.payment_id)
        assert payment.external_id is not None
        _post(f"{_BANK}/control/payments/{payment.external_id}/succeed", {"card": "pays"})
        paid[payment.external_id] = payment.id
    return paid


def _follow(dsn: str, paid: dict[str, int], beside: Sequence[bytes], port: int) -> list[float]:
    """Send the messages one after another; when is each payment's page told that it has arrived? Seconds."""
    import psycopg

    sent: dict[int, float] = {}
    arrived: dict[int, float] = {}
    stop = threading.Event()
    others = threading.Thread(target=_pay_beside, args=(beside, port, stop))
    with psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute("listen abonent_events")
        others.start()
        sender = threading.Thread(target=send, args=(paid, sent, port))
        sender.start()
        try:
            for told in listener.notifies(timeout=len(paid) * EVERY_SECONDS + 30):
                said = json.loads(told.payload)
                if said["name"] == "payment" and said["data"] and said["data"]["state"] == "succeeded":
                    arrived.setdefault(said["data"]["payment_id"], time.monotonic())
                if len(arrived.keys() & set(paid.values())) == len(paid):
                    break
        finally:
            stop.set()
            sender.join()
            others.join()
    missing = len(paid) - len(arrived.keys() & set(paid.values()))
    if missing:
        raise load.UnableToLoad(f"{missing} of {len(paid)} payments did not arrive")
    return [arrived[payment_id] - sent[payment_id] for payment_id in paid.values()]


def send(paid: dict[str, int], sent: dict[int, float], port: int) -> None:
    for external_id, payment_id in paid.items():
        body = {"type": "notification", "event": "payment.succeeded", "object": {"id": external_id}}
        sent[payment_id] = time.monotonic()
        _post(f"http://127.0.0.1:{port}{HOOK}", body)
        time.sleep(EVERY_SECONDS)


def _pay_beside(requests: Sequence[bytes], port: int, stop: threading.Event) -> None:
    """The load: payments at an even pace, on one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        for place in range(len(requests)):
            if stop.wait(1 / BESIDE_PER_SECOND):
                return
            peer.sendall(requests[place])
            load.read_answer(peer)


def _post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
