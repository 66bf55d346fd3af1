"""Autopay: announced a day ahead, debited once for a cause, told of; within its limit, and while it is on."""

from datetime import date
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock
from abonent.flows import autopay as flow
from abonent.flows import cash_desk, charge_run, close_account, end_contract
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
from abonent.payments import autopay, autopay_rules
from abonent.payments.models import Payment
from abonent.payments.models_cards import AutopayAttempt, BoundCard, Consent
from tests import bank as books
from tests.bank import Bank, balance
from tests.stories.autopay_life import BEFORE, BELOW, WORDS, Life


def test_what_is_missing_is_announced_debited_once_and_told_of(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 26))
    assert life.attempts() == []
    life.through(date(2026, 11, 27))  # 1 December less 3 days, less the day of the notice
    assert life.attempts() == [("planned", 30_000, "2026-11-28", "")]
    assert life.told() == ["autopay_on", "autopay_ahead"]
    assert Notice.objects.get(kind="autopay_ahead").params == {
        "amount_kop": 30_000,
        "on": "2026-11-28",
        "card": "•• 4444",
    }
    assert life.paid() == []
    life.through(date(2026, 11, 28))
    assert life.attempts() == [("paid", 30_000, "2026-11-28", "")]
    assert (life.paid(), balance(life.account)) == ([30_000], "300.00")
    assert life.told() == ["autopay_on", "autopay_ahead", "autopay_paid"]
    payment = Payment.objects.get(card__isnull=False)
    assert "confirmation" not in payment.request
    assert payment.idempotence_key == f"auto-{AutopayAttempt.objects.get().id}"
    life.through(date(2026, 12, 10))
    assert (life.paid(), balance(life.account)) == ([30_000], "0.00")  # charged on 1 December
    life.through(date(2026, 12, 31))
    assert life.paid() == [30_000, 30_000]  # the next charge is another cause


def test_ten_ticks_of_a_day_debit_once(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 28))
    for _ in range(10):
        life.tick()
    assert (life.paid(), len(life.bank.payments())) == ([30_000], 1)


def test_nothing_is_debited_when_the_money_is_there(life: Life) -> None:
    life.pay_cash(30_000)
    life.switch_on(BEFORE)
    life.through(date(2026, 12, 1))
    assert (life.attempts(), life.paid()) == ([], [])


def test_what_was_paid_after_the_notice_is_not_debited(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    life.pay_cash(30_000)
    life.through(date(2026, 12, 2))
    assert life.attempts() == [("dropped", 30_000, "2026-11-28", "not_needed")]
    assert life.paid() == []


def test_a_part_paid_after_the_notice_leaves_the_rest_to_debit(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    life.pay_cash(10_000)
    life.through(date(2026, 11, 28))
    assert life.paid() == [20_000]


def test_more_than_was_announced_is_announced_anew(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    builder.subscribe(life.account, "50,00", "2026-11-27", role="addon")
    life.pay_cash(667)  # 50 × 4 ÷ 30: the add-on's days of November
    life.through(date(2026, 11, 28))
    assert [one[:3] for one in life.attempts()] == [
        ("dropped", 30_000, "2026-11-28"),
        ("planned", 35_000, "2026-11-29"),
    ]
    assert life.paid() == []
    life.through(date(2026, 11, 29))
    assert life.paid() == [35_000]
    assert life.told().count("autopay_ahead") == 2


def test_who_pays_by_the_day_is_debited_a_month_at_once(bank: Bank, payer: Account) -> None:
    builder.subscribe(payer, "300,00", "2026-11-10", charging="day")
    charge_run.start_from(date(2026, 11, 10))
    charge_run.catch_up(date(2026, 11, 10))
    life = Life(payer, bank)
    life.pay_cash(11_000)  # eleven days at 10 roubles: through 20 November
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 26))
    assert life.paid() == [10_000]  # the ten days of November that were not covered
    life.through(date(2026, 12, 27))
    assert life.paid() == [10_000, 30_000]  # December at once
    life.stack.close()


def test_a_balance_below_the_limit_is_filled_by_the_fixed_sum(life: Life) -> None:
    life.switch_on(BELOW)
    assert life.attempts() == [("planned", 50_000, "2026-11-11", "")]
    life.through(date(2026, 11, 11))
    assert (life.paid(), balance(life.account)) == ([50_000], "500.00")
    life.through(date(2026, 12, 31))
    assert life.paid() == [50_000]  # 200 roubles are left after December: not below 100
    life.through(date(2027, 1, 2))
    assert life.paid() == [50_000]  # January is not covered and is suspended: the balance stays at 200


def test_one_debit_a_day_when_the_sum_does_not_lift_the_balance(life: Life) -> None:
    life.switch_on(autopay_rules.Rules(None, 100_000, 20_000), limit_kop=60_000)
    life.through(date(2026, 11, 20))
    assert life.paid() == [20_000] * 3  # the month's limit holds it
    assert life.told().count("autopay_limit") == 1
    life.through(date(2026, 12, 3))
    assert sum(life.paid()) <= 60_000 + 60_000


def test_the_months_limit_refuses_and_says_so_once(life: Life) -> None:
    life.switch_on(BEFORE, limit_kop=29_999)
    life.through(date(2026, 11, 30))
    assert life.paid() == []
    assert life.told() == ["autopay_on", "autopay_limit"]


def test_a_debit_called_off_is_not_announced_again(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    attempt = AutopayAttempt.objects.get()

    def call_off(account: Account) -> bool:
        return flow.call_off(account_id=account.id, attempt_id=attempt.id, actor="700000", address=None)

    assert not call_off(builder.account())
    assert call_off(life.account)
    assert not call_off(life.account)
    life.through(date(2026, 12, 5))
    assert (life.paid(), len(life.attempts())) == ([], 1)


def test_switched_off_nothing_is_debited(life: Life) -> None:
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 27))
    for _ in range(2):
        flow.switch_off(account_id=life.account.id, actor="700000", address=None)
    life.through(date(2026, 12, 5))
    assert life.attempts() == [("dropped", 30_000, "2026-11-28", "off")]
    assert life.told() == ["autopay_on", "autopay_ahead", "autopay_off"]
    assert [one.withdrawn_at is None for one in Consent.objects.order_by("id")] == [True, False]


