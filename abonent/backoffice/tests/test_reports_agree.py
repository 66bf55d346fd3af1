"""Reports against a second way to count them, in plain Python; those of money over random transfers too."""

import random
from collections import defaultdict, deque
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from abonent.billing import arpu, growth, movement
from abonent.billing.models import Change, Charge, Pause, Subscription
from abonent.conversations.models import Conversation
from abonent.core import clock, periods
from abonent.ledger import debts, transfers, turnover
from abonent.ledger.models import Account, Transfer
from abonent.network import traffic_totals
from abonent.network.models import Usage
from abonent.onboarding import funnel
from abonent.onboarding.models import ConnectionRequest, RequestStep
from abonent.payments.models import Payment
from abonent.subscribers.models import Contract
from abonent.support import answer_times
from tests.world import World

ALWAYS = periods.Period(date(2020, 1, 1), date(2030, 1, 1))
FIRST, LAST = date(2026, 8, 1), date(2026, 11, 14)
HOUSES = ("clearing:cash", "clearing:bank", "revenue:internet", "revenue:tv", "write_off")


def live(seed: int) -> None:
    """A hundred transfers at random dates between the cast and the house, both ways."""
    chance = random.Random(seed)
    houses = {one.code: one.pk for one in Account.objects.filter(code__in=HOUSES)}
    people = list(Account.objects.filter(kind="subscriber").order_by("id").values_list("id", flat=True))
    days = periods.each_day(FIRST, LAST)
    with transaction.atomic():
        for number in range(100):
            sides = [chance.choice(people), houses[chance.choice(HOUSES)]]
            if chance.random() < 0.4:
                sides.reverse()
            transfers.post(
                key=f"payment:chance:{seed}-{number}", debit_id=sides[0], credit_id=sides[1],
                amount_kop=chance.choice([1, 99, 310_00, 650_00, chance.randint(1, 900_000)]), on=chance.choice(days),
                reason="charge" if sides[1] < 1000 else "payment",
            )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_turnover_debt_and_arpu_agree_with_the_ledger_to_the_kopeck(world: World, seed: int) -> None:
    live(seed)
    chance = random.Random(seed)
    on = chance.choice([LAST, LAST - timedelta(days=1), date(2026, 10, 1), date(2026, 8, 20)])
    some = periods.Period(date(2026, 8, 15), on + periods.ONE_DAY)
    moved = list(Transfer.objects.order_by("on", "id"))
    check_turnover(moved)
    check_debts(moved, on)
    for period in (ALWAYS, some):
        check_arpu(moved, period)


def check_turnover(moved: list[Transfer]) -> None:
    lines = turnover.of(ALWAYS)
    balances = Account.objects.filter(kind="subscriber").aggregate(kop=Sum("balance_kop"))["kop"]
    assert sum(one.gave_kop - one.took_kop for one in lines) == balances
    code_of = {one.pk: str(one.code) for one in Account.objects.filter(code__isnull=False)}
    net: dict[str, int] = defaultdict(int)
    for one in moved:
        net[code_of.get(one.debit_id, "")] += one.amount_kop
        net[code_of.get(one.credit_id, "")] -= one.amount_kop
    for code in {one.code for one in lines}:
        rows = turnover.rows(code, ALWAYS)
        assert rows.total == net[code] == sum(one.gave_kop - one.took_kop for one in lines if one.code == code)
    assert turnover.rows("clearing:", ALWAYS).total == sum(net[code] for code in net if code.startswith("clearing:"))


