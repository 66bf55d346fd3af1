"""Which department of the profile answers what, and when it is there."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from abonent.conversations.models import Topic
from abonent.core import clock, opening, profile_places


class Promise(NamedTuple):
    """What a visitor may be told when he begins."""

    live: bool  # somebody answers now
    answer_by: datetime


def department_of(topic: str, *, is_legal: bool) -> profile_places.Department:
    """A legal entity's has it whole; else the one that names the topic; else the first."""
    departments = settings.PROFILE.departments
    if is_legal:
        for one in departments:
            if one.legal:
                return one
    return next((one for one in departments if topic in one.topics), departments[0])


def department(key: str) -> profile_places.Department:
    """By its key; one that the profile has no more is answered by the first."""
    departments = settings.PROFILE.departments
    return next((one for one in departments if one.key == key), departments[0])


def by_email(address: str) -> profile_places.Department | None:
    """Whose mailbox it is."""
    wanted = address.strip().lower()
    return next((one for one in settings.PROFILE.departments if one.email.lower() == wanted), None)


def topics() -> list[str]:
    return [one.value for one in Topic]


def promised(one: profile_places.Department, at: datetime, *, chat: bool) -> Promise:
    """Whether a chat begun now is talked live, and until when an answer is promised."""
    found = opening.now(one.open, clock.local(at))
    if found is None:
        return Promise(False, at + timedelta(hours=one.letter_hours))
    live = chat and found.is_open
    within = timedelta(minutes=one.chat_minutes) if live else timedelta(hours=one.letter_hours)
    return Promise(live, (at if found.is_open else found.at) + within)
