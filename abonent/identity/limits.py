"""How many wrong passwords are borne. The only module that writes WrongTry.

A try is counted before the password is looked at and given back when it was right: of a hundred tries at
once no more go through than the budget has left. Tries are counted by the user, whichever of his numbers was
typed; a browser he signed in with before has a budget of its own: a stranger who guesses numbers locks
nobody out there.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.crypto import salted_hmac

from abonent.core import db
from abonent.identity.models import WrongTry

WINDOW = timedelta(hours=1)
TRIES_OF_USER = 10  # from all browsers he never signed in with
TRIES_OF_DEVICE = 10  # of a user's known browser
TRIES_OF_ADDRESS = 300  # an office or a street may stand behind one address
TRIES_OF_CHANGE = 10  # of the old password, by one who is signed in
REQUESTS_OF_ADDRESS = 20  # a whole house may stand behind one address, and each of its flats ask

_LOCK_SPACE = 0x7472  # of the advisory locks of this module
_LOCK = """
    select pg_advisory_xact_lock(%(space)s, hash)
    from (select distinct hashtext(key) as hash from unnest(%(keys)s::text[]) as key order by 1) as hashes
"""
# The try that must fall out of the window before another one fits; no row where there is room.
_FULL = """
    select full_key.at
    from unnest(%(keys)s::text[], %(tries)s::int[]) as budget (key, tries)
    cross join lateral (
        select one.at from identity_wrongtry as one
        where one.key = budget.key and one.at > %(since)s
        order by one.at desc offset budget.tries - 1 limit 1
    ) as full_key
    order by 1 desc limit 1
"""
_INSERT = "insert into identity_wrongtry (key, at) select unnest(%s::text[]), %s returning id"


class TooManyTries(Exception):
    """The budget is used up; nothing was counted."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"wait {minutes} minutes")
        self.minutes = minutes  # until the next try, at least 1


class Budget(NamedTuple):
    key: str
    tries: int  # within WINDOW


class Taken(NamedTuple):
    ids: tuple[int, ...]


def of_known_device(user_id: int, device_hash: bytes) -> list[Budget]:
    return [Budget(f"device:{user_id}:{device_hash.hex()}", TRIES_OF_DEVICE)]


def of_stranger(user_id: int | None, name: str, address: str) -> list[Budget]:
    """user_id: None where the typed `name` is nobody's; it is counted too, so the answer is the same.

    address: of the client; an IPv6 one counts by its network of 64 bits, which one customer has whole.
    """
    who = f"user:{user_id}" if user_id is not None else f"name:{_hash_of_name(name)}"
    return [Budget(who, TRIES_OF_USER), Budget(f"address:{_network(address)}", TRIES_OF_ADDRESS)]


def of_change(user_id: int) -> list[Budget]:
    return [Budget(f"change:{user_id}", TRIES_OF_CHANGE)]


def of_request(address: str) -> list[Budget]:
    """Requests to be connected, by one who is nobody yet."""
    return [Budget(f"request:{_network(address)}", REQUESTS_OF_ADDRESS)]


def take(budgets: Sequence[Budget], at: datetime) -> Taken:
    """Count one try against every budget, or against none.   Raises TooManyTries."""
    keys = [budget.key for budget in budgets]
    with transaction.atomic():
        _lock(keys)
        full = db.rows(_FULL, {"keys": keys, "tries": [budget.tries for budget in budgets], "since": at - WINDOW})
        if full:
            raise TooManyTries(_minutes(full[0]["at"] + WINDOW - at))
        return Taken(tuple(row["id"] for row in db.rows(_INSERT, [keys, at])))


def give_back(taken: Taken) -> None:
    """The password was right: the try does not count."""
    WrongTry.objects.filter(pk__in=taken.ids).delete()


def forget_old(at: datetime) -> int:
    """Sweep away the tries that no budget counts any more; gives how many."""
    return WrongTry.objects.filter(at__lte=at - WINDOW).delete()[0]


def _lock(keys: list[str]) -> None:
    """Whoever counts and then inserts must do so alone, or two at once both find the last place free."""
    db.run(_LOCK, {"space": _LOCK_SPACE, "keys": keys})


def _minutes(wait: timedelta) -> int:
    return max(1, -(-wait // timedelta(minutes=1)))


def _hash_of_name(name: str) -> str:
    """A person may type his password into the wrong field: what stands in the table cannot be turned back."""
    return salted_hmac("abonent.identity.limits", name, algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