def check_debts(moved: list[Transfer], on: date) -> None:
    """Debts as a queue: what comes in pays the oldest, what is over waits for the next."""
    owed: dict[int, deque[list[int]]] = defaultdict(deque)
    spare: dict[int, int] = defaultdict(int)
    for one in moved:
        if one.on > on:
            continue
        if one.credit_id >= 1000:
            left = one.amount_kop
            while left and owed[one.credit_id]:
                oldest = owed[one.credit_id][0]
                part = min(left, oldest[1])
                oldest[1] -= part
                left -= part
                if not oldest[1]:
                    owed[one.credit_id].popleft()
            spare[one.credit_id] += left
        if one.debit_id >= 1000:
            part = min(spare[one.debit_id], one.amount_kop)
            spare[one.debit_id] -= part
            if one.amount_kop > part:
                owed[one.debit_id].append([(on - one.on).days, one.amount_kop - part])
    ages: dict[str, int] = defaultdict(int)
    who: dict[str, set[int]] = defaultdict(set)
    for account_id, parts in owed.items():
        for days, kop in parts:
            age = "d30" if days <= 30 else "d60" if days <= 60 else "d90" if days <= 90 else "older"
            ages[age] += kop
            who[age].add(account_id)
    found = debts.of(on)
    for age in debts.AGES:
        mine = [one for one in found if one.age == age]
        assert sum(one.kop for one in mine) == ages[age], (on, age)
        assert sum(one.accounts for one in mine) == len(who[age])
        assert debts.rows(on, age=age).total == ages[age]
        assert debts.rows(on, age=age, kind="legal").total == sum(one.kop for one in mine if one.kind == "legal")
    assert sum(one.kop for one in found if one.age == debts.EVERY) == sum(ages.values()) > 0
    if on == LAST:
        negative = Account.objects.filter(kind="subscriber", balance_kop__lt=0).aggregate(kop=Sum("balance_kop"))["kop"]
        assert sum(ages.values()) == -negative


def check_arpu(moved: list[Transfer], period: periods.Period) -> None:
    revenue = set(Account.objects.filter(kind="revenue").values_list("id", flat=True))
    kop: dict[tuple[date, int], int] = defaultdict(int)
    charged: set[tuple[date, int]] = set()
    for one in moved:
        month = one.on.replace(day=1)
        if period.holds(one.on) and one.credit_id in revenue and one.debit_id >= 1000:
            kop[month, one.debit_id] += one.amount_kop
            charged.add((month, one.debit_id))
        if period.holds(one.on) and one.debit_id in revenue and one.credit_id >= 1000:
            kop[month, one.credit_id] -= one.amount_kop
    found = arpu.of(period)
    for month in {month for month, _ in kop}:
        mine = next(one for one in found if one.month == month)
        assert mine.kop == sum(one for (when, _), one in kop.items() if when == month)
        assert mine.charged == len([1 for when, _ in charged if when == month])
        within = periods.Period(max(month, period.start), min(periods.month(month, 1), period.end))
        assert arpu.rows(within).total == mine.kop

    def tariff(account_id: int) -> str:
        had = Subscription.objects.filter(account_id=account_id, role="tariff", started_on__lt=period.end)
        best = max(
            had, default=None,
            key=lambda s: (s.ended_on is None or s.ended_on >= period.end, s.kind == "internet", s.started_on, s.pk),
        )  # fmt: skip
        return best.version.offer.code if best else ""

    by_tariff: dict[str, int] = defaultdict(int)
    for (_, account_id), sum_kop in kop.items():
        by_tariff[tariff(account_id)] += sum_kop
    assert {one.tariff: one.kop for one in found if one.by == "tariff"} == by_tariff
    for code, sum_kop in by_tariff.items():
        assert arpu.rows(period, tariff=code).total == sum_kop
    segments = {one.segment: one.kop for one in found if one.by == "segment"}
    assert {code: arpu.rows(period, segment=code).total for code in segments} == segments
    assert sum(segments.values()) == sum(kop.values())
    assert arpu.Figure("", None, "", "", 1000_01, 3).arpu_kop == 333_34


def test_the_figures_are_those_of_payments_and_charges(world: World) -> None:
    lines = turnover.of(ALWAYS)
    paid = sum(one.gave_kop for one in lines if one.code.startswith("clearing:"))
    assert paid == Payment.objects.filter(state="succeeded").aggregate(kop=Sum("amount_kop"))["kop"]
    took = sum(one.took_kop for one in lines if one.code.startswith("revenue:"))
    assert took == Charge.objects.aggregate(kop=Sum("amount_kop"))["kop"]
    assert took == sum(one.kop for one in arpu.of(ALWAYS) if one.by == "month")


