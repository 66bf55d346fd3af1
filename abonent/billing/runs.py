"""The runs of dates: which are due, their chunks, the last date that is done. Writes ChargeRun and its kin.

`ChargedThrough` moves when a run has finished. A payment just before midnight may still charge for the date
that ends: it holds the row's name shared, and the run that finishes holds it alone, so that neither overlooks
the other.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max

from abonent.billing import charging, rules, run_plans
from abonent.billing.models import ChargeChunk, ChargedThrough, ChargeRun, RunState
from abonent.core import alarms, db, money

CHUNK_ACCOUNTS = 5_000
_NAME = 0x43544852  # an advisory lock, so that payments do not write to one hot row
_STEPS = db.read_sql(__file__, "plan_steps")
_OPEN = 'insert into billing_chargerun ("on", state, plan, fact) values (%s, %s, %s, %s) on conflict do nothing'
_DUE_OF = "select account_id from billing_subscription where state = 'active' and paid_until <= %(on)s"
_NOT_PARKED = "account_id not in (select account_id from billing_parkedaccount)"
_RANGES = """
    select coalesce(lag(last) over (order by n) + 1, 0) as first, last
    from (
        select (n - 1) / %(size)s as n, max(id) as last
        from (select id, row_number() over (order by id) as n from ledger_account where id >= 1000) every
        group by 1
    ) parts
    order by last
"""
_STEPPED = f"select account_id from ({_STEPS}) stepped where account_id between %(first)s and %(last)s"
_LOCK_STEPPED = "select id from ledger_account where id in ({ids}) order by id for no key update"
_ACCEPT_DONE = """
    update billing_chargechunk set plan_kop = (fact->>'amount_kop')::bigint where run_id = %s and fact is not null
"""
_DONE = """
    select r.state,
           coalesce(sum(c.plan_kop), 0)::bigint as planned_kop,
           coalesce(sum((c.fact->>'amount_kop')::bigint), 0)::bigint as fact_kop,
           coalesce(sum((c.fact->>'charges')::bigint), 0)::bigint as charges
    from billing_chargerun r
    left join billing_chargechunk c on c.run_id = r.id and c.fact is not null
    where r.id = %s
    group by r.id
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


class Stopped(UnableToRun):
    """The run is beyond its tolerance: an accountable person looks, and lets it go on."""


class UnableToContinue(UnableToRun):
    """There is no such stopped run, or nobody answers for it."""


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


def forget_measures() -> None:
    """After an import: the runs so far are no measure for those to come."""
    ChargeRun.objects.filter(is_measure=True).update(is_measure=False)


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


def open_run(on: date, take_steps: Callable[[int, int], None] | None = None) -> ChargeRun:
    """The run of a date: planned once, whoever comes first; found by all who come later. It may be stopped.

    take_steps: what the date brings before its charges, for a range of accounts: taken for the plan and rolled back.
    """
    db.require_transaction()
    opened = db.run(_OPEN, [on, RunState.RUNNING, json.dumps({}), json.dumps({})])
    run = ChargeRun.objects.get(on=on)
    if opened:
        plan = draw_plan(on, take_steps)
        _add_chunks(run, plan)
        run.plan = plan.as_json()
        run.save(update_fields=["plan"])
        if plan.compared and plan.compared.is_beyond(settings.PROFILE.run_tolerance_per_mille):
            _stop(run, _unlike(plan.compared))
    return run


def draw_plan(on: date, take_steps: Callable[[int, int], None] | None = None) -> run_plans.Plan:
    """What a date's run would do, as things stand now; nothing is written."""
    return run_plans.draw(on, size=CHUNK_ACCOUNTS, take_steps=take_steps)


def require_going(run_id: int) -> None:
    """Raises Stopped."""
    state, on, reason = ChargeRun.objects.values_list("state", "on", "stop_reason").get(id=run_id)
    if state == RunState.STOPPED:
        raise Stopped(
            f"the run of {on} is stopped: {reason}. Nobody is cut off meanwhile. Look at its plan, then let it go on:"
            f' abonent charge --continue {on} --by NAME --why "..."'
        )


def stop_if_drifted(run_id: int) -> bool:
    """Stop the run if what its chunks took is too far from what they were to take; give whether it is stopped.

    Asked before each chunk and before the end. A chunk by itself equals its own plan, made under its locks.
    """
    db.require_transaction()
    done = db.rows(_DONE, [run_id])[0]
    if done["state"] != RunState.RUNNING or done["fact_kop"] == done["planned_kop"]:
        return bool(done["state"] == RunState.STOPPED)
    run = ChargeRun.objects.get(id=run_id)
    drifted = run_plans.is_drift(
        run.plan,
        planned_kop=done["planned_kop"],
        fact_kop=done["fact_kop"],
        fact_charges=done["charges"],
        tolerance=settings.PROFILE.run_tolerance_per_mille,
    )
    if drifted:
        run = ChargeRun.objects.select_for_update(no_key=True).get(id=run_id)
        if run.state == RunState.RUNNING:
            took, planned = money.show(done["fact_kop"]), money.show(done["planned_kop"])
            _stop(run, f"its chunks took {took} where the plan was {planned}")
    return run.state == RunState.STOPPED


