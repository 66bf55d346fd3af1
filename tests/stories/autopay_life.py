"""A subscriber with a bound card and autopay, and the days that go by for him as the schedule has them."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.flows import autopay as flow
from abonent.flows import bind_card, charge_run, topup
from abonent.ledger.models import Account
from abonent.payments import autopay_rules, cards
from abonent.payments.models import Payment, PaymentState
from abonent.payments.models_cards import AutopayAttempt, Binding, BoundCard
from tests import bank as books
from tests.bank import Bank

BEFORE = autopay_rules.Rules(before_days=3, below_kop=None, sum_kop=None)
BELOW = autopay_rules.Rules(before_days=None, below_kop=10_000, sum_kop=50_000)
WORDS = cards.Words("2026-11-22", "ru", "Я согласен на автоплатёж.")


class Life:
    """A subscriber with a bound card; the days go by as the schedule has them."""

    def __init__(self, account: Account, bank: Bank) -> None:
        self.account, self.bank = account, bank
        self.stack, self.receipts = ExitStack(), 0
        self.card = self.bind("pays")

    def pay_cash(self, amount_kop: int) -> None:
        self.receipts += 1
        topup.credit_cash(
            account_id=self.account.id,
            amount_kop=amount_kop,
            receipt_number=f"A-{self.receipts}",
            on=clock.today(),
            actor="cashier",
        )

    def bind(self, card: str) -> BoundCard:
        started = bind_card.start(
            account_id=self.account.id,
            kind="bank_card",
            submit_token=books.fresh_token(),
            return_url=books.RETURN_URL,
            words=WORDS,
            actor="700000",
            address=None,
        )
        external_id = Binding.objects.get(id=started.binding_id).external_id
        self.bank.control(f"payment_methods/{external_id}/bind", {"card": card})
        bind_card.settle(started.binding_id)
        return BoundCard.objects.get(token=external_id)

    def switch_on(self, rules: autopay_rules.Rules, *, limit_kop: int = 300_000, card: BoundCard | None = None) -> None:
        flow.switch_on(
            account_id=self.account.id,
            card_id=(card or self.card).id,
            rules=rules,
            month_limit_kop=limit_kop,
            words=WORDS,
            actor="700000",
            address="192.0.2.7",
            on=clock.today(),
        )

    def through(self, day: date) -> None:
        """Each date until that one: debits, the charge run, what is announced."""
        while (today := clock.today() + timedelta(days=1)) <= day:
            self.stack.close()
            self.stack.enter_context(clock.frozen(clock.at_noon(today)))
            partitions.ensure_ahead(today)
            self.tick()

    def tick(self) -> None:
        today = clock.today()
        flow.debit_due(clock.now())
        charge_run.catch_up(today)
        flow.plan(today)

    def attempts(self) -> list[tuple[str, int, str, str]]:
        found = AutopayAttempt.objects.order_by("id")
        return [(one.state, one.amount_kop, one.due_on.isoformat(), one.reason) for one in found]

    def paid(self) -> list[int]:
        found = Payment.objects.filter(state=PaymentState.SUCCEEDED, card__isnull=False).order_by("id")
        return list(found.values_list("amount_kop", flat=True))

    def told(self) -> list[str]:
        return [one for one in books.notices(self.account) if one.startswith("autopay")]


@pytest.fixture
def life(bank: Bank, payer: Account) -> Iterator[Life]:
    """10 November; 300 roubles a month, paid through November to the kopeck; nothing is left."""
    builder.subscribe(payer, "300,00", "2026-11-10")
    charge_run.start_from(date(2026, 11, 10))
    charge_run.catch_up(date(2026, 11, 10))
    made = Life(payer, bank)
    made.pay_cash(21_000)  # 21 days of 30
    yield made
    made.stack.close()
