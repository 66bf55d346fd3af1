"""Single values of an operator's profile: how each is read and what is allowed. No Django here."""

import re
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from abonent.core import check_digits, money, typed_files

_HOUR = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_PHONE = re.compile(r"^(?:8|\+7)[\d ()-]+$")


def _sum_kop(value: object) -> int:
    if not isinstance(value, str):
        raise typed_files.not_allowed()
    try:
        return money.parse(value)
    except money.UnableToParse:
        raise typed_files.not_allowed() from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise typed_files.not_allowed() from None
    return value


def _hour(value: object) -> time:
    if isinstance(value, time):  # TOML has times of its own
        return value
    if not isinstance(value, str) or not _HOUR.match(value):
        raise typed_files.not_allowed()
    return time.fromisoformat(value)


def not_a_switch(value: object) -> object:
    if isinstance(value, bool):  # Python takes `false` for 0
        raise typed_files.not_allowed()
    return value


def _phone(value: str) -> str:
    if not _PHONE.match(value) or len(tel(value)) != len("+74965522222"):
        raise typed_files.not_allowed()
    return value


def _inn(value: str) -> str:
    if not check_digits.inn(value):
        raise typed_files.not_allowed()
    return value


def _ogrn(value: str) -> str:
    if not check_digits.ogrn(value):
        raise typed_files.not_allowed()
    return value


def is_english(language: str | None) -> bool:
    return language is not None and language.split("-")[0] == "en"


def tel(phone: str) -> str:
    """What a `tel:` link dials: "8-496-552-22-22" → "+74965522222"."""
    return "+7" + re.sub(r"\D", "", phone)[1:]


Sum = Annotated[int, BeforeValidator(_sum_kop), Field(description='a sum of roubles in quotes, for example "500,00"')]
Zone = Annotated[str, AfterValidator(_zone), Field(description="a name of the IANA base, for example Europe/Moscow")]
Hour = Annotated[time, BeforeValidator(_hour), Field(description='a time in quotes, for example "21:00"')]
Phone = Annotated[str, AfterValidator(_phone), Field(description='a phone of 11 digits, for example "8-496-552-22-22"')]
Email = Annotated[
    str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="a mail address, for example help@example.ru")
]
Code = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="small Latin letters, digits and single dashes"),
]
# It goes into a Content-Security-Policy as it stands: a space or a semicolon there would open another rule.
Host = Annotated[
    str,
    Field(
        pattern=r"^https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$",
        description="https:// and a host's name, for example https://yoomoney.ru",
    ),
]
Inn = Annotated[
    str, AfterValidator(_inn), Field(description="an INN of 10 or 12 digits in quotes, its check digits right")
]
Ogrn = Annotated[
    str, AfterValidator(_ogrn), Field(description="an OGRN of 13 or 15 digits in quotes, its check digit right")
]
Some = Field(strict=False, min_length=1)  # TOML has lists, a frozen model keeps tuples