def test_after_the_end_of_the_contract_no_card_is_debited(life: Life) -> None:
    life.switch_on(BELOW)
    life.through(date(2026, 11, 16))
    paid = life.paid()
    end_contract.plan(account_id=life.account.id, ends_on=date(2026, 11, 18), on=date(2026, 11, 17), actor="subscriber")
    life.through(date(2026, 11, 18))
    asked = close_account.ask_payout(account_id=life.account.id, on=date(2026, 11, 18), actor="subscriber")
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    cash_desk.pay_out(payout_id=asked.id, on=date(2026, 11, 18), actor="cashier")
    assert balance(life.account) == "0.00"  # far below what the rule keeps
    life.through(date(2026, 12, 20))
    assert life.paid() == paid


def test_settings_that_contradict_themselves_are_refused(life: Life) -> None:
    none = autopay_rules.Rules(None, None, None)
    for rules, limit_kop, error in (
        (none, 300_000, autopay.NoRule),
        (BELOW, 49_999, flow.LimitTooSmall),
        (BEFORE, 9_999, flow.LimitTooSmall),
        (BELOW._replace(sum_kop=50), 300_000, flow.SumOutOfBounds),
    ):
        with pytest.raises(error):
            life.switch_on(rules, limit_kop=limit_kop)
    assert autopay.of_account(life.account.id) is None


def test_it_pays_by_ones_own_card_only(life: Life) -> None:
    other = builder.account()
    with pytest.raises(BoundCard.DoesNotExist):
        flow.switch_on(
            account_id=other.id,
            card_id=life.card.id,
            rules=BEFORE,
            month_limit_kop=300_000,
            words=WORDS,
            actor="x",
            address=None,
            on=clock.today(),
        )


def test_a_suspended_subscriber_who_switches_it_on_is_resumed_tomorrow(life: Life) -> None:
    life.through(date(2026, 12, 5))
    assert balance(life.account) == "0.00"
    life.switch_on(BEFORE)
    # 6 days of 31 have gone by on the day of the debit; announced on the 5th: 300 × 27 ÷ 31 = 261.29
    assert life.attempts() == [("planned", 26_129, "2026-12-06", "")]
    life.through(date(2026, 12, 6))
    assert life.paid() == [25_161]  # 300 × 26 ÷ 31 = 251.61
    assert books.notices(life.account).count("resumed") == 1


def test_an_account_that_waits_for_its_first_top_up_wants_nothing(bank: Bank, payer: Account, settings: Any) -> None:
    builder.subscribe(payer, "300,00", "2026-11-10")
    life = Life(payer, bank)
    life.switch_on(BEFORE)
    life.through(date(2026, 11, 12))
    assert life.attempts() == []
