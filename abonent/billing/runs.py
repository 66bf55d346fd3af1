"""The runs of dates: which are due, their chunks, the last date that is done. Writes ChargeRun and its kin.

`ChargedThrough` moves when a run has finished. A payment just before midnight may still charge for the date
that ends: it holds the row's name shared, and the run that finishes holds it alone, so that neither overlooks
the other.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings

from abonent.billing import charging, policies, rules
from abonent.billing.models import ChargeChunk, ChargedThrough, ChargeRun, RunState
from abonent.core import db

CHUNK_ACCOUNTS = 5_000
_LAST_ID = 2**63 - 1
_NAME = 0x43544852  # an advisory lock, so that payments do not write to one hot row
_PLAN_CHUNKS = db.read_sql(__file__, "plan_chunks")
_PLAN_PRICES = db.read_sql(__file__, "plan_prices")
_OPEN = 'insert into billing_chargerun ("on", state, plan, fact) values (%s, %s, %s, %s) on conflict do nothing'
_DUE = "select account_id from billing_subscription where state = 'active' and paid_until <= %s"
_NOT_PARKED = "account_id not in (select account_id from billing_parkedaccount)"
_RANGES = """
    select min(account_id) as first, max(account_id) as last
    from (
        select account_id, (row_number() over (order by account_id) - 1) / %(size)s as n
        from billing_subscription where state = 'active' group by account_id
    ) every
    group by n order by n
"""
_MOVE_THROUGH = (
    'insert into billing_chargedthrough as t (id, "on") values (1, %s)'
    ' on conflict (id) do update set "on" = excluded."on" where t."on" < excluded."on"'
)


class UnableToRun(rules.UnableToCharge):
    """The date cannot be charged now; the text says why and what to do."""


class AlreadyCharged(UnableToRun):
    """The date is not after `charged_through`: its money is taken."""


class MissedBefore(UnableToRun):
    """An earlier date has not been charged: dates go one after another."""


class TooLate(UnableToRun):
    """The date is more days late than the profile lets pass without an explicit yes."""


def charged_through() -> date | None:
    """The last operator's date whose run has finished; None before the first."""
    return ChargedThrough.objects.values_list("on", flat=True).first()


def hold_charged_through() -> date | None:
    """`charged_through()`, which cannot move until the caller's transaction ends. Callers share the hold."""
    db.require_transaction()
    db.run("select pg_advisory_xact_lock_shared(%s)", [_NAME])
    return charged_through()


def start_from(first: date) -> None:
    """Say that charging begins with `first`: what lies before it is not ours. Nothing where runs have finished."""
    db.run(
        'insert into billing_chargedthrough (id, "on") values (1, %s) on conflict do nothing',
        [first - timedelta(days=1)],
    )


def missed(today: date) -> list[date]:
    """The dates up to `today` that are not charged, in order.

    Before the first run there is no telling where charging began: the earliest paid-until date says it.
    """
    through = charged_through()
    if through is None:
        earliest = db.rows("select min(paid_until) as on from billing_subscription where state = 'active'")
        through = min(earliest[0]["on"] or today, today) - timedelta(days=1)
    return [through + timedelta(days=n) for n in range(1, (today - through).days + 1)]


def require_next(on: date, *, today: date, late_yes: bool) -> None:
    """Raises AlreadyCharged, MissedBefore, TooLate, or UnableToRun of a date that has not come."""
    due = missed(today)
    if on > today:
        raise UnableToRun(f"{on} has not come yet: today is {today}")
    if on not in due:
        raise AlreadyCharged(f"{on} is charged already: {due[0] if due else today + timedelta(days=1)} is next")
    if on != due[0]:
        raise MissedBefore(f"{due[0]} is not charged yet: charge it before {on}")
    most = settings.PROFILE.max_late_days
    if (today - on).days > most and not late_yes:
        raise TooLate(
            f"{on} is {(today - on).days} days late, more than max_late_days = {most}: look whether the dates"
            " are right, then say yes to it (abonent charge --late)"
        )


def open_run(on: date) -> ChargeRun:
    """The run of a date: planned once, whoever comes first; found by all who come later."""
    db.require_transaction()
    opened = db.run(_OPEN, [on, RunState.RUNNING, json.dumps({}), json.dumps({})])
    run = ChargeRun.objects.get(on=on)
    if opened:
        run.plan = {"accounts": _plan_chunks(run.pk, on), **_plan(on)}
        run.save(update_fields=["plan"])
    if run.state == RunState.STOPPED:
        raise UnableToRun(f"the run of {on} is stopped: an accountable person lets it go on")
    return run


