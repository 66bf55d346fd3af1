"""Random histories of an operator: signings, payments, reversals, clock steps, late runs, crashes and repeats.

After each step `verify` must find nothing. Besides: what the forecast said before the clock moved is what the
runs then did; and paying exactly what is missing resumes, a kopeck less does not.
"""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from abonent.billing import forecast, planned, queries, resuming, runs, subscriptions
from abonent.billing.models import Subscription
from abonent.billing.tests import builder
from abonent.core import clock, money, partitions
from abonent.flows import cash_desk, charge_run, topup, verify
from abonent.ledger import queries as ledger_queries
from abonent.ledger.models import Account
from abonent.payments.models import Payment
from tests.stories import lives, wishes

FIRST = date(2027, 12, 30)  # two leap days and month ends of every length lie ahead
LAST = date(2029, 6, 30)
CHUNK_ACCOUNTS = 2

prices = st.sampled_from(["0,00", "0,01", "1,00", "310,00", "599,99", "650,00", "1190,01"])
amounts_kop = st.one_of(st.integers(1, 300_000), st.sampled_from([1, 310_00, 599_99, 650_00, 1190_01, 5000_00]))


class Killed(BaseException):
    """The process dies here: nothing of the open transaction stands, and nobody may catch it."""


class Killer:
    """Dies before or after the n-th statement."""

    def __init__(self, n: int, *, after: bool) -> None:
        self.left, self.after = n, after

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        given = execute(sql, params, many, context)
        if self.left == 0:
            raise Killed
        return given


def make_partitions() -> None:
    """Once for all histories of a test: making them is slow, and they are not what is tested."""
    partitions.ensure(FIRST, LAST)


