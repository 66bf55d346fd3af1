"""Money goes back: to the card through the bank, in cash by an order, never more than came and than is left."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, transaction

from abonent.billing.tests import builder
from abonent.core import clock, db
from abonent.core.models import AuditEntry
from abonent.flows import refunding, reversing, topup
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason
from abonent.payments import refunds, reversals
from abonent.payments.models import Payment
from abonent.payments.models_desk import Refund
from sandbox import testing
from tests import bank as books
from tests.bank import TODAY, Bank, alarms, balance, hook, message, start, work


def paid(payer: Account, bank: Bank, amount: str = "500,00") -> Payment:
    payment = start(payer, amount)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    return books.again(payment)


def ask(payment: Payment, amount_kop: int, **words: Any) -> Refund:
    said = {"submit_token": books.fresh_token(), "actor": "accountant", "why": "moves away", "on": TODAY, **words}
    return refunding.ask(payment_id=payment.id, amount_kop=amount_kop, **said)


def bonus(account: Account, amount_kop: int) -> None:
    with transaction.atomic():
        transfers.post(
            key=f"bonus:test:{account.id}",
            debit_id=accounts.house_id("bonus"),
            credit_id=account.id,
            amount_kop=amount_kop,
            on=TODAY,
            reason=Reason.BONUS,
        )


def test_a_part_and_then_the_rest_go_back_to_the_card(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    first = ask(payment, 120_00)
    assert (first.state, first.due_on, balance(payer)) == ("succeeded", TODAY + timedelta(days=10), "380.00")
    assert ask(payment, 380_00).state == "succeeded"
    assert (balance(payer), bank.only_payment()["refunded_amount"]["value"]) == ("0.00", "500.00")
    assert books.notices(payer) == ["payment_received", "payment_refunded", "payment_refunded"]
    entry = AuditEntry.objects.filter(action="payments.refund").earliest("id")
    assert (entry.actor, entry.why, entry.new["amount_kop"]) == ("accountant", "moves away", 12000)
    with pytest.raises(refunds.MoreThanPaid) as refused:
        ask(payment, 1)
    assert refused.value.left_kop == 0


def test_a_form_sent_twice_gives_back_once(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    token = books.fresh_token()
    made = {ask(payment, 100_00, submit_token=token).pk for _ in range(3)}
    assert (len(made), balance(payer)) == (1, "400.00")
    with pytest.raises(refunds.TokenUsed):
        ask(payment, 100_01, submit_token=token)


def test_no_more_than_the_balance_unless_a_role_may(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    builder.subscribe(payer, "300,00", str(TODAY))
    builder.resume(payer, str(TODAY))  # 300 × 21 ÷ 30
    assert balance(payer) == "290.00"
    with pytest.raises(refunding.OverBalance) as refused:
        ask(payment, 290_01)
    assert refused.value.available_kop == 290_00
    beyond = ask(payment, 300_00, beyond=True)
    assert (beyond.state, beyond.beyond, balance(payer)) == ("succeeded", True, "-10.00")


def test_bonuses_are_spent_first_and_never_go_back(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bonus(payer, 250_00)
    builder.subscribe(payer, "300,00", str(TODAY))
    builder.resume(payer, str(TODAY))
    assert balance(payer) == "540.00"  # 500 + 250 − 210: of the bonuses 40 are left
    assert ask(payment, 499_99).state == "succeeded"
    with pytest.raises(refunding.OverBalance) as refused:
        refunding.require_balance(payer.id, 2, beyond=False)
    assert refused.value.available_kop == 1


def test_cash_is_not_asked_of_the_bank(payer: Account) -> None:
    topup.credit_cash(account_id=payer.id, amount_kop=500_00, receipt_number="A-1", on=TODAY, actor="cashier")
    with pytest.raises(refunding.WrongWay):
        ask(Payment.objects.get(), 100_00)


def test_what_is_not_credited_does_not_go_back(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    with pytest.raises(refunds.NotRefundable):
        ask(payment, 100_00)


def test_the_database_itself_refuses_more_than_was_paid(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    first = ask(payment, 400_00)
    with pytest.raises(IntegrityError, match="cannot be refunded"), transaction.atomic():
        Refund.objects.create(
            payment=payment,
            account=payer,
            channel="yookassa",
            amount_kop=100_01,
            idempotence_key="by-hand",
            due_on=TODAY,
            asked_by="nobody",
            created_at=first.created_at,
        )


@pytest.mark.parametrize("fault", ["lose_answer", "status_500", "html_502"])
def test_an_unknown_result_is_asked_again_with_the_same_key(bank: Bank, payer: Account, fault: str) -> None:
    """lessons 9: never a second refund where the first may have been made."""
    payment = paid(payer, bank)
    bank.control("", {fault: 1})
    refund = ask(payment, 120_00)
    assert (refund.state, balance(payer)) == ("new", "500.00")
    work(ahead_seconds=refunding.ASK_AFTER_SECONDS[0])
    refund.refresh_from_db()
    assert (refund.state, balance(payer)) == ("succeeded", "380.00")
    assert [one["amount"]["value"] for one in bank.control("refunds")] == ["120.00"]


def test_what_is_promised_is_not_promised_twice(bank: Bank, payer: Account) -> None:
    """Two payments, one balance: the first refund is unknown yet, the second sees it."""
    first, second = paid(payer, bank), paid(payer, bank)
    builder.subscribe(payer, "1000,00", str(TODAY))
    builder.resume(payer, str(TODAY))
    assert balance(payer) == "300.00"  # 1 000 − 1 000 × 21 ÷ 30
    bank.control("", {"status_500": 1})
    assert ask(first, 200_00).state == "new"
    with pytest.raises(refunding.OverBalance) as refused:
        ask(second, 200_00)
    assert refused.value.available_kop == 100_00
    work(ahead_seconds=refunding.ASK_AFTER_SECONDS[0])
    assert balance(payer) == "100.00"


def test_a_pending_refund_has_left_the_balance_and_a_canceled_one_is_back(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bank.control("", {"refunds": "pending"})
    refund = ask(payment, 120_00)
    assert (refund.state, balance(payer), books.broken()) == ("pending", "380.00", [])
    bank.control(f"refunds/{refund.external_id}/cancel", {})  # no message is sent of it
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert refunding.poll_open(clock.now()) == 1
        work()
    refund.refresh_from_db()
    assert (refund.state, refund.cancel_reason, balance(payer)) == ("canceled", "general_decline", "500.00")
    assert alarms() == [f"refund:canceled:{refund.pk}"]
    bank.control("", {"refunds": "succeeded"})
    assert ask(payment, 500_00).state == "succeeded"
    assert balance(payer) == "0.00"


def test_a_pending_refund_that_succeeds_is_told_by_the_bank(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bank.control("", {"refunds": "pending"})
    refund = ask(payment, 120_00)
    bank.control(f"refunds/{refund.external_id}/succeed", {})
    for _ in range(2):
        assert hook(message(refund.external_id, "refund.succeeded")) == 200
        work()
    refund.refresh_from_db()
    assert (refund.state, balance(payer)) == ("succeeded", "380.00")
    assert books.notices(payer) == ["payment_received", "payment_refunded"]


def test_the_banks_no_leaves_everything_as_it_was(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    made_past_us(bank, payment, "450.00")
    refund = ask(payment, 120_00)
    assert (refund.state, refund.cancel_reason, balance(payer)) == ("canceled", "invalid_request", "500.00")


def test_a_refund_made_past_us_is_found_written_and_shouted_about(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    external_id = made_past_us(bank, payment, "120.00")
    for _ in range(2):
        assert hook(message(external_id, "refund.succeeded")) == 200
        work()
    refund = Refund.objects.get()
    assert (refund.asked_by, refund.state, refund.amount_kop, balance(payer)) == ("bank", "succeeded", 12000, "380.00")
    assert alarms() == [f"refund:past_us:{external_id}"]


def test_an_early_message_does_not_make_a_second_refund(bank: Bank, payer: Account) -> None:
    """The bank's message overtakes its answer to us: the refund carries our number."""
    payment = paid(payer, bank)
    bank.control("", {"lose_answer": 1})
    refund = ask(payment, 120_00)
    hook(message(bank.control("refunds")[0]["id"], "refund.succeeded"))
    work(ahead_seconds=60)
    assert Refund.objects.get().pk == refund.pk
    assert (balance(payer), alarms()) == ("380.00", [])


