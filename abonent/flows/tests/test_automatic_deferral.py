"""Where the profile says so, who is short on a date gets a deferral by itself instead of being suspended."""

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import pauses
from abonent.billing.models import Deferral
from abonent.billing.tests import builder
from abonent.core import partitions
from abonent.flows import charge_run, defer, verify
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db
EVERYBODY = (0, 2**63 - 1)


@pytest.fixture(autouse=True)
def automatic(monkeypatch: pytest.MonkeyPatch) -> None:
    """As skynet has it (at most 1 000,00 for 5 days, every 30), but by itself and for 30,00."""
    set_policy(monkeypatch, automatic=True, fee_kop=30_00)
    partitions.ensure(date(2026, 11, 1), date(2027, 1, 31))


def set_policy(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    policy = settings.PROFILE.deferral.model_copy(update=values)
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"deferral": policy}))


def paid(price: str, *, left: str = "0", charging: str = "month", on: str = "2026-11-01") -> Account:
    account = builder.account()
    builder.active(account, price, on, charging=charging)
    if left != "0":
        builder.pay(account, left, on)
    return account


def charge(*days: str) -> None:
    if days[0].endswith("-01"):
        charge_run.start_from(builder.day(days[0]))
    for one in days:
        charge_run.run(builder.day(one))


def given(account: Account) -> list[tuple[int, str, str]]:
    found = Deferral.objects.filter(account=account).order_by("id")
    return [(one.amount_kop, str(one.granted_on), str(one.ends_on)) for one in found]


def state(account: Account) -> list[str]:
    return [one.state for one in account.subscriptions.order_by("id")]


def broken() -> list[str]:
    """The builder's payments have no row in payments; what else is out of order."""
    return [line for line in verify.problems() if "payment" not in line]


def test_who_is_short_on_the_1st_goes_on_and_owes_when_he_never_pays() -> None:
    account = paid("620,00", left="100,00")
    charge("2026-12-01")
    # 620,00 and the fee of 30,00, of which 100,00 is there
    assert given(account) == [(550_00, "2026-12-01", "2026-12-06")]
    assert (state(account), builder.balance(account)) == (["active"], "-550.00")
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["deferral_given"]
    assert Deferral.objects.get().granted_by == "system:charge_run"
    assert broken() == []
    charge("2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06")
    # Five days are used: 620 × 5 ÷ 31 = 100,00; 520,00 comes back, 30,00 is owed.
    assert (state(account), builder.balance(account)) == (["suspended"], "-30.00")
    assert given(account) == [(550_00, "2026-12-01", "2026-12-06")]
    assert broken() == []


def test_who_pays_in_time_keeps_everything() -> None:
    account = paid("620,00", left="100,00")
    charge("2026-12-01", "2026-12-02")
    builder.pay(account, "550,00", "2026-12-03")
    charge("2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06")
    assert (state(account), builder.balance(account)) == (["active"], "0.00")
    assert broken() == []


def test_a_repeated_run_gives_one() -> None:
    account = paid("620,00", left="100,00")
    charge_run.start_from(date(2026, 12, 1))
    for _ in range(2):
        with transaction.atomic():
            defer.give_due(*EVERYBODY, on=date(2026, 12, 1))
    charge_run.run(date(2026, 12, 1))
    assert len(given(account)) == 1
    assert (builder.balance(account), Notice.objects.filter(kind="deferral_given").count()) == ("-550.00", 1)


def test_who_can_pay_or_is_not_due_gets_none() -> None:
    rich, later = paid("620,00", left="620,00"), paid("620,00", on="2026-12-01")
    charge("2026-12-01")
    assert (given(rich), given(later), builder.balance(rich)) == ([], [], "0.00")


def test_a_daily_subscriber_gets_what_the_days_until_its_end_cost() -> None:
    account = paid("620,00", charging="day", on="2026-12-01")
    charge("2026-12-01", "2026-12-02")
    # 20,00 a day of December for the 2nd to the 6th, and the fee
    assert given(account) == [(130_00, "2026-12-02", "2026-12-07")]
    charge("2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06")
    assert (state(account), builder.balance(account)) == (["active"], "-130.00")
    charge("2026-12-07")
    assert (state(account), builder.balance(account)) == (["suspended"], "-130.00")
    assert broken() == []


def test_more_than_the_largest_sum_is_not_given() -> None:
    account = paid("1000,00", left="29,99")
    charge("2026-12-01")  # 1 000,00 + 30,00 − 29,99 is a kopeck more than 1 000,00
    assert (given(account), state(account), builder.balance(account)) == ([], ["suspended"], "29.99")


def test_exactly_the_largest_sum_is_given() -> None:
    account = paid("1000,00", left="30,00")
    charge("2026-12-01")
    assert (given(account)[0][0], state(account), builder.balance(account)) == (1000_00, ["active"], "-1000.00")


def test_not_again_before_its_days_and_not_while_the_last_is_unpaid() -> None:
    account = paid("620,00", left="100,00")
    charge("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06")
    builder.pay(account, "30,00", "2026-12-06")
    # 620 × 25 ÷ 31 = 500,00 from the 7th on
    charge("2026-12-07")
    assert builder.pay(account, "500,00", "2026-12-08").still_suspended is False
    for number in range(8, 32):
        charge_run.run(date(2026, 12, number))
    charge_run.run(date(2027, 1, 1))
    assert (len(given(account)), state(account)) == (2, ["active"])  # 31 days after the first
    unpaid = Deferral.objects.filter(account=account).order_by("id").last()
    assert unpaid is not None
    assert unpaid.granted_on == date(2027, 1, 1)
    assert broken() == []


def test_too_soon_after_one_that_was_asked_for_suspends(monkeypatch: pytest.MonkeyPatch) -> None:
    set_policy(monkeypatch, every_days=60)
    account = paid("620,00", left="100,00")
    Deferral.objects.create(
        account=account, amount_kop=1_00, granted_on=date(2026, 11, 5), ends_on=date(2026, 11, 10),
        ended_on=date(2026, 11, 10), granted_by="100001",
    )  # fmt: skip
    charge("2026-12-01")
    assert (len(given(account)), state(account)) == (1, ["suspended"])


def test_debtors_whose_service_is_off_in_part_are_not_given_credit() -> None:
    account = paid("620,00")
    builder.subscribe(account, "190,00", "2026-11-01", kind="tv")  # waits for money since November
    charge("2026-12-01")
    assert (given(account), state(account)) == ([], ["suspended", "waiting"])


def test_not_while_a_pause_is_planned() -> None:
    account = paid("620,00")
    with transaction.atomic():
        pauses.plan(
            account.pk, starts_on=date(2026, 12, 10), ends_on=date(2026, 12, 20), on=date(2026, 11, 30), actor="test"
        )
    charge("2026-12-01")
    assert (given(account), state(account)) == ([], ["suspended"])


def test_switched_off_in_the_profile_nobody_is_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    set_policy(monkeypatch, automatic=False)
    account = paid("620,00", left="100,00")
    charge("2026-12-01")
    assert (given(account), state(account), builder.balance(account)) == ([], ["suspended"], "100.00")


def test_a_dry_run_gives_none() -> None:
    account = paid("620,00", left="100,00")
    charge_run.start_from(date(2026, 12, 1))
    (ran,) = charge_run.dry_run([date(2026, 12, 1)])
    assert (ran.charges, ran.amount_kop, ran.suspensions) == (1, 620_00, 0)
    assert (given(account), builder.balance(account)) == ([], "100.00")
