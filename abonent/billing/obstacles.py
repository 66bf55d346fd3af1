"""What stands in the way of a change of tariffs and add-ons, beyond the change itself. Asks, writes nothing."""

from datetime import date

from abonent.billing import tariff_prices
from abonent.billing.models import Change, Ending, Pause, Subscription, SubscriptionState
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.billing.models_deferrals import EndingState, PauseState


class Paused(tariff_prices.NotNow):
    """The service is off at the subscriber's wish: the pause ends first.   ends_on: None: until it is switched on."""

    def __init__(self, ends_on: date | None) -> None:
        super().__init__(f"the service is paused until {ends_on}")
        self.ends_on = ends_on


class ContractEnds(tariff_prices.UnableToChange):
    """The contract ends: the end is called off first.   ends_on: the first date without service."""

    def __init__(self, ends_on: date) -> None:
        super().__init__(f"the contract ends on {ends_on}")
        self.ends_on = ends_on


class BeginsLater(tariff_prices.NotNow):
    """The service has not begun yet."""

    def __init__(self, starts_on: date) -> None:
        super().__init__(f"the service begins on {starts_on}")
        self.starts_on = starts_on


class DueToday(tariff_prices.NotNow):
    """A planned change of the same service is due today and being made."""


class PlannedAlready(tariff_prices.UnableToChange):
    """The staff have approved a future tariff: it is taken back before another is asked for."""


def require_none(account_id: int, subscription_id: int, *, on: date) -> None:
    """For whatever begins or changes beside a tariff, now or later.   on: as tariff_prices.today_of gives it.

    Somebody else's or an unknown subscription is not this module's: the price refuses it.
    Raises Paused, ContractEnds, BeginsLater, DueToday.
    """
    ending = Ending.objects.filter(account_id=account_id, state=EndingState.PLANNED).first()
    if ending is not None:
        raise ContractEnds(ending.ends_on)
    tariff = Subscription.objects.filter(id=subscription_id, account_id=account_id).first()
    if tariff is None:
        return
    if tariff.state == SubscriptionState.PAUSED:
        pause = Pause.objects.filter(account_id=account_id, state=PauseState.RUNNING).first()
        raise Paused(pause.ends_on if pause else None)
    if tariff.started_on > on:
        raise BeginsLater(tariff.started_on)
    planned = Change.objects.filter(subscription_id=subscription_id, state=ChangeState.PLANNED, effective_on__lte=on)
    if planned.filter(what=ChangeWhat.TARIFF).exists():
        raise DueToday(f"a change of subscription {subscription_id} is due")


def require_no_plan(subscription_id: int) -> None:
    """Where the staff approve: a future tariff stands already.   Raises PlannedAlready."""
    planned = Change.objects.filter(
        subscription_id=subscription_id, what=ChangeWhat.TARIFF, is_now=False, state=ChangeState.PLANNED
    )
    if planned.exists():
        raise PlannedAlready(f"subscription {subscription_id} has a future tariff")
