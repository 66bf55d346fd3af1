"""Accounting as SQL alone: what each packet changes, whatever comes twice, late, in another order, or lies."""

import time
from datetime import date
from typing import Any

import pytest

from abonent.billing.models import Subscription
from abonent.billing.tests import builder
from abonent.core import db as database
from abonent.ledger.models import Account
from abonent.network.models import AccessChange, AccessSession, ClosedSession, Login, NasKind, Usage
from abonent.network.tests import ground as made
from abonent.network.tests import radius

GIB = 1 << 30
WRAP = 1 << 32
CLASS = "ai:" + "0" * 32 + ";open:300:100:-"
_PACKET = """
    select radius.accounting(%(status)s, %(unique_id)s, %(session_id)s, %(user_name)s, %(nas)s, %(calling)s,
        %(address)s, %(port)s, %(circuit)s, %(remote)s, %(seconds)s, %(up)s, %(up_giga)s, %(down)s, %(down_giga)s,
        %(at)s, %(class)s, %(cause)s) as said
"""


class Line:
    """A line that is dialled in, and what its access server says of it, counted from one moment."""

    def __init__(self, account: Account, name: str) -> None:
        self.account, self.name = account, name
        self.began = int(time.time()) - 3600

    def say(self, status: str, after: int, up: int | str = 0, down: int | str = 0, **more: Any) -> str:
        """A packet `after` seconds from the beginning; whole counters unless the words of a part are given."""
        words = {
            "status": status, "unique_id": f"{self.name}-1", "session_id": "1", "user_name": self.name,
            "nas": "127.0.0.11", "calling": made.MAC, "address": "10.0.0.5", "port": "", "circuit": "", "remote": "",
            "seconds": str(after) if status != "Start" else "", "at": str(self.began + after), "class": CLASS,
            "cause": "User-Request" if status == "Stop" else "",
        }  # fmt: skip
        for way, octets in (("up", up), ("down", down)):
            whole = octets if isinstance(octets, int) else None
            words[way] = str(whole % WRAP) if whole is not None else str(octets)
            words[f"{way}_giga"] = str(whole // WRAP) if whole is not None else ""
        if status == "Start":
            words |= dict.fromkeys(("up", "up_giga", "down", "down_giga"), "")
        return str(database.rows(_PACKET, words | more)[0]["said"])

    @property
    def live(self) -> tuple[int, int, int]:
        """(seconds, up, down) of the one live session."""
        (one,) = AccessSession.objects.filter(user_name=self.name)
        return one.seconds, one.up_octets, one.down_octets

    @property
    def closed(self) -> list[tuple[str, int, int]]:
        found = ClosedSession.objects.filter(user_name=self.name).order_by("ended_at")
        return [(one.cause, one.up_octets, one.down_octets) for one in found]

    @property
    def used(self) -> tuple[int, int]:
        rows = Usage.objects.filter(line_id=builder.line_of(self.account).pk)
        return sum(row.up_octets for row in rows), sum(row.down_octets for row in rows)


@pytest.fixture
def line(db: None) -> Line:
    radius.make_nas(NasKind.MIKROTIK, "127.0.0.11")
    tables = made.Ground(None)
    return Line(tables.login("anna"), "anna")


def test_start_interim_and_stop_count_up_and_down(line: Line) -> None:
    assert line.say("Start", 0) == "started"
    assert line.say("Interim-Update", 300, 10, 1000) == "updated"
    assert line.say("Interim-Update", 600, 15, 5 * WRAP + 5) == "updated", "gigawords"
    assert line.live == (600, 15, 5 * WRAP + 5)
    assert line.say("Stop", 900, 20, 5 * WRAP + 6) == "stopped"
    assert not AccessSession.objects.exists()
    assert line.closed == [("User-Request", 20, 5 * WRAP + 6)]
    assert line.used == (20, 5 * WRAP + 6)


def test_what_comes_twice_late_or_in_another_order_changes_nothing(line: Line) -> None:
    """Pitfalls 2 and 3: the stock queries move octets back, and leave the late without an answer."""
    line.say("Start", 0)
    line.say("Interim-Update", 600, 50, WRAP + 5)
    for status, after, down in (("Interim-Update", 600, WRAP + 5), ("Interim-Update", 300, 9), ("Start", 0, 0)):
        assert line.say(status, after, 50 if down > 9 else 1, down) == "updated"
        assert line.live == (600, 50, WRAP + 5)
    line.say("Stop", 900, 60, WRAP + 10)
    for status in ("Stop", "Interim-Update", "Start"):
        assert line.say(status, 700 if status != "Start" else 0, 55, WRAP + 7) == "after its stop"
    assert line.closed == [("User-Request", 60, WRAP + 10)]
    assert line.used == (60, WRAP + 10)
    assert not AccessSession.objects.exists()


def test_the_stop_before_the_start_leaves_one_closed_session(line: Line) -> None:
    assert line.say("Stop", 100, 1, 2) == "stopped"
    assert line.say("Interim-Update", 50, 1, 1) == "after its stop"
    assert line.say("Start", 0) == "after its stop"
    assert line.closed == [("User-Request", 1, 2)]
    assert line.used == (1, 2)


def test_a_counter_of_32_bits_wraps_where_there_are_no_gigawords(line: Line) -> None:
    """Pitfall 4."""
    line.say("Start", 0)
    line.say("Interim-Update", 300, "100", str(WRAP - 10))
    line.say("Interim-Update", 600, "200", "20")
    assert line.live == (600, 200, WRAP + 20)
    line.say("Interim-Update", 900, "300", "10")
    assert line.live == (900, 300, 2 * WRAP + 10)
    assert line.used == (300, 2 * WRAP + 10)


def test_a_counter_with_gigawords_that_goes_backwards_is_a_restart_and_never_negative(line: Line) -> None:
    line.say("Start", 0)
    line.say("Interim-Update", 300, 500, 900)
    line.say("Interim-Update", 600, 500, 100)
    assert line.live == (600, 500, 1000)
    assert line.used == (500, 1000)


@pytest.mark.parametrize("lie", ["-5", "99999999999999999999999", "1e9", "'; drop table network_usage; --", " ", "я"])
def test_what_cannot_be_read_counts_as_not_said(line: Line, lie: str) -> None:
    line.say("Start", 0)
    line.say("Interim-Update", 300, 10, 20)
    assert line.say("Interim-Update", 600, lie, lie) == "updated"
    assert line.live == (600, 10, 20)
    assert line.say("Interim-Update", 900, 30, 40, seconds=lie, at=lie, address=lie, calling=lie) == "updated"
    assert line.say("Interim-Update", 900, 30, 40) == "updated"
    assert line.live == (900, 30, 40)
    assert line.used == (30, 40)
    assert line.say(lie, 0) == "ignored"
    assert line.say("Start", 0, nas="192.0.2.77") == "unknown nas"


def test_more_than_a_cable_could_carry_is_a_lie(line: Line) -> None:
    line.say("Start", 0)
    line.say("Interim-Update", 300, 10, 900 * 1_250_000_000 + 1)
    assert line.live == (300, 10, 0)
    line.say("Interim-Update", 600, 20, 900 * 1_250_000_000 + 8)
    assert line.live == (600, 20, 7), "the next one counts from what it said"


def test_clocks_that_lie_are_not_believed(line: Line) -> None:
    """Pitfall 10."""
    now = time.time()
    for at in (0, int(now) + 400 * 86400, int(now) + 3600, int(now) - 5 * 86400):
        line.say("Start", 0, at=str(at), unique_id=f"clock-{at}")
    for one in AccessSession.objects.all():
        assert abs(one.started_at.timestamp() - now) < 60


def test_the_same_id_after_a_reboot_is_another_session(line: Line) -> None:
    """Pitfall 1: the stock queries lost its traffic. Here from a server without Class, that told of no reboot."""
    line.say("Start", 0, **{"class": ""})
    line.say("Interim-Update", 300, 100, 100, **{"class": ""})
    line.say("Stop", 600, 200, 200, **{"class": ""})
    assert line.say("Start", 1000, **{"class": ""}) == "started"
    line.say("Interim-Update", 1300, 5, 5, seconds="300", **{"class": ""})
    assert line.live == (300, 5, 5)
    assert line.say("Start", 2000, **{"class": ""}) == "started", "the old one was still thought alive"
    line.say("Interim-Update", 2300, 7, 7, seconds="300", **{"class": ""})
    assert line.live == (300, 7, 7)
    assert line.closed == [("User-Request", 200, 200), ("NAS-Reboot", 5, 5)]
    assert line.used == (212, 212)


def test_on_and_off_end_the_sessions_of_that_server_which_began_before(line: Line) -> None:
    """Pitfall 6, lesson 41."""
    radius.make_nas(NasKind.CISCO, "127.0.0.12")
    line.say("Start", 0)
    line.say("Start", 0, unique_id="other", nas="127.0.0.12")
    line.say("Start", 1000, unique_id="after the reboot", calling="AA-BB-CC-DD-EE-09", user_name="other")
    assert line.say("Accounting-On", 900) == "closed all"
    assert set(AccessSession.objects.values_list("unique_id", flat=True)) == {"other", "after the reboot"}
    assert line.closed == [("NAS-Reboot", 0, 0)]
    # The server lied: the session lives on, and is opened again by its next word.
    assert line.say("Interim-Update", 1200, 5, 6) == "updated"
    assert AccessSession.objects.get(unique_id="anna-1").down_octets == 6
    assert line.closed == []


def test_a_server_that_counts_the_other_way_round_is_swapped(line: Line) -> None:
    database.run("update network_nas set swaps_octets = true")
    line.say("Start", 0)
    line.say("Interim-Update", 300, 1000, 10)
    assert line.live == (300, 10, 1000)


def test_usage_stands_by_the_operators_day_at_the_subscription_of_that_moment(line: Line) -> None:
    line.say("Start", 0)
    line.say("Interim-Update", 300, 1, 2)
    (row,) = Usage.objects.all()
    at = database.rows("select radius.date_of(to_timestamp(%s)) as on", [line.began + 300])[0]["on"]
    assert isinstance(at, date)
    subscription = Subscription.objects.get(account=line.account)
    assert (row.on, row.subscription_id, row.up_octets, row.down_octets) == (at, subscription.pk, 1, 2)


def test_the_newest_session_of_a_login_stays_and_the_one_before_is_told_to_go(line: Line) -> None:
    """Pitfall 5: nobody is kept out by a session that is only thought alive."""
    line.say("Start", 0)
    line.say("Start", 60, unique_id="second", calling="AA-BB-CC-DD-EE-77")
    (change,) = AccessChange.objects.all()
    assert (change.session.unique_id, change.cause, change.ends_session) == ("anna-1", "twice", True)


def test_what_was_granted_before_a_change_is_looked_at_when_the_session_begins(line: Line) -> None:
    assert line.say("Start", 0, **{"class": CLASS.replace("300", "50")}) == "started"
    (change,) = AccessChange.objects.all()
    assert (change.cause, change.ends_session) == ("start", False)


def test_the_traffic_of_a_stranger_is_nobodys(line: Line) -> None:
    Login.objects.all().delete()
    line.say("Interim-Update", 300, 1, 2, **{"class": "ai:" + "1" * 32 + ";walled"})
    assert AccessSession.objects.get().line_id is None
    assert not Usage.objects.exists()