def test_new_lost_and_paused_are_the_contracts_and_pauses_themselves(world: World) -> None:
    Contract.objects.filter(number="100005").update(ended_on=date(2026, 11, 10))
    at = {"account_id": world.anna.account_id, "asked_on": FIRST, "asked_by": "x"}
    Pause.objects.create(state="over", starts_on=date(2026, 9, 5), ends_on=date(2026, 10, 5), **at)
    Pause.objects.create(state="cancelled", starts_on=date(2026, 9, 6), ends_on=date(2026, 10, 6), **at)
    Pause.objects.create(state="running", starts_on=date(2026, 11, 2), ends_on=date(2026, 12, 2), **at)
    period = periods.Period(date(2026, 8, 20), LAST + periods.ONE_DAY)
    months = growth.of(period)
    assert [one.month for one in months] == [date(2026, n, 1) for n in (8, 9, 10, 11)]
    contracts = list(Contract.objects.all())
    for one in months:
        days = periods.Period(max(one.month, period.start), min(periods.month(one.month, 1), period.end))
        assert one.new == len([1 for each in contracts if days.holds(each.signed_on)])
        assert one.lost == len([1 for each in contracts if each.ended_on and days.holds(each.ended_on)])
        alive = [
            each for each in contracts if each.signed_on < days.end and not (each.ended_on and each.ended_on < days.end)
        ]
        assert one.served == len(alive)
        for what in growth.EVENTS + growth.STOCKS:
            assert growth.rows(what, days).number == getattr(one, what), (what, one.month)
    assert [(one.paused, one.back, one.on_pause) for one in months] == [(0, 0, 0), (1, 0, 1), (0, 1, 0), (1, 0, 1)]
    assert (months[-1].lost, sum(one.lost for one in months)) == (1, 1)


def test_movement_counts_each_step_once_with_its_monthly_sums(world: World) -> None:
    steps = movement.of(ALWAYS)
    done = Change.objects.filter(what="tariff", state="done").count()
    tariffs = Subscription.objects.filter(role="tariff")
    assert sum(one.steps for one in steps) == tariffs.count() + tariffs.filter(ended_on__isnull=False).count() - done
    gain = 0
    for one in tariffs.filter(ended_on__isnull=True):
        gain += one.price_kop * (30 if one.charging == "per_day" else 1)
    assert sum(one.change_kop for one in steps) == gain > 0
    for step in steps:
        rows = movement.rows(step.from_code, step.to_code, ALWAYS)
        assert (rows.number, rows.total) == (step.steps, step.change_kop)


def noon(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=clock.zone())


def test_the_funnel_knows_how_far_and_how_long(world: World) -> None:
    """Three requests of June: online in 4 days, address after 2 hours and refused, nobody called yet; and a repeat."""
    ways = [
        ("signed", [("new", noon(1)), ("called", noon(1, 13)), ("address", noon(2)), ("visit", noon(3)),
                    ("connected", noon(4)), ("signed", noon(5))]),
        ("refused", [("new", noon(1)), ("called", noon(1, 14)), ("address", noon(1, 16)), ("refused", noon(9))]),
        ("new", [("new", noon(30, 23))]),
        ("duplicate", [("new", noon(7)), ("duplicate", noon(8))]),
    ]  # fmt: skip
    contract = Contract.objects.get(number="100001")
    for number, (state, steps) in enumerate(ways):
        made = ConnectionRequest.objects.create(
            token=f"t{number}", submit_token=f"s{number}", state=state, full_name="N", phone="+79160000000",
            consent_text="x", consented_at=noon(1), language="ru", created_at=steps[0][1], state_at=steps[-1][1],
            reason="no", contract=contract if state == "signed" else None,
        )  # fmt: skip
        RequestStep.objects.bulk_create(RequestStep(request=made, state=each, actor="x", at=at) for each, at in steps)
    between = (datetime(2026, 6, 1, tzinfo=clock.zone()), datetime(2026, 7, 1, tzinfo=clock.zone()))
    stages = {one.state: one for one in funnel.of(*between)}
    assert [one.reached for one in stages.values()] == [3, 2, 2, 1, 1, 1, 0, 0]
    assert (stages["called"].timed, stages["called"].median, stages["called"].most) == (2, 5400, 6840)
    assert (stages["signed"].median, stages["paid"].median) == (86400, None)
    assert funnel.states(*between) == {"signed": 1, "refused": 1, "new": 1, "duplicate": 1}
    for one in stages.values():
        rows = funnel.reached_rows(one.state, *between, zone=clock.zone().key)
        assert (rows.number, rows.total) == (one.reached, one.reached)
        timed = funnel.time_rows(one.state, *between, zone=clock.zone().key, whole=False)
        assert (timed.number, timed.median, timed.most) == (one.timed, one.median, one.most)
    assert funnel.whole(*between).timed == 0
    assert funnel.state_rows("duplicate", *between, zone=clock.zone().key).number == 1


