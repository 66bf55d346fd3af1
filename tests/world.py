"""The cast of the demo, at a moment when nothing special is happening: 14 November 2026, three months into their lives.

    def test_…(world):
        world.pay(world.boris, "500,00")
        assert world.balance(world.boris) == …

Sums are typed as people type them; what comes back is kopecks.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from abonent.billing import queries as billing
from abonent.billing.models import Charge, Subscription
from abonent.core import clock, jobs, money, partitions
from abonent.demo import make
from abonent.flows import charge_run, topup, verify
from abonent.ledger import queries as ledger
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

FIRST_DAY = date(2026, 11, 14)


@dataclass(frozen=True)
class Subscriber:
    name: str
    contract: str
    account_id: int
    contract_id: int

    @property
    def password(self) -> str:
        return f"demo-{self.name}"


class World:
    """Made once into a template database; each test has a clone of it and may commit as it likes."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._receipts = 0
        self._go_to(FIRST_DAY)
        self.anna = self._find("anna", "100001")
        self.boris = self._find("boris", "100002")
        self.vera = self._find("vera", "100003")
        self.romashka = self._find("romashka", "100004")
        self.gleb = self._find("gleb", "100005")
        self.daria = self._find("daria", "100006")
        self.daria_second = self._find("daria", "100007")

    @staticmethod
    def populate() -> None:
        """The cast's three months, into the database this process points at."""
        for _ in make.people(FIRST_DAY):
            pass

    def close(self) -> None:
        self._stack.close()

    # --- what people and time do -------------------------------------------------------------------------
    def pay(self, who: Subscriber, typed: str) -> None:
        """Cash at the desk."""
        self._receipts += 1
        topup.credit_cash(
            account_id=who.account_id,
            amount_kop=money.parse(typed),
            receipt_number=f"world-{self._receipts}",
            on=self.today,
            actor="cashier",
        )

    def move_to(self, day: date) -> None:
        """Another day begins: what was due up to it is charged, as the night would have."""
        self._go_to(day)
        partitions.ensure_ahead(day)
        charge_run.catch_up(day)

    def run_jobs(self) -> None:
        """Everything that is due, as the workers would."""
        jobs.run_due()

    # --- what is true ------------------------------------------------------------------------------------
    def balance(self, who: Subscriber) -> int:
        return ledger.balance_kop(who.account_id)

    def state(self, who: Subscriber) -> str:
        seen = billing.overview(who.contract_id, self.today)
        assert seen is not None
        return billing.service_state(seen, self.today).word

    def missing(self, who: Subscriber) -> int:
        seen = billing.overview(who.contract_id, self.today)
        assert seen is not None
        return billing.service_state(seen, self.today).missing_kop

    def charged(self, who: Subscriber, on: date) -> list[int]:
        """The sums charged on a date, in the order of charging."""
        rows = Charge.objects.filter(account_id=who.account_id, charged_on=on).order_by("id")
        return [row.amount_kop for row in rows]

    def subscriptions(self, who: Subscriber) -> list[Subscription]:
        return list(Subscription.objects.filter(account_id=who.account_id).order_by("priority", "id"))

    def notices(self, who: Subscriber, kind: str) -> int:
        return Notice.objects.filter(contract_id=who.contract_id, kind=kind).count()

    def broken(self) -> list[str]:
        """What `abonent verify` would say."""
        return list(verify.problems())

    def _find(self, name: str, number: str) -> Subscriber:
        account = Account.objects.get(contract__number=number)
        assert account.contract_id is not None
        return Subscriber(name, number, account.pk, account.contract_id)

    def _go_to(self, day: date) -> None:
        self.today = day
        self._stack.close()
        self._stack.enter_context(clock.frozen(clock.at_noon(day)))
