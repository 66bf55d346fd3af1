"""Included traffic that runs out: the subscriber is told at 80 and at 100 per cent, and when his speed is back.

Counting, slowing and stopping happen in the database, in the accounting's own transaction (`radius.count_allowance`).
"""

from datetime import datetime

from abonent.billing.models import Subscription, SubscriptionState
from abonent.catalog.models import OfferRole, ServiceKind
from abonent.core import clock, db, events, periods
from abonent.network import allowances
from abonent.notifications import outbox

_BATCH = 200
_OCTETS_OF_GB = 10**9


def tick(now: datetime) -> None:
    """For the schedule: periods that are over give the speed back, thresholds that were reached are told."""
    allowances.begin_periods(clock.on_date(now))
    while tell_reached():
        pass


def tell_reached() -> int:
    """Queue the notices of one batch, in the transaction that marks them told; give how many thresholds."""
    with db.atomic():
        found = allowances.take_reached(_BATCH)
        for one in found:
            _tell(one)
    return len(found)


def _tell(one: allowances.Reached) -> None:
    tariff = (
        Subscription.objects.filter(line_id=one.line_id, role=OfferRole.TARIFF, kind=ServiceKind.INTERNET)
        .exclude(state=SubscriptionState.ENDED)
        .select_related("version", "account")
        .first()
    )
    if tariff is None or tariff.account.contract_id is None:
        return
    outbox.queue(
        key=f"traffic_{one.percent}:{one.line_id}:{one.period_start}:{one.whole_octets}",
        contract_id=tariff.account.contract_id,
        kind="traffic_soon" if one.percent < 100 else "traffic_used_up",
        params={
            "percent": one.percent,
            "whole_gb": one.whole_octets // _OCTETS_OF_GB,
            "when_used_up": tariff.version.when_used_up,
            "slow_mbps": tariff.version.slow_mbps,
            "again_on": periods.cycle(one.period_start, tariff.anchor_day).end,
        },
    )
    events.publish(f"contract:{tariff.account.contract_id}", "traffic", {"percent": one.percent})