def test_answers_are_timed_and_promises_are_kept_or_not(world: World) -> None:
    start = datetime(2026, 6, 1, tzinfo=clock.zone())

    def talk(number: int, answered: int | None, promised: int, closed: int | None = None) -> None:
        begun = noon(2) + timedelta(minutes=number)
        Conversation.objects.create(
            token=f"r{number}", client_id=f"r{number}", kind="chat", department="private", state="waiting",
            opened_at=begun, last_at=begun, first_answer_by=begun + timedelta(minutes=promised),
            answered_at=None if answered is None else begun + timedelta(minutes=answered),
            closed_at=None if closed is None else begun + timedelta(minutes=closed),
        )  # fmt: skip

    talk(1, 5, 15, 60)  # kept
    talk(2, 20, 15, 120)  # later
    talk(3, None, 15)  # nobody has answered, and the time is over
    talk(4, None, 600_000)  # the time is not over
    talk(5, None, 15, 3)  # he closed it himself before
    asked = {"zone": clock.zone().key, "now": clock.now()}
    between = (start, start + timedelta(days=30))
    found = answer_times.of(*between, **asked)  # type: ignore[arg-type]
    assert {one.by for one in found} == {"month", "department", "operator", "all"}
    for one in found:
        assert (one.begun, one.answered, one.closed, one.kept, one.broken) == (5, 2, 3, 1, 2)
        assert (one.answer_median, one.answer_most, one.close_median) == (750, 1110, 3600)
    for measure, count in {"begun": 5, "answer": 2, "close": 3, "kept": 1, "broken": 2}.items():
        rows = answer_times.rows(measure, *between, department="private", owner_id=0, **asked)  # type: ignore[arg-type]
        assert rows.number == count
    assert answer_times.rows("answer", *between, **asked).median == 750  # type: ignore[arg-type]


def test_traffic_is_the_sum_of_the_days_of_each(world: World) -> None:
    usage = list(Usage.objects.all())
    days = traffic_totals.by_day(ALWAYS)
    whole = sum(one.up_octets + one.down_octets for one in usage)
    assert sum(one.down_octets + one.up_octets for one in days) == whole > 0
    day = days[-1]
    rows = traffic_totals.rows(periods.one_day(day.on), way="down")
    assert (rows.number, rows.total) == (day.subscriptions, day.down_octets)
    tariffs, top = traffic_totals.by_tariff_and_top(ALWAYS)
    assert sum(one.down_octets + one.up_octets for one in tariffs) == whole
    first = tariffs[0]
    assert traffic_totals.rows(ALWAYS, tariff=first.tariff).total == first.down_octets + first.up_octets
    sums = [one.down_octets + one.up_octets for one in top]
    assert sums == sorted(sums, reverse=True)
    assert sum(sums) == whole  # the cast is fewer than the twenty
