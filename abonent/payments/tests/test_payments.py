"""The row of a payment: its one way through the states, and what the database itself refuses."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import Error, IntegrityError, transaction

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import topup
from abonent.ledger.models import Account
from abonent.ledger.tests import unguarded
from abonent.payments import invariants, payments, queries, raw_events
from abonent.payments.models import Payment, PaymentState, RawEvent

TODAY = date(2026, 11, 10)
NOON = clock.at_noon(TODAY)


@pytest.fixture
def payer(db: None) -> Iterator[Account]:
    with clock.frozen(NOON):
        partitions.ensure_ahead(TODAY)
        yield builder.account()


def opened(payer: Account, token: str = "token-000017") -> Payment:
    payment_id = payments.reserve_id()
    payment, is_new = payments.open_card(
        payment_id=payment_id,
        account_id=payer.id,
        amount_kop=50_000,
        submit_token=token,
        request={"metadata": {"payment_id": str(payment_id)}},
        at=NOON,
    )
    assert is_new
    return payment


def enter(payer: Account, receipt: str) -> None:
    topup.credit_cash(account_id=payer.id, amount_kop=50_000, receipt_number=receipt, on=TODAY, actor="cashier")


def credited(payer: Account) -> Payment:
    enter(payer, "A-17")
    return Payment.objects.get()


def test_the_key_stands_before_the_bank_is_asked(payer: Account) -> None:
    payment = opened(payer)
    assert (payment.state, payment.external_id) == (PaymentState.NEW, None)
    assert payment.idempotence_key == f"pay-{payment.id}"


def test_the_same_form_finds_the_first_payment(payer: Account) -> None:
    first = opened(payer)
    again = payments.open_card(
        payment_id=payments.reserve_id(),
        account_id=payer.id,
        amount_kop=50_000,
        submit_token="token-000017",
        request={"other": "words"},
        at=NOON,
    )
    assert again == (first, False)
    assert again[0].request == first.request


def test_the_same_form_with_another_sum_or_account_is_refused(payer: Account) -> None:
    opened(payer)
    for account, amount_kop in ((payer, 50_001), (builder.account(), 50_000)):
        with pytest.raises(payments.TokenUsed):
            payments.open_card(
                payment_id=payments.reserve_id(),
                account_id=account.id,
                amount_kop=amount_kop,
                submit_token="token-000017",
                request={},
                at=NOON,
            )
    assert Payment.objects.count() == 1


def test_an_id_of_the_banks_once_kept_never_changes(payer: Account) -> None:
    payment = opened(payer)
    payments.mark_known(payment, external_id="first")
    with pytest.raises(AssertionError):
        payments.mark_known(payment, external_id="second")


def test_one_payment_of_the_banks_is_of_one_row(payer: Account) -> None:
    first, second = opened(payer), opened(payer, "token-000018")
    payments.mark_known(first, external_id="2d0f")
    assert payments.is_taken(second, "2d0f")
    assert not payments.is_taken(first, "2d0f")
    with pytest.raises(IntegrityError), transaction.atomic():
        payments.mark_known(second, external_id="2d0f")


def test_a_settled_payment_takes_no_step_back(payer: Account) -> None:
    payment = credited(payer)
    with pytest.raises(AssertionError):
        payments.mark_pending(payment, confirmation_url="")
    with pytest.raises(AssertionError):
        payments.mark_canceled(payment, reason="late", at=NOON)
    with pytest.raises(AssertionError):
        payments.park(payment, note="late")
    with pytest.raises(AssertionError):
        payments.mark_succeeded(payment, transfer_on=TODAY, transfer_id=1, at=NOON)


def test_no_cards_number_stays_in_a_parked_payments_note(payer: Account) -> None:
    payment = opened(payer)
    payments.park(payment, note="not_found: no such payment by 5555 5555 5555 4444, sum 50000")
    assert Payment.objects.get().note == "not_found: no such payment by \u2022\u2022\u2022\u2022 4444, sum 50000"


def test_a_date_once_kept_stands(payer: Account) -> None:
    """A try that failed after midnight must not move the money's date."""
    payment = opened(payer)
    payments.mark_dated(payment, on=TODAY)
    payments.mark_dated(payment, on=date(2026, 11, 11))
    assert Payment.objects.get().on == TODAY


@pytest.mark.parametrize(
    "change",
    [
        "amount_kop = 1",
        "account_id = account_id + 1",
        "channel = 'yookassa'",
        "state = 'canceled', transfer_id = null, transfer_on = null",
        "external_id = 'A-18'",
        '"on" = "on" + 1',
        "transfer_id = transfer_id + 1",
        "transfer_on = transfer_on + 1",
        "idempotence_key = 'other'",
    ],
)
def test_the_database_refuses_to_change_a_credited_payment(payer: Account, change: str) -> None:
    credited(payer)
    with pytest.raises(Error, match="is refused"), transaction.atomic():
        db.run(f"update payments_payment set {change}")


@pytest.mark.parametrize("change", ["amount_kop = 1", "account_id = account_id + 1", "idempotence_key = 'other'"])
def test_the_database_refuses_to_change_what_the_bank_was_asked(payer: Account, change: str) -> None:
    opened(payer)
    with pytest.raises(Error, match="is refused"), transaction.atomic():
        db.run(f"update payments_payment set {change}")


@pytest.mark.parametrize("statement", ["delete from payments_payment", "truncate payments_payment cascade"])
def test_the_database_refuses_to_lose_a_payment(payer: Account, statement: str) -> None:
    opened(payer)
    with pytest.raises(Error, match="is refused"), transaction.atomic():
        db.run(statement)


@pytest.mark.parametrize(
    "change", ["state = 'succeeded'", "transfer_id = 5", "state = 'succeeded', transfer_id = 5, transfer_on = now()"]
)
def test_the_database_refuses_success_without_its_transfer(payer: Account, change: str) -> None:
    opened(payer)
    with pytest.raises(IntegrityError, match="payments_succeeded_has_transfer"), transaction.atomic():
        db.run(f"update payments_payment set {change}")


def test_a_message_stands_as_it_came_and_once(payer: Account) -> None:
    for body in (b'{"status": "succeeded"}', b'{"status": "forged"}'):
        text = b'{"type": "notification", "event": "payment.succeeded", "object": {"id": "2d0f", "said": %s}}' % body
        raw_events.keep("yookassa", raw_events.read(text), address="127.0.0.1")
    kept = RawEvent.objects.get()
    assert (kept.body["object"]["said"], kept.address) == ({"status": "succeeded"}, "127.0.0.1")
    with pytest.raises(Error, match="is refused"), transaction.atomic():
        db.run("update payments_rawevent set event = 'other'")


def test_what_each_channel_brought_is_known(payer: Account) -> None:
    opened(payer)
    enter(payer, "A-17")
    enter(payer, "A-18")
    assert queries.clearing_kop() == {"cash": 100_000}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "update payments_payment set external_id = 'A-18' where state = 'succeeded'",
            "a credited payment stands under its own key of the ledger",
        ),
        (
            "update payments_payment set request = '{}' where state = 'new'",
            "a card payment keeps the words the bank was asked with",
        ),
        ("update payments_payment set state = 'pending' where state = 'new'", "what is pending is known to the bank"),
    ],
)
def test_what_is_broken_is_named(payer: Account, statement: str, said: str) -> None:
    opened(payer)
    enter(payer, "A-17")
    assert list(invariants.problems()) == []
    unguarded.disarm("payments_payment")
    db.run(statement)
    (problem,) = invariants.problems()
    assert problem.startswith(f"{said}: payment ")
