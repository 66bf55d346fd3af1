"""What the texts of notices are made of, whatever they are about."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from django.utils import dateformat


class Text(NamedTuple):
    subject: str
    body: str  # one paragraph; an SMS is this with the brand before it


class Kind(NamedTuple):
    params: frozenset[str]  # what its text needs; more is allowed
    write: Callable[[dict[str, Any], str, date], Text]
    sms_first: bool = False
    at_any_hour: bool = False  # its reader has just done something and waits for it
    secret: bool = False  # its text has one, as params["secret"]
    # Its folder in the inbox (conversations.models.Folder); "": it is not kept there.
    inbox: str = "service"


def day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def show_date(value: str | date, today: date) -> str:
    """Day and month in words, with the year when it is not this one."""
    found = day(value)
    return dateformat.format(found, "j E" if found.year == today.year else "j E Y")