def test_a_forged_message_of_a_refund_moves_nothing(bank: Bank, payer: Account) -> None:
    paid(payer, bank)
    hook(message("00000000-0000-0000-0000-000000000000", "refund.succeeded"))
    work()
    assert (balance(payer), Refund.objects.count()) == ("500.00", 0)
    assert alarms() == [f"refunds:none_of_ours:{TODAY}"]


def test_a_refund_the_bank_has_never_heard_of_is_given_up_after_a_day(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bank.control("", {"status_500": 1})
    refund = ask(payment, 120_00)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        refunding.settle(refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.cancel_reason, balance(payer)) == ("canceled", "never_reached_bank", "500.00")


def test_a_refund_found_in_the_list_after_the_key_is_forgotten(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bank.control("", {"lose_answer": 1})
    refund = ask(payment, 120_00)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        refunding.settle(refund.pk)
    refund.refresh_from_db()
    assert (refund.state, balance(payer)) == ("succeeded", "380.00")
    assert len(bank.control("refunds")) == 1


def test_the_payer_waits_no_longer_than_the_profile_says(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    bank.control("", {"refunds": "pending"})
    refund = ask(payment, 120_00)
    assert refunding.tell_overdue(refund.due_on) == 0
    assert refunding.tell_overdue(refund.due_on + timedelta(days=1)) == 1
    assert alarms() == [f"refund:overdue:{refund.pk}"]


def test_a_chargeback_is_a_reversal_with_an_alarm_once(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    for _ in range(2):
        made = reversing.charge_back(payment_id=payment.id, actor="accountant", why="dispute 17", on=TODAY)
        assert made.kind == "chargeback"
    assert (balance(payer), alarms()) == ("0.00", [f"payment:chargeback:{payment.id}"])
    with pytest.raises(refunds.NotRefundable):
        ask(payment, 1_00)


def test_what_went_back_in_part_is_not_taken_back_whole(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    ask(payment, 1_00)
    with pytest.raises(reversals.UnableToReverse, match="in part"):
        reversing.charge_back(payment_id=payment.id, actor="accountant", why="dispute 17", on=TODAY)


def test_a_refund_never_changes_its_owner_its_sum_nor_its_transfer(bank: Bank, payer: Account) -> None:
    refund = ask(paid(payer, bank), 120_00)
    for change in (
        "amount_kop = 1",
        "account_id = account_id + 1",
        "transfer_id = transfer_id + 1",
        "external_id = 'other'",
        "state = 'canceled', returned_id = 1, returned_on = '2026-11-10'",
    ):
        with pytest.raises(Exception, match="payments_refund"), transaction.atomic():
            db.run(f"update payments_refund set {change} where id = %s", [refund.pk])
    with pytest.raises(Exception, match="payments_refund"), transaction.atomic():
        db.run("delete from payments_refund")


def made_past_us(bank: Bank, payment: Payment, amount: str) -> str:
    """In the bank's own cabinet, or by a claim of the payer's."""
    answer = httpx.post(
        f"{bank.sandbox.api_url}/refunds",
        json={"payment_id": payment.external_id, "amount": {"value": amount, "currency": "RUB"}},
        auth=(testing.SHOP_ID, testing.SECRET),
        headers={"Idempotence-Key": books.fresh_token()},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])
