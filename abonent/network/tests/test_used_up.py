"""Included traffic that runs out: told once at 80 and 100 per cent, slowed or stopped, more bought, back in time."""

from datetime import timedelta

import pytest
from django.db import transaction

from abonent.billing.tests import builder
from abonent.catalog.models import OfferVersion
from abonent.core import clock, periods
from abonent.core import db as database
from abonent.flows import traffic
from abonent.network import allowances, mending, queries
from abonent.network.models import AccessChange, AccessSession, Allowance, NasKind, Threshold
from abonent.network.tests import ground as made
from abonent.network.tests import radius
from abonent.network.tests.test_accounting_rules import Line
from abonent.notifications.models import Notice

GB = 10**9


@pytest.fixture
def line(db: None) -> Line:
    """A line of 300 Mbit/s whose tariff includes 10 GB, then 5 Mbit/s."""
    radius.make_nas(NasKind.MIKROTIK, "127.0.0.11")
    ground = made.Ground(None)
    one = Line(ground.login("anna"), "anna")
    includes(one, "slow")
    one.began = int(clock.now().timestamp())
    return one


def includes(line: Line, when_used_up: str, gigabytes: int = 10) -> None:
    OfferVersion.objects.filter(offer__code="speed-300-100").update(
        included_octets=gigabytes * GB, when_used_up=when_used_up, slow_mbps=5 if when_used_up == "slow" else None
    )


def used(line: Line, gigabytes: int, *, number: int) -> None:
    """The counter of the session stands at so much."""
    line.say("Interim-Update", number, GB, (gigabytes - 1) * GB, at=str(line.began))


def expected(line: Line) -> tuple[str, str]:
    row = database.rows(
        "select r.reason, s.expected from radius.line_rights r "
        "join radius.session_rights s on s.line_id = r.line_id where r.line_id = %s",
        [builder.line_of(line.account).pk],
    )[0]
    return row["reason"], row["expected"]


def told(line: Line) -> list[str]:
    traffic.tick(clock.now())
    found = Notice.objects.filter(contract__account=line.account, kind__startswith="traffic_")
    return [one.kind for one in found.order_by("id")]


def test_at_80_he_is_told_at_100_slowed_and_each_once(line: Line) -> None:
    line.say("Start", 0, at=str(line.began))
    used(line, 7, number=600)
    assert told(line) == []
    used(line, 8, number=700)
    used(line, 9, number=800)
    assert told(line) == ["traffic_soon"]
    assert told(line) == ["traffic_soon"]
    assert expected(line) == ("open", "open:300:100:-")
    assert not AccessChange.objects.exists()
    used(line, 10, number=900)
    assert [one.cause for one in AccessChange.objects.all()] == ["traffic"], "in the accounting's own transaction"
    assert expected(line) == ("slow", "open:5:5:-")
    used(line, 11, number=1000)
    assert told(line) == ["traffic_soon", "traffic_used_up"]
    assert AccessChange.objects.count() == 1
    assert sorted(Threshold.objects.values_list("percent", flat=True)) == [80, 100]


def test_a_tariff_that_stops_leads_into_the_walled_garden_and_one_that_goes_on_changes_nothing(line: Line) -> None:
    includes(line, "stop")
    line.say("Start", 0, at=str(line.began))
    used(line, 10, number=600)
    assert expected(line) == ("used_up", "walled")
    assert told(line) == ["traffic_used_up"], "not both at once"
    includes(line, "")
    assert expected(line) == ("open", "open:300:100:-")


def test_a_pack_opens_the_line_again_once_and_has_thresholds_of_its_own(line: Line) -> None:
    line_id = builder.line_of(line.account).pk
    line.say("Start", 0, at=str(line.began))
    used(line, 10, number=600)
    AccessChange.objects.update(state="done")
    for _ in range(2):
        with transaction.atomic():
            allowances.add_pack(change_id=17, line_id=line_id, octets=5 * GB, on=clock.today())
    assert [one.cause for one in AccessChange.objects.filter(state="queued")] == ["traffic"]
    assert expected(line) == ("open", "open:300:100:-")
    (own,) = queries.lines(line.account.contract_id or 0, clock.today())
    assert (own.included_octets, own.extra_octets) == (10 * GB, 5 * GB)
    used(line, 15, number=900)
    assert expected(line)[0] == "slow"
    assert told(line) == ["traffic_used_up", "traffic_used_up"]


def test_the_new_period_gives_the_speed_back_and_it_is_no_drift(line: Line) -> None:
    line.say("Start", 0, at=str(line.began))
    used(line, 12, number=600)
    AccessSession.objects.update(granted="open:5:5:-")
    AccessChange.objects.all().delete()
    before = periods.calendar_month(clock.today().replace(day=1) - timedelta(days=1))
    Allowance.objects.update(period_start=before.start, period_end=before.end)
    assert expected(line) == ("open", "open:300:100:-")
    traffic.tick(clock.now())
    assert [one.cause for one in AccessChange.objects.all()] == ["period"]
    assert mending.drift() == 0
    Threshold.objects.all().delete()
    used(line, 13, number=900)
    assert Allowance.objects.get().period_start == clock.today().replace(day=1)


def test_a_late_packet_of_the_last_period_takes_nothing_of_this_one(line: Line) -> None:
    line.say("Start", 0, at=str(line.began))
    used(line, 2, number=600)
    old = clock.at_noon(clock.today().replace(day=1) - timedelta(days=3))
    database.rows("select radius.add_usage(%s, %s, 0, %s)", [builder.line_of(line.account).pk, old, 50 * GB])
    assert Allowance.objects.get().used_octets == 2 * GB


def test_the_periods_of_sql_are_those_of_python(db: None) -> None:
    rows = database.rows(
        "select d::date as day, a as anchor, radius.period_start(a, d::date) as start, "
        "radius.period_end(a, d::date) as end from generate_series('2027-12-25'::date, '2028-04-05'::date, '1 day') d, "
        "unnest(array[1, 15, 28, 29, 30, 31]) a"
    )
    wrong = [row for row in rows if periods.cycle(row["day"], row["anchor"]) != (row["start"], row["end"])]
    assert wrong == []
    assert len(rows) == 618
