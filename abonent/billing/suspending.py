"""Suspend what works at an account whose debt is to grow no more: the unused paid days come back."""

from datetime import date
from typing import NamedTuple

from abonent.billing import returns
from abonent.billing.models import Subscription, SubscriptionState
from abonent.core import db


class Suspended(NamedTuple):
    subscriptions: int
    returned_kop: int


def suspend(account_id: int, *, on: date, reason: str) -> Suspended:
    """Whatever works stops from `on`, and what is paid ahead comes back, so that what is owed is for days used.

    What falls due on this very date is the run's. The account is locked.   reason: of the returns: "deferral_end".
    Raises returns.UnableToReturn.
    """
    db.require_transaction()
    working = Subscription.objects.filter(account_id=account_id, state=SubscriptionState.ACTIVE, paid_until__gt=on)
    stopped, returned_kop = list(working.order_by("priority", "id")), 0
    for one in stopped:
        returned_kop += returns.give_back(one, on=on, reason=reason)
        one.state, one.stopped_on = SubscriptionState.SUSPENDED, on
        one.save(update_fields=["state", "stopped_on"])
    return Suspended(len(stopped), returned_kop)
