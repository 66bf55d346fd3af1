"""Charge a range of accounts for one date, set-based: what is due, in order, while the money covers it.

Two statements never one: the accounts are locked first, and what they have is asked after that. Whoever changes
a subscription or a balance locks the account first, so nothing moves under a chunk.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import DataError, IntegrityError, transaction

from abonent.billing import charges, policies, rules
from abonent.catalog.models import ServiceKind
from abonent.core import alarms, db
from abonent.ledger import accounts, transfers

CHANGED = "billing_changed"  # the temporary table that tells what was suspended
_CHANGED = f"""
    create temporary table {CHANGED} (account_id bigint, contract_id bigint, missing_kop bigint) on commit drop
"""
_LOCK_DUE = db.read_sql(__file__, "lock_due")
_PRICES_DUE = db.read_sql(__file__, "prices_due")
_DECIDE = db.read_sql(__file__, "decide")
_COUNTS_DUE = db.read_sql(__file__, "counts_due")
_SUSPEND = db.read_sql(__file__, "suspend")
_STAND = db.read_sql(__file__, "stand")
_ASLEEP = db.read_sql(__file__, "asleep")
_PRICES_ASLEEP = "select distinct charging, price_kop, discount_kop, anchor_day from billing_asleep"
_TELL_CHANGED = db.read_sql(__file__, "tell_changed")
_PARK = db.read_sql(__file__, "park")
_PARK_ONE = """
    insert into billing_parkedaccount (account_id, reason) values (%s, %s)
    on conflict (account_id) do nothing returning account_id, reason
