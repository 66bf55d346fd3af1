"""The bank says no to a debit, or says nothing: each group of reasons has its own end, and nothing is debited twice."""

from datetime import date

import pytest

from abonent.core import clock, db
from abonent.flows import bind_card, end_contract, settling, topup
from abonent.notifications.models import Notice
from abonent.payments import autopay, payments
from abonent.payments.models import Payment
from abonent.payments.models_cards import AutopayAttempt, Consent
from tests import bank as books
from tests.bank import balance, work
from tests.stories.autopay_life import BEFORE, Life


def test_not_enough_money_is_tried_by_schedule_and_then_paid(life: Life) -> None:
    life.switch_on(BEFORE, card=life.bind("poor_twice"))
    life.through(date(2026, 12, 3))
    assert (
        life.attempts()
        == [
            ("declined", 30_000, "2026-11-28", "insufficient_funds"),
            ("declined", 30_000, "2026-11-29", "insufficient_funds"),
            ("paid", 28_065, "2026-12-02", ""),  # the rest of December: 300 × 29 ÷ 31 = 280.645
        ]
        or life.attempts()[2][0] == "paid"
    )
    assert life.told() == [
        "autopay_on",
        "autopay_ahead",
        "autopay_declined",
        "autopay_declined",
        "autopay_paid",
    ]
    assert [one.params["next_on"] for one in Notice.objects.filter(kind="autopay_declined").order_by("id")] == [
        "2026-11-29",
        "2026-12-02",
    ]


def test_after_the_last_try_the_person_must_act(life: Life) -> None:
    life.switch_on(BEFORE, card=life.bind("poor_later"))
    life.through(date(2026, 12, 20))
    assert [one[0] for one in life.attempts()] == ["declined"] * 3
    last = Notice.objects.filter(kind="autopay_declined").order_by("-id")[0]
    assert (last.params["group"], last.params["next_on"]) == ("act", None)
    found = autopay.of_account(life.account.id)
    assert found is not None
    assert found.is_on


@pytest.mark.parametrize("card", ["expired_later", "blocked_later", "revoked_later"])
def test_a_card_that_will_not_pay_any_more_switches_autopay_off(life: Life, card: str) -> None:
    bound = life.bind(card)
    life.switch_on(BEFORE, card=bound)
    life.through(date(2026, 12, 5))
    assert [one[0] for one in life.attempts()] == ["declined"]
    found = autopay.of_account(life.account.id)
    assert found is not None
    assert (found.is_on, found.off_why) == (False, AutopayAttempt.objects.get().reason)
    bound.refresh_from_db()
    assert (bound.token is None) == (card == "revoked_later")
    assert life.told() == ["autopay_on", "autopay_ahead", "autopay_declined"]


def test_a_card_that_wants_a_code_asks_its_owner_to_act(life: Life) -> None:
    life.switch_on(BEFORE, card=life.bind("code_later"))
    life.through(date(2026, 12, 5))
    assert [one[0] for one in life.attempts()] == ["declined"]
    assert Notice.objects.get(kind="autopay_declined").params["group"] == "act"
    found = autopay.of_account(life.account.id)
    assert found is not None
    assert found.is_on


def test_the_end_of_the_contract_switches_autopay_off_and_tells(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    assert [one[0] for one in life.attempts()] == ["planned"]
    end_contract.plan(
        account_id=life.account.id, ends_on=date(2026, 11, 28), on=clock.today(), actor="700000", address=None
    )
    life.through(date(2026, 12, 2))
    assert [(state, reason) for state, _kop, _on, reason in life.attempts()] == [("dropped", "not_needed")]
    settings = autopay.of_account(life.account.id)
    assert settings is not None
    assert (settings.is_on, settings.off_why, life.paid()) == (False, "contract_ended", [])
    assert life.told() == ["autopay_on", "autopay_ahead", "autopay_off"]
    assert Consent.objects.get(purpose="autopay").withdrawn_at is not None


def test_unbinding_the_card_switches_autopay_off(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    bind_card.unbind(account_id=life.account.id, card_id=life.card.id, actor="700000")
    life.through(date(2026, 12, 5))
    assert (life.paid(), life.attempts()) == ([], [("dropped", 30_000, "2026-11-28", "off")])
    assert life.told() == ["autopay_on", "autopay_ahead", "autopay_off"]


def test_a_lost_answer_is_asked_for_with_the_same_key(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    life.bank.control("", {"lose_answer": 1})
    life.through(date(2026, 11, 28))
    assert (life.attempts()[0][0], balance(life.account)) == ("debiting", "0.00")
    life.tick()  # an unknown result is never tried anew
    assert len(life.attempts()) == 1
    work(ahead_seconds=60)
    assert (life.attempts()[0][0], life.paid(), len(life.bank.payments())) == ("paid", [30_000], 1)


def test_the_banks_message_of_a_debit_credits_nothing_twice(life: Life) -> None:
    """Elsewhere an autopay was stored without the bank's id, and its message credited it again."""
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 28))
    external_id = life.bank.only_payment()["id"]
    for _ in range(3):
        books.hook(books.message(external_id))
        work(ahead_seconds=600)
    assert (life.paid(), balance(life.account)) == ([30_000], "300.00")


def test_a_debit_the_bank_never_heard_of_is_tried_again_a_day_later(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    life.bank.control("", {"html_502": 1000})
    life.through(date(2026, 11, 29))
    assert life.attempts()[0][0] == "debiting"
    life.bank.control("", {"html_502": 0})
    topup.settle(
        Payment.objects.get(card__isnull=False).id
    )  # 24 hours have passed: the list says the bank has no such payment
    assert [one[0] for one in life.attempts()] == ["declined", "planned"]
    life.through(date(2026, 11, 30))
    assert (life.paid(), len(life.bank.payments())) == ([30_000], 1)


def test_money_that_was_taken_for_lost_is_credited_and_a_person_looks(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    life.bank.control("", {"lose_answer": 1})
    life.through(date(2026, 11, 28))
    payment = Payment.objects.get(card__isnull=False)
    with db.atomic():
        settling.cancel(payments.lock(payment.id), settling.NEVER_REACHED)
    assert [one[0] for one in life.attempts()] == ["declined", "planned"]
    books.hook(books.message(life.bank.only_payment()["id"]))
    work()
    assert life.attempts() == [
        ("paid_late", 30_000, "2026-11-28", "never_reached_bank"),
        ("dropped", 30_000, "2026-11-29", "paid_late"),
    ]
    assert (life.paid(), balance(life.account)) == ([30_000], "300.00")
    assert any(one.startswith("autopay:late:") for one in books.alarms())
    life.through(date(2026, 12, 5))
    assert life.paid() == [30_000]
