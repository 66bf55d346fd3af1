"""What is asked for or planned for an account, in words: the pages that show services show it too."""

from datetime import date
from typing import NamedTuple

from abonent.billing import changes
from abonent.billing import queries as billing
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.portal import words
from abonent.ui import formats


class Open(NamedTuple):
    """What is asked for or planned."""

    id: int
    state: str
    name: str
    on: date
    is_now: bool
    price_kop: int
    charging: str
    per: str
    total_kop: int
    code: str
    subscription_id: int


def foreseen(seen: billing.Overview, future: list[Open]) -> billing.Overview:
    """The account as its next charge will find it: a planned tariff in the place of the one whose paid days it follows.

    A tariff charged by the day is left as it is: the days until the change are still charged by the old price.
    """
    planned = {one.subscription_id: one for one in future if one.state == ChangeState.PLANNED and not one.is_now}
    return seen._replace(
        subscriptions=tuple(
            row._replace(price_kop=change.price_kop, charging=change.charging, name_ru=change.name, name_en=change.name)
            if (change := planned.get(row.id)) and row.paid_until and row.paid_until >= change.on
            else row
            for row in seen.subscriptions
        )
    )


def open_changes(account_id: int) -> list[Open]:
    """Requests and plans for tariffs, for the pages that show them."""
    found = []
    for change in changes.open_changes(account_id):
        if change.what == ChangeWhat.TARIFF and change.version is not None:
            version = change.version
            found.append(
                Open(
                    id=change.id,
                    state=str(change.state),
                    name=version.offer.name(formats.language()),
                    on=change.effective_on,
                    is_now=change.is_now,
                    price_kop=version.price_kop,
                    charging=version.charging,
                    per=str(words.PER[version.charging]),
                    total_kop=change.total_kop,
                    code=version.offer.code,
                    subscription_id=change.subscription_id,
                )
            )
    return found
