"""Signing in: how long it takes; how many wrong tries get through from one address, on one contract, from a botnet."""

import argparse
import http.client
import logging
import statistics
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from abonent.commands.bench import load, scratch, serving

HELP = "sign-ins a second, p50 and p99; wrong tries that get through; the owner passes meanwhile"
CONNECTIONS = 4
PASSWORD = "wide-river-in-may"
TOKEN = "a" * 32
BOTS = 1_000
FROM_ONE = 400  # tries from one address
GUESSED = 100  # contracts that the botnet tries, twelve times each
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={TOKEN}"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--port", type=int, default=8790)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from django.db import connections

    from abonent.demo import crowd

    today = datetime.now(UTC).date()
    with scratch.database("signin", today) as dsn:
        crowd.make(args.accounts, seed=1, on=today)
        names = _open_doors()
        connections.close_all()
        server = serving.start(dsn, args.port, threads=2)
        try:
            yield _signed_in(args, names)
        finally:
            serving.end(server)
        yield from _guessed(names)


def _open_doors() -> list[str]:
    """One password for the whole crowd: hashed once, it is right for each."""
    from django.contrib.auth import hashers

    from abonent.identity.models import SignInName, User

    User.objects.filter(is_staff=False).update(password=hashers.make_password(PASSWORD), password_must_change=False)
    return list(SignInName.objects.order_by("name").values_list("name", flat=True))


def _signed_in(args: argparse.Namespace, names: list[str]) -> dict[str, Any]:
    """Each of them signs in from a browser that nobody knows; the floor is the hashing alone, on as many threads."""
    times: list[float] = []
    deadline = time.perf_counter() + args.seconds

    def one(number: int) -> None:
        position = number
        peer = http.client.HTTPConnection("127.0.0.1", args.port, timeout=30)
        while (began := time.perf_counter()) < deadline:
            form = {"login": names[position % len(names)], "password": PASSWORD, "csrfmiddlewaretoken": TOKEN}
            peer.request("POST", "/login/", urlencode(form), _HEADERS)
            answer = peer.getresponse()
            answer.read()
            if answer.status != http.client.FOUND:
                raise load.UnableToLoad(f"a right password is answered {answer.status}")
            times.append(time.perf_counter() - began)
            position += CONNECTIONS
        peer.close()

    began = time.perf_counter()
    _at_once(one)
    spent = time.perf_counter() - began
    floor = _hashing(len(times))
    times.sort()
    return {
        "bench": "signin",
        "what": "sign-in",
        "accounts": args.accounts,
        "seconds": round(spent, 2),
        "per_second": int(len(times) / spent),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 1),
        "floor_seconds": round(floor, 2),
        "ratio": round(spent / floor, 2),
    }


def _hashing(count: int) -> float:
    """Seconds that so many passwords take to be hashed, by as many threads."""
    from django.contrib.auth import hashers

    hashed = hashers.make_password(PASSWORD)

    def one(number: int) -> None:
        for _ in range(number, count, CONNECTIONS):
            hashers.check_password(PASSWORD, hashed)

    began = time.perf_counter()
    _at_once(one)
    return time.perf_counter() - began


def _at_once(work: Any) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _guessed(names: list[str]) -> Iterator[dict[str, Any]]:
    """Guesses through the whole of the sign-in, in this process, with a cheap hash: what counts is who is looked at."""
    from django.test import Client, override_settings

    logging.getLogger("abonent.request").setLevel(logging.WARNING)  # a line a try says nothing
    cheap = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=cheap, ALLOWED_HOSTS=["testserver"]):
        _open_doors()
        owner = Client()
        _try(owner, names[0], PASSWORD, "203.0.113.1")
        owner.post("/logout/")
        address = [f"10.{n // 62_500}.{n // 250 % 250}.{n % 250}" for n in range(BOTS + 2)]
        others = names[1 : GUESSED + 1]
        from_one = [(others[n % len(others)], address[0]) for n in range(FROM_ONE)]
        yield _attack("wrong tries: one address, many contracts", from_one)
        on_one = [(names[0], address[1 + n % BOTS]) for n in range(BOTS)]
        yield _attack(f"wrong tries: one contract, {BOTS} addresses", on_one)
        began = time.perf_counter()
        passes = _try(owner, names[0], PASSWORD, "203.0.113.1") == http.client.FOUND
        spent = time.perf_counter() - began
        stranger = _try(Client(), names[0], PASSWORD, "203.0.113.2")
        yield {
            "bench": "signin",
            "what": f"its owner meanwhile: known browser {'passes' if passes else 'is shut out'}, "
            f"unknown one {'passes' if stranger == http.client.FOUND else 'asks for a one-time password'}",
            "seconds": round(spent, 3),
            "floor_seconds": round(spent, 3),
            "ratio": 1.0,
        }
        fresh = names[GUESSED + 1 : 2 * GUESSED + 1] or others
        crowd = [(fresh[n % len(fresh)], address[2 + n % BOTS]) for n in range(12 * len(fresh))]
        yield _attack(f"wrong tries: {BOTS} addresses, {len(fresh)} contracts", crowd)


def _attack(what: str, tries: list[tuple[str, str]]) -> dict[str, Any]:
    """All within one minute by the clock of the limits, which is held still; the budgets are of an hour."""
    from django.test import Client

    from abonent.core import clock

    with clock.frozen(clock.now()):
        began, spent, looked_at = time.perf_counter(), [], 0
        for n, (name, address) in enumerate(tries):
            one = time.perf_counter()
            looked_at += _try(Client(), name, f"guess-{n}", address) == http.client.OK
            spent.append(time.perf_counter() - one)
        seconds = time.perf_counter() - began
    floor = min(spent) * len(tries)
    return {
        "bench": "signin",
        "what": what,
        "seconds": round(seconds, 2),
        "tries": len(tries),
        "first_minute": looked_at,
        "a_minute": round(looked_at / 60, 1),
        "p50_ms": round(statistics.median(spent) * 1000, 1),
        "floor_seconds": round(floor, 2),
        "ratio": round(seconds / floor, 2),
    }


def _try(browser: Any, name: str, password: str, address: str) -> int:
    answer = browser.post("/login/", {"login": name, "password": password}, REMOTE_ADDR=address)
    return int(answer.status_code)
