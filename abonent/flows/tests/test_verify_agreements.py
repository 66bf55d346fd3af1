"""`verify` finds a deferral, a pause, an end or a fee that says something else than the money and the services do."""

from datetime import date

import pytest
from django.conf import settings

from abonent.billing.tests import builder, changing
from abonent.billing.tests.builder import day
from abonent.core import db, partitions
from abonent.flows import charge_run, defer, end_contract, pause, verify
from abonent.ledger.tests import unguarded

pytestmark = pytest.mark.django_db
GUARDED = ("ledger_transfer", "ledger_account", "billing_subscription")


def set_fee(monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    policy = getattr(settings.PROFILE, of).model_copy(update={"fee_kop": 30_00})
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={of: policy}))


@pytest.fixture(autouse=True)
def agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 3 December: one owes on a deferral with a fee, one is paused for a fee, one's contract has ended."""
    set_fee(monkeypatch, "deferral")
    set_fee(monkeypatch, "pause")
    partitions.ensure(date(2026, 11, 1), date(2026, 12, 3))
    owing, away, gone = (builder.account() for _ in range(3))
    builder.subscribe(owing, "600,00", "2026-12-01")
    for one in (away, gone):
        builder.active(one, "600,00", "2026-11-01")
        builder.pay(one, "700,00", "2026-11-29")
    charge_run.start_from(day("2026-12-01"))
    charge_run.run(day("2026-12-01"))
    defer.grant(account_id=owing.pk, amount_kop=700_00, on=day("2026-12-01"), actor="test")
    pause.plan(account_id=away.pk, starts_on=day("2026-12-02"), ends_on=day("2026-12-20"), on=day("2026-12-01"),
               actor="test")  # fmt: skip
    end_contract.plan(account_id=gone.pk, ends_on=day("2026-12-03"), on=day("2026-12-02"), actor="test")
    charge_run.catch_up(day("2026-12-03"))
    _change_for_a_fee(monkeypatch)


def _change_for_a_fee(monkeypatch: pytest.MonkeyPatch) -> None:
    """580,00 comes back, 310 × 29 ÷ 31 = 290,00 and 30,00 are charged."""
    set_fee(monkeypatch, "tariff_change")
    account = builder.account()
    old = builder.active(account, "620,00", "2026-12-03")
    quoted = changing.quote(account, old, builder.version("310,00"), "2026-12-03")
    changing.confirm(account, quoted, "2026-12-03")


def problems() -> list[str]:
    """The builder's payments have no row in payments; what else is out of order."""
    return [line for line in verify.problems() if "payment" not in line]


def test_what_the_verbs_agreed_is_in_order() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("rule", "breaking"),
    [
        ("a deferral counts as long as it lasts", "update billing_terms set deferral_kop = deferral_kop + 1"),
        ("a deferral counts as long as it lasts", "update billing_terms set deferral_kop = 0 where deferral_kop > 0"),
        ("a deferral counts as long as it lasts", "delete from billing_terms where deferral_kop > 0"),
        ("a deferral counts as long as it lasts", "update billing_deferral set amount_kop = amount_kop + 1"),
        ("a deferral counts as long as it lasts", "update billing_deferral set ended_on = '2026-12-03'"),
        ("a deferral ends on its date", "update billing_deferral set ends_on = '2026-12-03'"),
        ("a fee has the transfer it names", "update billing_deferral set fee_kop = 0"),
        ("a fee has the transfer it names", "update billing_deferral set fee_kop = fee_kop + 1"),
        ("a fee has the transfer it names", "update billing_deferral set fee_transfer_id = null"),
        ("a fee has the transfer it names", "update billing_deferral set account_id = account_id + 1"),
        ("a fee has the transfer it names", "update billing_pause set fee_transfer_id = fee_transfer_id + 100000"),
        ("a fee has the transfer it names", "update billing_pause set fee_kop = 0"),
        ("a fee has the transfer it names", "update billing_change set fee_kop = fee_kop + 1 where fee_kop > 0"),
        ("a fee has the transfer it names", "update billing_change set account_id = account_id - 1"),
        ("a transfer of a fee has one owner", "update billing_pause set (fee_kop, fee_transfer_id) = (0, null)"),
        (
            "a transfer of a fee has one owner",
            "update billing_pause p set (fee_transfer_on, fee_transfer_id) = (d.fee_transfer_on, d.fee_transfer_id)"
            " from billing_deferral d",
        ),
        ("a fee has the transfer it names", "delete from ledger_transfer where reason = 'fee'"),
        ("a fee has the transfer it names", "update ledger_transfer set amount_kop = 1 where reason = 'fee'"),
        ("what is paused has a pause that runs", "update billing_pause set state = 'over'"),
        ("what is paused has a pause that runs", "update billing_pause set account_id = account_id + 1"),
        (
            "a contract that has ended has nothing left that serves",
            "update billing_subscription s set state = 'suspended'"
            " from billing_ending e where e.account_id = s.account_id",
        ),
        (
            "a contract that has ended has nothing left that serves",
            "update billing_ending set account_id = (select account_id from billing_pause)",
        ),
    ],
)
def test_each_broken_agreement_is_found(rule: str, breaking: str) -> None:
    unguarded.disarm(*GUARDED)
    assert db.run(breaking) > 0
    found = problems()
    assert any(line.startswith(rule) for line in found), found
