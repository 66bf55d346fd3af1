"""How many wrong passwords are borne, and how many messages are sent. The only module that writes WrongTry.

A try is counted before the password is looked at and given back when it was right: of a hundred tries at
once no more go through than the budget has left. Tries are counted by the user, whichever of his numbers was
typed; a browser he signed in with before has a budget of its own: a stranger who guesses numbers locks
nobody out there.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from abonent.core import db
from abonent.identity.models import WrongTry

WINDOW = timedelta(hours=1)
DAY = timedelta(days=1)
TRIES_OF_USER = 10  # from all browsers he never signed in with
TRIES_OF_DEVICE = 10  # of a user's known browser
TRIES_OF_ADDRESS = 300  # an office or a street may stand behind one address
TRIES_OF_CHANGE = 10  # of the old password, by one who is signed in
TRIES_OF_ONE_TIME_PASSWORD = 30
TRIES_OF_SECOND_FACTOR = 10  # by one whose password was right
RECOVERIES_OF_ADDRESS = 20  # forgotten passwords asked for from one address, and…
RECOVERIES_OF_NAME = 3  # …for one number typed, whoever types it
CODES_OF_USER = 5  # messages with a code to one person, and…
CODES_OF_PHONE = 3  # …to one phone or mail address, whoever wants it
CODES_OF_PHONE_A_DAY = 6
REQUESTS_OF_ADDRESS = 20  # a whole house may stand behind one address, and each of its flats ask
CHATS_OF_ADDRESS = 30
MESSAGES_OF_CONVERSATION = 200
MESSAGES_OF_ADDRESS = 600
LETTERS_OF_SENDER = 20

CODES_OF_ALL = "code:all"  # the key of what settings.CODES_A_DAY bounds

_LOCK_SPACE = 0x7472  # of the advisory locks of this module
_LOCK = """
    select pg_advisory_xact_lock(%(space)s, hash)
    from (select distinct hashtext(key) as hash from unnest(%(keys)s::text[]) as key order by 1) as hashes
"""
# The try that must fall out of the window before another one fits; no row where there is room.
_FULL = """
    select full_key.at + budget.span as free_at, budget.key
    from unnest(%(keys)s::text[], %(tries)s::int[], %(spans)s::interval[]) as budget (key, tries, span)
    cross join lateral (
        select one.at from identity_wrongtry as one
        where one.key = budget.key and one.at > %(at)s - budget.span
        order by one.at desc offset budget.tries - 1 limit 1
    ) as full_key
    order by 1 desc limit 1
"""
_INSERT = "insert into identity_wrongtry (key, at) select unnest(%s::text[]), %s returning id"


class TooManyTries(Exception):
    """The budget is used up; nothing was counted."""

    def __init__(self, minutes: int, key: str = "") -> None:
        super().__init__(f"wait {minutes} minutes")
        self.minutes = minutes  # until the next try, at least 1
        self.key = key  # whose budget it is


class Budget(NamedTuple):
    key: str
    tries: int
    span: timedelta = WINDOW  # within which they count


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


def of_one_time_password(address: str) -> list[Budget]:
    """Where the budgets above are used up: its owner has asked for it because a stranger guesses.

    By the address alone, so that nobody can use it up for him; of 43 bits nobody guesses one in half an hour.
    """
    return [Budget(f"once:address:{_network(address)}", TRIES_OF_ONE_TIME_PASSWORD)]


def of_change(user_id: int) -> list[Budget]:
    return [Budget(f"change:{user_id}", TRIES_OF_CHANGE)]


def of_second_factor(user_id: int) -> list[Budget]:
    return [Budget(f"second:{user_id}", TRIES_OF_SECOND_FACTOR)]


def of_recovery(name: str, address: str) -> list[Budget]:
    """A forgotten password asked for. Asks nobody whether `name` is anyone's."""
    return [
        Budget(f"forgot:name:{_hash_of_name(name)}", RECOVERIES_OF_NAME),
        Budget(f"forgot:address:{_network(address)}", RECOVERIES_OF_ADDRESS),
    ]


def of_code(user_id: int, sent_to: str) -> list[Budget]:
    """A message with a code: to one person, to one phone or mail address, and all of the installation in a day.

    The last one, CODES_OF_ALL, bounds what a crowd that makes us send messages can cost.
    """
    where = _hash_of_name(sent_to)
    return [
        Budget(f"code:user:{user_id}", CODES_OF_USER),
        Budget(f"code:to:{where}", CODES_OF_PHONE),
        Budget(f"code:day:{where}", CODES_OF_PHONE_A_DAY, DAY),
        Budget(CODES_OF_ALL, settings.CODES_A_DAY, DAY),
    ]


def of_request(address: str) -> list[Budget]:
    """Requests to be connected, by one who is nobody yet."""
    return [Budget(f"request:{_network(address)}", REQUESTS_OF_ADDRESS)]


def of_chat(address: str) -> list[Budget]:
    """Conversations begun, by one who is nobody yet."""
    return [Budget(f"chat:{_network(address)}", CHATS_OF_ADDRESS)]


def of_message(conversation_id: int, address: str) -> list[Budget]:
    """What a visitor says in one conversation, and from one address in all."""
    return [
        Budget(f"say:{conversation_id}", MESSAGES_OF_CONVERSATION),
        Budget(f"say:{_network(address)}", MESSAGES_OF_ADDRESS),
    ]


def of_letter(author: str) -> list[Budget]:
    """Letters of one sender; two robots that answer one another end here at the latest."""
    return [Budget(f"letter:{_hash_of_name(author)}", LETTERS_OF_SENDER)]


def take(budgets: Sequence[Budget], at: datetime) -> Taken:
    """Count one try against every budget, or against none.   Raises TooManyTries."""
    keys = [budget.key for budget in budgets]
    with transaction.atomic():
        _lock(keys)
        spans = [budget.span for budget in budgets]
        full = db.rows(_FULL, {"keys": keys, "tries": [budget.tries for budget in budgets], "spans": spans, "at": at})
        if full:
            raise TooManyTries(_minutes(full[0]["free_at"] - at), full[0]["key"])
        return Taken(tuple(row["id"] for row in db.rows(_INSERT, [keys, at])))


def give_back(taken: Taken) -> None:
    """The password was right: the try does not count."""
    WrongTry.objects.filter(pk__in=taken.ids).delete()


def forget_old(at: datetime) -> int:
    """Sweep away the tries that no budget counts any more; gives how many."""
    return WrongTry.objects.filter(at__lte=at - DAY).delete()[0]


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
