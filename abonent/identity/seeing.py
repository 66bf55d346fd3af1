"""One of the staff sees an account as its owner does, and changes nothing: whose, for a quarter of an hour.

The session keeps it; the role is asked anew at each page.
"""

import time

from django.contrib.sessions.backends.base import SessionBase

from abonent.identity import permissions
from abonent.identity.models import User

KEY = "sees_contract"  # in the session: [the contract's id, until when in seconds of real time]
LASTS_SECONDS = 15 * 60
NEEDED = (permissions.VIEW_SUBSCRIBERS, permissions.VIEW_MONEY)


def may(user: User) -> bool:
    """Whether the role sees all that stands there."""
    granted = user.role.permissions if user.is_staff and user.role is not None else ()
    return all(permissions.may(granted, one) for one in NEEDED)


def begin(session: SessionBase, contract_id: int) -> None:
    session[KEY] = [contract_id, int(time.time()) + LASTS_SECONDS]


def end(session: SessionBase) -> None:
    session.pop(KEY, None)


def of(session: SessionBase, user: User) -> int | None:
    """The contract that `user` sees now; None: he sees nobody's."""
    kept = session.get(KEY)
    if kept is None or not may(user) or time.time() >= kept[1]:
        return None
    return int(kept[0])
