"""What is asked for or planned for an account, in words: the pages that show services show it too."""

from datetime import date
from typing import NamedTuple

from abonent.billing import changes
from abonent.billing.models_changes import ChangeWhat
from abonent.core import periods
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
    waits_through: date | None  # of a request: the last day on which it waits


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
                    waits_through=change.waits_until - periods.ONE_DAY if change.waits_until else None,
                )
            )
    return found