def take_chunk(run_id: int, *, wait: bool) -> ChargeChunk | None:
    """An undone chunk of the run, locked until the caller's transaction ends.

    wait=False passes over those that another process works on; wait=True waits for it, and gives the chunk
    only if it is still undone then.
    """
    db.require_transaction()
    undone = ChargeChunk.objects.filter(run_id=run_id, fact__isnull=True).order_by("number")
    return undone.select_for_update(skip_locked=not wait, no_key=True).first()


def mark_done(chunk: ChargeChunk, charged: charging.Charged) -> None:
    """In the transaction that charged it."""
    db.require_transaction()
    chunk.fact = charged.as_fact()
    chunk.save(update_fields=["fact"])


def finish(run_id: int) -> bool:
    """Finish the run if nothing is left, and move `charged_through`; give whether it is finished.

    What became due after its chunk was done (a payment of the evening before) makes one chunk more.
    """
    db.require_transaction()
    db.run("select pg_advisory_xact_lock(%s)", [_NAME])
    run = ChargeRun.objects.select_for_update(no_key=True).get(id=run_id)
    if run.state == RunState.FINISHED:
        return True
    chunks = list(ChargeChunk.objects.filter(run_id=run_id).order_by("number"))
    if any(chunk.fact is None for chunk in chunks):
        return False
    late = db.rows(f"{_DUE} and {_NOT_PARKED}", [run.on])
    if late:
        ChargeChunk.objects.create(
            run_id=run_id,
            number=len(chunks) + 1,
            first_account_id=0,
            last_account_id=_LAST_ID,
            accounts=len({row["account_id"] for row in late}),
        )
        return False
    db.run(_MOVE_THROUGH, [run.on])
    run.fact = total_fact([chunk.fact for chunk in chunks])
    run.state = RunState.FINISHED
    db.run(
        "update billing_chargerun set state = %s, fact = %s, finished_at = now() where id = %s",
        [run.state, json.dumps(run.fact), run_id],
    )
    return True


def fact_of(run_id: int) -> dict[str, Any]:
    """What a finished run did."""
    fact: dict[str, Any] = ChargeRun.objects.values_list("fact", flat=True).get(id=run_id)
    return fact


def ranges() -> list[tuple[int, int]]:
    """Ranges of accounts that together hold everybody, for a look at what a run would do."""
    bounds = db.rows(_RANGES, {"size": CHUNK_ACCOUNTS})
    return [(row["first"], row["last"]) for row in bounds]


def total_fact(facts: Sequence[Any]) -> dict[str, Any]:
    """The sum of the facts of chunks."""
    charged = charging.Charged()
    for fact in facts:
        kinds = tuple((kind, one["charges"], one["amount_kop"]) for kind, one in fact["kinds"].items())
        charged += charging.Charged(**{**fact, "kinds": kinds})
    return charged.as_fact()


def _plan_chunks(run_id: int, on: date) -> int:
    db.run(_PLAN_CHUNKS, {"run_id": run_id, "on": on, "size": CHUNK_ACCOUNTS})
    return sum(ChargeChunk.objects.filter(run_id=run_id).values_list("accounts", flat=True))


def _plan(on: date) -> dict[str, Any]:
    """Counts and sums of what is due, by kind; what of it the money covers is each chunk's to see."""
    proration_days = policies.in_force().proration_days
    kinds: dict[str, dict[str, int]] = {}
    for row in db.rows(_PLAN_PRICES, {"on": on}):
        known = kinds.setdefault(row["kind"], {"charges": 0, "amount_kop": 0})
        known["charges"] += row["charges"]
        if row["charging"] in rules.CHARGED:
            due = rules.next_due(row["charging"], on, row["anchor_day"])
            net_kop = row["price_kop"] - row["discount_kop"]
            known["amount_kop"] += row["charges"] * rules.amount_kop(row["charging"], net_kop, due, proration_days)
    return {
        "charges": sum(one["charges"] for one in kinds.values()),
        "amount_kop": sum(one["amount_kop"] for one in kinds.values()),
        "kinds": kinds,
    }