"""
_DUE_IDS = "select min(id) as first, max(id) as last from billing_locked"


class Charged(NamedTuple):
    """What a chunk did: counts, kopecks, and both by kind of service."""

    accounts: int = 0
    charges: int = 0
    amount_kop: int = 0
    suspensions: int = 0  # subscriptions; their accounts stand in the table `CHANGED`
    parked: int = 0
    kinds: tuple[tuple[str, int, int], ...] = ()  # (kind, charges, kopecks)

    def __add__(self, other: object) -> "Charged":
        assert isinstance(other, Charged)
        kinds = {kind: (n, kop) for kind, n, kop in self.kinds}
        for kind, n, kop in other.kinds:
            before = kinds.get(kind, (0, 0))
            kinds[kind] = (before[0] + n, before[1] + kop)
        return Charged(
            self.accounts + other.accounts,
            self.charges + other.charges,
            self.amount_kop + other.amount_kop,
            self.suspensions + other.suspensions,
            self.parked + other.parked,
            tuple((kind, n, kop) for kind, (n, kop) in sorted(kinds.items())),
        )

    def as_fact(self) -> dict[str, Any]:
        """As a run keeps it in JSON."""
        kinds = {kind: {"charges": n, "amount_kop": kop} for kind, n, kop in self.kinds}
        return {**self._asdict(), "kinds": kinds}


def charge_chunk(first_account_id: int, last_account_id: int, *, on: date) -> Charged:
    """Charge what is due on `on` for the accounts of `[first, last]`; suspend what does not fit.

    Call it in a transaction of its own: it locks the accounts, and leaves the temporary table `CHANGED`
    (account_id, contract_id, missing_kop) of those that lost something, until the commit.
    An account that makes no sense is parked with a reason and an alarm, and stops no other.
    The run before has finished: nothing is due for an earlier date.
    """
    db.require_transaction()
    _drop(CHANGED)
    db.run(_CHANGED)
    # The planner takes arrays for a handful of rows, and would look each account up by itself.
    db.run("set local enable_nestloop = off")
    return _charge_or_split(first_account_id, last_account_id, on)


def _charge_or_split(first: int, last: int, on: date) -> Charged:
    """Where a row breaks a rule of the database, its account is found by halving, and parked alone."""
    try:
        with transaction.atomic():
            return _charge(first, last, on)
    except (IntegrityError, DataError, charges.ChargesDisagree, transfers.BalancesDisagree) as error:
        if first == last:
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            return Charged(parked=_tell_parked(db.rows(_PARK_ONE, [first, reason])))
    bounds = _lock(first, last, on)
    if bounds is None:
        return Charged()
    middle = (bounds[0] + bounds[1]) // 2
    return _charge_or_split(bounds[0], middle, on) + _charge_or_split(middle + 1, bounds[1], on)


def _charge(first: int, last: int, on: date) -> Charged:
    params: dict[str, Any] = {"first_account_id": first, "last_account_id": last, "on": on}
    if _lock(first, last, on) is None:
        return Charged()
    prices = db.rows(_PRICES_DUE, params)
    parked = 0
    if any(row["overdue"] or not is_sane(row) for row in prices):
        parked = _park(params)
        prices = [row for row in db.rows(_PRICES_DUE, params) if is_sane(row)]
    params |= amounts(prices, on) | _revenues()
    _drop("billing_due")
    decided = db.run(_DECIDE, params)
    charges.check("due", wanted=sum(row["due"] for row in prices), done=decided)
    kinds = db.rows(_COUNTS_DUE)
    suspensions = sum(row["suspensions"] for row in kinds)
    charges.write(
        "billing_due due",
        params,
        charges=sum(row["charges"] for row in kinds),
        transfers_wanted=sum(row["transfers"] for row in kinds),
    )
    if suspensions:
        charges.check("suspensions", wanted=suspensions, done=db.run(_SUSPEND, params))
        db.run(_STAND, params)
        _tell_changed(params, on)
    return Charged(
        accounts=int(db.rows("select count(*) as n from billing_locked")[0]["n"]),
        charges=sum(row["charges"] for row in kinds),
        amount_kop=sum(row["amount_kop"] for row in kinds),
        suspensions=suspensions,
        parked=parked,
        kinds=tuple((row["kind"], row["charges"], row["amount_kop"]) for row in kinds),
    )


def _tell_changed(params: dict[str, Any], on: date) -> None:
    _drop("billing_asleep")
    db.run(_ASLEEP, {**params, "is_calendar": policies.in_force().billing_cycle == rules.CALENDAR})
    prices = [row for row in db.rows(_PRICES_ASLEEP) if row["charging"] in rules.CHARGED]
    db.run(_TELL_CHANGED, {**params, **amounts(prices, on)})


def _lock(first: int, last: int, on: date) -> tuple[int, int] | None:
    """The least and the greatest id of the accounts locked; None when nothing is due."""
    _drop("billing_locked")
    if not db.run(_LOCK_DUE, {"first_account_id": first, "last_account_id": last, "on": on}):
        return None
    bounds = db.rows(_DUE_IDS)[0]
    return bounds["first"], bounds["last"]


def amounts(prices: Sequence[dict[str, Any]], on: date) -> dict[str, list[Any]]:
    """What each distinct price costs from `on`, from the one rule, as the arrays that SQL joins."""
    proration_days = policies.in_force().proration_days
    dues = [rules.next_due(row["charging"], on, row["anchor_day"]) for row in prices]
    return {
        "charging": [row["charging"] for row in prices],
        "price_kop": [row["price_kop"] for row in prices],
        "discount_kop": [row["discount_kop"] for row in prices],
        "anchor_day": [row["anchor_day"] for row in prices],
        "due_kop": [
            rules.amount_kop(row["charging"], row["price_kop"] - row["discount_kop"], due, proration_days)
            for row, due in zip(prices, dues, strict=True)
        ],
        "period_end": [due.period.end for due in dues],
        "whole_start": [due.whole.start for due in dues],
        "whole_end": [due.whole.end for due in dues],
    }


def _revenues() -> dict[str, list[Any]]:
    """Whose revenue each kind of service is."""
    return {
        "kinds": list(ServiceKind.values),
        "revenue_ids": [accounts.house_id(f"revenue:{kind}") for kind in ServiceKind.values],
    }


def is_sane(row: dict[str, Any]) -> bool:
    """Whether a rule of ours can have left such a price."""
    return row["charging"] in rules.CHARGED and row["price_kop"] <= rules.MAX_PRICE_KOP


def _park(params: dict[str, Any]) -> int:
    """Park what makes no sense, and let its locks no longer count."""
    parked = db.rows(_PARK, {**params, "max_price_kop": rules.MAX_PRICE_KOP, "charged": list(rules.CHARGED)})
    db.run("delete from billing_locked where id = any(%s)", [[row["account_id"] for row in parked]])
    return _tell_parked(parked)


def _tell_parked(parked: Sequence[dict[str, Any]]) -> int:
    for row in parked:
        alarms.raise_alarm(
            key=f"parked:{row['account_id']}", what=f"account {row['account_id']} is parked: {row['reason']}"
        )
    return len(parked)


def _drop(table: str) -> None:
    """Of an earlier chunk in the same transaction: a dry run's, or the other half of a split."""
    db.run(f"drop table if exists pg_temp.{table}")