class History(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.today = FIRST
        self.receipts = itertools.count(1)
        self.accounts: list[Account] = []
        self.kill: tuple[int, bool] | None = None
        self.profile = ExitStack()
        self.all = wishes.durable()
        self.all.__enter__()
        self.chunk, runs.CHUNK_ACCOUNTS = runs.CHUNK_ACCOUNTS, CHUNK_ACCOUNTS

    def teardown(self) -> None:
        runs.CHUNK_ACCOUNTS = self.chunk
        self.profile.close()
        transaction.set_rollback(True)
        self.all.__exit__(None, None, None)

    # --- what happens -------------------------------------------------------------------------------------
    @initialize(policy=lives.policies)
    def begin(self, policy: lives.Policy) -> None:
        self.profile.enter_context(lives.profile(policy))
        lives.make_offers()
        charge_run.start_from(self.today)
        self.run_up_to_today()
        self.sign("650,00", "month", "190,00", None, 0, "0")

    @precondition(lambda self: len(self.accounts) < 6)
    @rule(
        price=prices,
        charging=st.sampled_from(["month", "day", "per_day"]),
        tv=st.none() | prices,
        addon=st.none() | prices,
        limit_kop=st.sampled_from([0, 0, 0, 500_00]),
        first_top_up=st.sampled_from(["0", "0", "500,00"]),
    )
    def sign(
        self,
        price: str,
        charging: str,
        tv: str | None,
        addon: str | None,
        limit_kop: int,
        first_top_up: str,
    ) -> None:
        on = str(self.today)
        account = builder.account(first_top_up=first_top_up, credit_limit=money.plain(limit_kop), signed_on=self.today)
        internet = builder.subscribe(account, price, on, charging=charging)
        if tv:
            builder.subscribe(account, tv, on, kind="tv")
        if addon:
            builder.subscribe(account, addon, on, role="addon", parent=internet)
        builder.resume(account, on)
        self.accounts.append(account)

    @rule(number=st.integers(0, 5), amount_kop=amounts_kop, times=st.integers(1, 2))
    def pay(self, number: int, amount_kop: int, times: int) -> None:
        self._pay(self._account(number), amount_kop, times)

    @rule(number=st.integers(0, 5), short_kop=st.integers(0, 1))
    def pay_what_is_missing(self, number: int, short_kop: int) -> None:
        account = self._account(number)
        before = queries.woken(self._seen(account), self._resumes_on())
        if before.asleep and before.missing_kop > short_kop:
            after = self._pay(account, before.missing_kop - short_kop, 1)
            assert after is not None
            assert after.still_suspended == bool(short_kop), (before, after)
            assert after.missing_kop == short_kop

    @rule(number=st.integers(0, 20))
    def a_payment_is_reversed(self, number: int) -> None:
        payments = list(Payment.objects.order_by("id"))
        if not payments:
            return
        payment = payments[number % len(payments)]

        def take_back() -> None:
            cash_desk.correct(payment_id=payment.pk, actor="cashier", why="another's", on=self.today)

        self._survive(take_back)

    @rule(number=st.integers(0, 5), limit_kop=st.sampled_from([0, 100_00, 1000_00]))
    def the_limit_changes(self, number: int, limit_kop: int) -> None:
        account = self._account(number)

        def change() -> None:
            with transaction.atomic():
                subscriptions.set_terms(account.pk, credit_limit_kop=limit_kop)
                resuming.resume(account.pk, on=self.today)

        self._survive(change)

    @rule(number=st.integers(0, 5), what=st.sampled_from(wishes.WORDS), n=st.integers(0, 40))
    def somebody_wishes(self, number: int, what: str, n: int) -> None:
        """Another tariff, an add-on, a deferral, a pause, an end, a discount; what is refused is not done."""
        wish = wishes.Wish(0, what, n)
        self._survive(lambda: wishes.do(self._account(number), wish, self.today))

    @precondition(lambda self: self.today < LAST - timedelta(days=90))
    @rule(days=st.sampled_from([1, 1, 2, 5, 31]))
    def days_pass(self, days: int) -> None:
        """The clock steps, the runs of each date come; the forecast must have known it all."""
        self.run_up_to_today()
        self.today += timedelta(days=days)
        told = [forecast.of(seen, self.today, planned.of(seen), days=0) for seen in map(self._seen, self.accounts)]
        self.run_up_to_today()
        for account, forecast_of in zip(self.accounts, told, strict=True):
            assert ledger_queries.balance_kop(account.pk) == forecast_of.balance_kop
            real = lives.real_ids(account)
            assert self._standing(account) == [
                (real(one.id), one.state, one.paid_until, one.stopped_on) for one in forecast_of.held
            ]

    @precondition(lambda self: self.today < LAST - timedelta(days=90))
    @rule(days=st.sampled_from([1, 2, 3, 31]))
    def the_runs_are_late(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule()
    def run_up_to_today(self) -> None:
        self._survive(lambda: charge_run.catch_up(self.today, late_yes=True))

    @rule()
    def a_dry_run_changes_nothing(self) -> None:
        before = [self._standing(account) for account in self.accounts]
        charge_run.dry_run(runs.missed(self.today)[:3])
        assert [self._standing(account) for account in self.accounts] == before

    @rule(n=st.integers(1, 60), after=st.booleans())
    def the_next_step_dies(self, n: int, after: bool) -> None:
        self.kill = (n, after)

    # --- what must hold -----------------------------------------------------------------------------------
    @invariant()
    def verify_holds(self) -> None:
        assert list(verify.problems()) == []

    # --- by the way ---------------------------------------------------------------------------------------
    def _survive(self, verb: Callable[[], Any]) -> Any:
        """Do it; if the process is to die in it, let it die, look at what stands, and do it again."""
        if self.kill is not None:
            n, after = self.kill
            self.kill = None
            try:
                with connection.execute_wrapper(Killer(n, after=after)):
                    return verb()
            except Killed:
                self.verify_holds()
        return verb()

    def _pay(self, account: Account, amount_kop: int, times: int) -> resuming.Resumed | None:
        receipt, resumed = str(next(self.receipts)), None
        for _ in range(times):
            credited = self._survive(
                lambda: topup.credit_cash(
                    account_id=account.pk,
                    amount_kop=amount_kop,
                    receipt_number=receipt,
                    on=self.today,
                    actor="test",
                )
            )
            resumed = credited.resumed if credited else resumed
        return resumed

    def _account(self, number: int) -> Account:
        return self.accounts[number % len(self.accounts)]

    def _seen(self, account: Account) -> queries.Overview:
        assert account.contract_id is not None
        with clock.frozen(clock.at_noon(self.today)):
            seen = queries.overview(account.contract_id, self.today)
        assert seen is not None
        return seen

    def _resumes_on(self) -> date:
        return max(self.today, runs.charged_through() or self.today)

    def _standing(self, account: Account) -> list[tuple[int, str, date | None, date | None]]:
        found = Subscription.objects.filter(account=account).exclude(state="ended").order_by("priority", "id")
        return list(found.values_list("id", "state", "paid_until", "stopped_on"))
