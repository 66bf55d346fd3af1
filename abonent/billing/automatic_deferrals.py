"""Deferrals given by the operator itself, where the profile says so, to who is short on a date: before its charges.

As much as the days until its end cost, at most the profile's largest sum; by the same conditions as those asked for.
"""

from datetime import date, timedelta

from django.conf import settings

from abonent.billing import deferrals, forecast, planned, queries
from abonent.billing.models import Deferral
from abonent.core import db
from abonent.ledger.models import Account

BY = "system:charge_run"
_ENOUGH_KOP = 10**15  # credit that covers everything: the forecast then tells what everything costs
_SHORT = db.read_sql(__file__, "automatic_deferrals")


def give_due(first_account_id: int, last_account_id: int, *, on: date) -> list[Deferral]:
    """Give a deferral to who of `[first, last]` cannot pay what is due on `on`, and may have one.

    The last step before the charges of `on`. Locks the accounts; parked ones wait. Safe to repeat: one counts at a
    time. Whose service is off already, in part or whole, asks by himself: credit would charge what he let be.
    """
    if not settings.PROFILE.deferral.automatic or not settings.PROFILE.deferral.max_kop:
        return []
    db.require_transaction()
    found = db.rows(_SHORT, {"first": first_account_id, "last": last_account_id, "on": on})
    ids = [row["account_id"] for row in found]
    if not ids:
        return []
    locked = db.lock(Account, ids)
    given = [_give(locked[one], on) for one in ids]
    return [one for one in given if one is not None]


def sum_kop(seen: queries.Overview, on: date) -> int:
    """What an account would be given on `on`, in kopecks; 0: nothing, for it pays, or may have none.

    seen: as the steps of `on` before this one have left it.
    """
    policy = settings.PROFILE.deferral
    if any(one.state not in ("active", "standing") for one in seen.subscriptions):
        return 0
    try:
        deferrals.require_eligible(seen, on=on)
    except deferrals.UnableToDefer:
        return 0
    ahead = forecast.of(
        seen._replace(credit_limit_kop=_ENOUGH_KOP, charged_through=on - timedelta(days=1)),
        on,
        planned.of(seen),
        days=policy.days - 1,
    )
    due_kop = sum(kop for step in ahead.steps if step.on <= on for _, kop in step.lines)
    if due_kop <= seen.available_kop:
        return 0
    least_kop = due_kop + policy.fee_kop - seen.available_kop
    if least_kop > policy.max_kop:
        return 0
    all_kop = sum(kop for step in ahead.steps for _, kop in step.lines) + policy.fee_kop - seen.available_kop
    return min(all_kop, policy.max_kop)


def _give(account: Account, on: date) -> Deferral | None:
    assert account.contract_id is not None, account.pk
    seen = queries.overview(account.contract_id, on)
    assert seen is not None
    amount_kop = sum_kop(seen, on)
    return deferrals.write(account.pk, amount_kop=amount_kop, on=on, actor=BY) if amount_kop else None