def let_go_on(
    on: date, *, by: str, why: str, at: datetime, take_steps: Callable[[int, int], None] | None = None
) -> ChargeRun:
    """Let the stopped run of a date go on: what it did stands, the rest is planned anew.

    by: who answers for it.   why: in words, for those who look later.   Raises UnableToContinue.
    """
    db.require_transaction()
    if not by.strip() or not why.strip():
        raise UnableToContinue("say who lets the run go on, and why")
    run = ChargeRun.objects.select_for_update(no_key=True).filter(on=on).first()
    if run is None or run.state != RunState.STOPPED:
        raise UnableToContinue(f"the run of {on} is {run.state if run else 'not begun'}, not stopped")
    ChargeChunk.objects.filter(run_id=run.pk, fact__isnull=True).delete()  # waits for one that is just being done
    db.run(_ACCEPT_DONE, [run.pk])
    rest = draw_plan(on, take_steps)
    _add_chunks(run, rest)
    run.plan = {**run.plan, "rest": rest.as_json()}
    run.state = RunState.RUNNING
    run.continued_by, run.continued_why, run.continued_at = by.strip(), why.strip(), at
    run.save(update_fields=["state", "plan", "continued_by", "continued_why", "continued_at"])
    alarms.close(f"charge_run:{on}:stopped")
    return run


def lock_stepped(first: int, last: int, on: date, *, with_due: bool) -> bool:
    """Lock, in id order, the accounts of a range to which a date brings steps; give whether there are any.

    with_due: and, where there are any, those that are charged next. One step after another would lock a smaller
    id after a greater one; without steps the charging locks in order by itself.
    """
    params = {"on": on, "first": first, "last": last}
    # A deferral that the operator gives by itself is a step for whoever is charged.
    automatic = bool(settings.PROFILE.deferral.automatic)
    if not automatic and not db.rows(f"{_STEPPED} limit 1", params):
        return False
    due = f" union {_DUE_OF} and account_id between %(first)s and %(last)s" if with_due else ""
    locked = _LOCK_STEPPED.format(ids=_STEPPED + due)
    db.rows(f"select count(*) from ({locked}) locked", params)
    return True


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


def take_telling(run_id: int) -> bool:
    """Whether the caller's transaction is the one that tells who cannot pay what comes: once, with all chunks done."""
    db.require_transaction()
    run = ChargeRun.objects.select_for_update(no_key=True).get(id=run_id)
    if run.told_at is not None or stop_if_drifted(run_id):
        return False
    if ChargeChunk.objects.filter(run_id=run_id, fact__isnull=True).exists():
        return False
    db.run("update billing_chargerun set told_at = now() where id = %s", [run_id])
    return True


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
    if stop_if_drifted(run_id):
        return False
    late = db.rows(f"{_DUE_OF} and {_NOT_PARKED}", {"on": run.on})
    if late:
        ChargeChunk.objects.create(
            run_id=run_id,
            number=len(chunks) + 1,
            first_account_id=0,
            last_account_id=run_plans.LAST_ID,
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


def progress(run_id: int) -> tuple[int, int]:
    """(accounts whose chunk is done, accounts of all chunks)."""
    chunks = ChargeChunk.objects.filter(run_id=run_id).values_list("accounts", "fact__accounts")
    return sum(accounts for accounts, done in chunks if done is not None), sum(accounts for accounts, _ in chunks)


def _add_chunks(run: ChargeRun, plan: run_plans.Plan) -> None:
    done = ChargeChunk.objects.filter(run_id=run.pk).aggregate(most=Max("number"))["most"] or 0
    ChargeChunk.objects.bulk_create(
        ChargeChunk(
            run_id=run.pk,
            number=done + one.number,
            first_account_id=one.first,
            last_account_id=one.last,
            accounts=one.accounts,
            plan_kop=one.plan_kop,
        )
        for one in plan.chunks
    )


def _stop(run: ChargeRun, reason: str) -> None:
    """With its alarm, in one transaction."""
    run.state, run.stop_reason = RunState.STOPPED, reason
    run.continued_by, run.continued_why, run.continued_at = "", "", None
    run.save(update_fields=["state", "stop_reason", "continued_by", "continued_why", "continued_at"])
    done = ChargeChunk.objects.filter(run_id=run.pk, fact__isnull=False).count()
    alarms.raise_alarm(
        key=f"charge_run:{run.on}:stopped:{done}", what=f"the charge run of {run.on} is stopped: {reason}"
    )


def _unlike(compared: run_plans.Compared) -> str:
    most = max(compared.differences, key=lambda one: abs(one.moved_kop))
    dates = ", ".join(str(one) for one in compared.dates)
    moved, then = money.show(compared.moved_kop), money.show(compared.then_kop)
    return (
        f"its plan is unlike the run of {dates}: by {moved} of {then}, most in {most.kind} by the {most.charging}"
        f" ({most.then_charges} charges of {money.show(most.then_priced_kop)} then,"
        f" {most.charges} of {money.show(most.priced_kop)} now)"
    )
