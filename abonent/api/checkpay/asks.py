"""What is asked over check/pay and what came of it, in words that both dialects translate. Pure."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from abonent.core import money

ACCOUNT = re.compile(r"[\w./-]{1,32}")
ID = re.compile(r"[0-9]{1,20}")
_SUM = re.compile(r"(-?)([0-9]{1,11}(?:[.,][0-9]{1,2})?)")


class Command(enum.StrEnum):
    CHECK = "check"
    PAY = "pay"
    CANCEL = "cancel"
    STATUS = "status"
    NONE = ""  # nothing we know


class Result(enum.Enum):
    """What came of it; each dialect has a code for each."""

    OK = enum.auto()
    REPEATED = enum.auto()  # paid before: the answer is the first one's
    TEMPORARY = enum.auto()  # our trouble: to be asked again
    NOT_SETTLED = enum.auto()  # known, and neither credited nor refused yet
    UNKNOWN_COMMAND = enum.auto()
    WRONG_ACCOUNT = enum.auto()  # no number of a contract looks so
    NO_SUCH_CONTRACT = enum.auto()
    CONTRACT_CLOSED = enum.auto()
    WRONG_ID = enum.auto()
    WRONG_SUM = enum.auto()
    TOO_SMALL = enum.auto()
    TOO_BIG = enum.auto()
    WRONG_DATE = enum.auto()
    KNOWN_OTHERWISE = enum.auto()  # the id stands for another contract or sum
    NO_SUCH_PAYMENT = enum.auto()
    NOT_CANCELED = enum.auto()  # staff undo payments, no message does


class UnableToRead(Exception):
    """The message makes no sense."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.name)
        self.result = result


class Ask(NamedTuple):
    """One message, checked as far as its form goes."""

    command: Command
    account: str = ""
    external_id: str = ""
    amount_kop: int | None = None
    paid_at: datetime | None = None
    payment_id: int | None = None  # ours, where they name it


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said back. `said` is the ask's own id, whatever it was worth."""

    command: Command
    result: Result
    said_id: str = ""
    payment_id: int | None = None
    amount_kop: int | None = None
    paid_at: datetime | None = None  # in the gateway's zone
    name: str = ""
    balance_kop: int | None = None
    missing_kop: int = 0
    comment: str = field(default="")


def amount(text: str) -> int:
    """Kopecks of "500", "500.00", "500,5".

    Raises UnableToRead: TOO_SMALL below zero, WRONG_SUM for a third digit of kopecks and whatever is no sum.
    """
    found = _SUM.fullmatch(text.strip())
    if found is None:
        raise UnableToRead(Result.WRONG_SUM)
    if found[1]:
        raise UnableToRead(Result.TOO_SMALL)
    return money.parse(found[2])


def account(text: str) -> str:
    """Raises UnableToRead."""
    text = text.strip()
    if not ACCOUNT.fullmatch(text):
        raise UnableToRead(Result.WRONG_ACCOUNT)
    return text


def payments_id(text: str) -> str:
    """Their id of a payment: up to 20 digits, as they are.   Raises UnableToRead."""
    text = text.strip()
    if not (text.isascii() and ID.fullmatch(text)):
        raise UnableToRead(Result.WRONG_ID)
    return text


def moment(text: str, form: str, zone: ZoneInfo) -> datetime:
    """The instant of a time in the gateway's zone.   Raises UnableToRead."""
    try:
        return datetime.strptime(text.strip(), form).replace(tzinfo=zone)
    except ValueError:
        raise UnableToRead(Result.WRONG_DATE) from None


def word(words: Mapping[str, str], *names: str) -> str:
    """The first that is given; their names come in either case."""
    return next((words[name] for name in names if words.get(name)), "")
