"""Whom to call and where to come, as profile.toml says it: departments, offices, their hours and their scheme.

No Django here.
"""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from abonent.core import typed_files
from abonent.core.profile_values import Code, Email, Hour, Phone, Some, is_english, tel

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Topic = Literal["general", "connection", "finance", "technical"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

# A scheme is 100 wide and 60 high. The values go into a picture as they stand.
_POINT = r"\d{1,3}(?:\.\d)?,\d{1,3}(?:\.\d)?"
Point = Annotated[str, Field(pattern=rf"^{_POINT}$", description='a point of the scheme in quotes, "across,down"')]
Points = Annotated[
    str, Field(pattern=rf"^{_POINT}(?: {_POINT})+$", description='points of the scheme in quotes, "0,10 40,12 100,30"')
]


class Text(typed_files.Model):
    """One text in both languages."""

    ru: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, language: str | None) -> str:
        """`language` as Django gives it: "en", "en-gb"; anything else is Russian."""
        return self.en if is_english(language) else self.ru

    def __str__(self) -> str:
        return self.ru


class Opening(typed_files.Model):
    """Open on these weekdays from `start` to `end`, within one day."""

    days: Annotated[tuple[Weekday, ...], Some]
    start: Hour = Field(alias="from")
    end: Hour = Field(alias="to")  # 00:00: until midnight

    @model_validator(mode="after")
    def _ordered(self) -> "Opening":
        if self.end.hour + self.end.minute and self.end <= self.start:
            raise ValueError(f"to {self.end:%H:%M} is not after from {self.start:%H:%M}; 00:00 is midnight")
        return self


class Road(typed_files.Model):
    path: Points
    main: bool = False
    name: Text | None = None
    name_at: Point = "50,30"
    turn: int = Field(default=0, ge=-90, le=90)  # degrees of the name


class Landmark(typed_files.Model):
    at: Point
    name: Text


class Scheme(typed_files.Model):
    """How to find an office, drawn by us: nobody else is asked for a map."""

    place: Point
    roads: Annotated[tuple[Road, ...], Some]
    blocks: Annotated[tuple[Points, ...], Field(strict=False)] = ()  # outlines of houses
    water: Annotated[tuple[Points, ...], Field(strict=False)] = ()
    green: Annotated[tuple[Points, ...], Field(strict=False)] = ()
    landmarks: Annotated[tuple[Landmark, ...], Field(strict=False)] = ()
    way: Text  # in words: from where to go, which door


class Department(typed_files.Model):
    key: Code
    name: Text
    phone: Phone | None = None
    email: Email
    hours: Text | None = None
    open: Annotated[tuple[Opening, ...], Field(strict=False)] = ()  # when it talks live; never: it answers letters
    legal: bool = False  # whatever a legal entity asks comes here
    topics: Annotated[tuple[Topic, ...], Field(strict=False)] = ()  # what else people ask here
    chat_minutes: int = Field(default=15, ge=1, le=1440)  # promised to a chat
    letter_hours: int = Field(default=24, ge=1, le=240)  # promised to a letter, counted from the opening

    @property
    def tel(self) -> str | None:
        return None if self.phone is None else tel(self.phone)


class Office(typed_files.Model):
    address: Text
    hours: Text
    open: Annotated[tuple[Opening, ...], Field(strict=False)] = ()
    closed_on: Annotated[tuple[date, ...], Field(strict=False)] = ()  # holidays, of this office
    map: Scheme | None = None
