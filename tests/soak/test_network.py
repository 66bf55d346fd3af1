"""After a power cut: ten thousand dial in within a minute, PostgreSQL is killed for a minute in the middle of it."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections

from abonent.core import clock, partitions
from abonent.core import db as database
from abonent.demo import crowd
from abonent.flows import load_profile
from abonent.network.models import Nas, NasKind
from abonent.network.tests import ground as made
from abonent.network.tests import radius
from abonent.network.tests import site as sites
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = [pytest.mark.committing, pytest.mark.soak]
SUBSCRIBERS = int(os.environ.get("SOAK_DIAL_INS", "10000"))
MINUTE = int(os.environ.get("SOAK_AWAY_SECONDS", "60"))
ROUTERS = 48  # that ask at a time; each goes on until it is in
UP, DOWN = 1_000, 1_000_000  # of a session in each report


@pytest.fixture
def storm(template: str, django_db_blocker: Any) -> Iterator["Storm"]:
    with django_db_blocker.unblock(), sites.serving(template) as (site, server):
        today = clock.on_date(datetime.now(UTC))
        load_profile.load(today)
        crowd.make(SUBSCRIBERS, seed=1, on=today)
        partitions.ensure_ahead(today)
        crowd.settle_statistics()
        nas = server.nas(Nas.objects.get(kind=NasKind.MIKROTIK))
        nas.patience_seconds, nas.tries = 2, 1
        yield Storm(site, server, nas)


class Storm:
    def __init__(self, site: sites.Site, server: radius.Server, nas: sandbox_nas.Nas) -> None:
        self.site, self.server, self.nas = site, server, nas
        self.people = database.rows("select name, password from network_login order by hashint8(line_id)")
        self.silences = 0
        self.slowest_accounting_seconds = 0.0
        self._lock = threading.Lock()

    def dial_in(self, *, within_seconds: float) -> tuple[list[sandbox_nas.Dialled], list[float]]:
        """All of them, evenly; give the sessions, and when each was in, seconds from the beginning."""
        began = time.monotonic()

        def come(number: int) -> tuple[sandbox_nas.Dialled, float]:
            wait = began + within_seconds * number / len(self.people) - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            one = self.people[number]
            while True:
                try:
                    given = self.nas.dial(made.pap(one["name"], one["password"]))
                except sandbox_nas.NoAnswer:
                    with self._lock:
                        self.silences += 1
                    continue
                assert isinstance(given, sandbox_nas.Dialled), "a reject would keep a payer out"
                return given, time.monotonic() - began

        with futures.ThreadPoolExecutor(ROUTERS) as threads:
            done = list(threads.map(come, range(len(self.people))))
        return [session for session, _ in done], [at for _, at in done]

    def report(self, session: sandbox_nas.Dialled) -> None:
        """Raises sandbox_nas.NoAnswer: accounting is answered at any moment."""
        began = time.monotonic()
        self.nas.traffic(session, up=UP, down=DOWN, seconds=300)
        self.slowest_accounting_seconds = max(self.slowest_accounting_seconds, time.monotonic() - began)

    def report_all(self, sessions: list[sandbox_nas.Dialled]) -> None:
        with futures.ThreadPoolExecutor(16) as threads:
            list(threads.map(self.report, sessions))

    def spooled_octets(self) -> int:
        return sum(path.stat().st_size for path in self.server.site.folder.joinpath("spool").iterdir())


def test_ten_thousand_dial_in_in_a_minute_and_postgresql_is_killed_in_the_middle(storm: Storm) -> None:
    sessions, came = storm.dial_in(within_seconds=0)
    figures: dict[str, object] = {"dial-ins": len(sessions), "as fast as it goes, s": round(max(came), 1)}
    assert max(came) < 60
    figures["silences"] = storm.silences
    storm.nas.account([("Acct-Status-Type", wire.ON)])  # the power is cut
    storm.nas.sessions.clear()
    assert live() == (0, 0, 0)

    connections.close_all()  # this one's server is about to be killed
    storm.silences = 0
    times: dict[str, float] = {}
    spooled: list[int] = []
    is_over = threading.Event()

    def reports() -> None:
        """Those who are in go on telling of their traffic, also while PostgreSQL is away."""
        while not is_over.wait(0.5):
            for session in list(storm.nas.sessions.values())[:400]:
                storm.report(session)
            spooled.append(storm.spooled_octets())

    def fall() -> None:
        time.sleep(MINUTE // 3)
        storm.site.kill()
        times["killed"] = time.monotonic() - began
        time.sleep(MINUTE)
        storm.site.start()
        times["back"] = time.monotonic() - began

    began = time.monotonic()
    with futures.ThreadPoolExecutor(2) as threads:
        running = [threads.submit(reports), threads.submit(fall)]
        sessions, came = storm.dial_in(within_seconds=MINUTE)
        is_over.set()
        for one in running:
            one.result()
    figures |= {
        "in before the kill": sum(at < times["killed"] for at in came),
        "killed at, s": round(times["killed"], 1),
        "back at, s": round(times["back"], 1),
        "all in, s after it was back": round(max(came) - times["back"], 1),
        "silences while it was away": storm.silences,
        "spooled at most, octets": max(spooled),
    }
    storm.report_all(sessions)
    told = (len(sessions), sum(one.up_octets for one in sessions), sum(one.down_octets for one in sessions))
    at = time.monotonic()
    made.eventually(lambda: live() == told, seconds=180)
    figures["all told, s after the last report"] = round(time.monotonic() - at, 1)
    figures["slowest accounting answer, s"] = round(storm.slowest_accounting_seconds, 2)
    figures["load"] = round(os.getloadavg()[0], 1)
    print(figures)  # noqa: T201  # the measure

    assert len({session.session_id for session in storm.nas.sessions.values()}) == len(sessions) == SUBSCRIBERS
    each = database.rows("select up_octets, down_octets from network_accesssession order by 1, 2")
    assert [tuple(row.values()) for row in each] == sorted((one.up_octets, one.down_octets) for one in sessions)
    used = database.rows("select sum(up_octets)::bigint as up, sum(down_octets)::bigint as down from network_usage")[0]
    assert (used["up"], used["down"]) == told[1:]


def live() -> tuple[int, int, int]:
    found = database.rows(
        "select count(*) as n, coalesce(sum(up_octets), 0)::bigint as up, coalesce(sum(down_octets), 0)::bigint as down"
        " from network_accesssession"
    )[0]
    return found["n"], found["up"], found["down"]
