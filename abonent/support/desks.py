"""Which department answers what, and when it is there: as the profile says, or as the staff have set it since.

The only module that writes DepartmentWork.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from pydantic import ValidationError

from abonent.conversations.models import Topic
from abonent.core import audit, clock, db, opening, profile_places
from abonent.support.models import DepartmentWork


class Promise(NamedTuple):
    """What a visitor may be told when he begins."""

    live: bool  # somebody answers now
    answer_by: datetime


class Work(NamedTuple):
    """What the staff set of a department."""

    topics: tuple[str, ...]
    open: tuple[dict[str, Any], ...]  # as profile_places.Opening is written
    hours_ru: str
    hours_en: str
    phone: str
    chat_minutes: int
    letter_hours: int


class UnableToKeep(Exception):
    """Nothing is written."""


class BadHours(UnableToKeep):
    """An end before its beginning, or a promise out of its bounds; the text says which."""


class TopicLeft(UnableToKeep):
    """Nobody would answer a topic; the text is which."""


class ChangedMeanwhile(UnableToKeep):
    """A colleague has changed the department since it was looked at."""


def departments() -> tuple[profile_places.Department, ...]:
    """All, in the profile's order. One query."""
    kept = DepartmentWork.objects.in_bulk()
    return tuple(_with(one, kept.get(one.key)) for one in settings.PROFILE.departments)


def work_of(one: profile_places.Department) -> dict[str, Any]:
    """As it stands in the log, and as a form says what it has looked at."""
    opening = [{"days": list(each.days), "from": f"{each.start:%H:%M}", "to": f"{each.end:%H:%M}"} for each in one.open]
    return {
        "topics": sorted(one.topics),
        "open": opening,
        "hours_ru": one.hours.ru if one.hours else "",
        "hours_en": one.hours.en if one.hours else "",
        "phone": one.phone or "",
        "chat_minutes": one.chat_minutes,
        "letter_hours": one.letter_hours,
    }


def keep(
    key: str, work: Work, *, seen: dict[str, Any], by: str, why: str, address: str | None = None
) -> profile_places.Department:
    """What a department answers, and when, from now on.   seen: `work_of` it, that was looked at.

    Raises UnableToKeep.
    """
    with db.atomic():
        db.run("select pg_advisory_xact_lock(hashtextextended('support.desks', 0))")
        known = departments()
        one = next(one for one in known if one.key == key)
        old = work_of(one)
        if old != seen:
            raise ChangedMeanwhile
        row = DepartmentWork(key=key, **{**work._asdict(), "topics": sorted(work.topics), "open": list(work.open)})
        try:
            made = _with(one, row)
        except ValidationError as error:
            raise BadHours(str(error.errors()[0]["loc"][0])) from error
        answered = {topic for each in known for topic in (made if each.key == key else each).topics}
        for topic in one.topics:
            if topic not in answered:
                raise TopicLeft(topic)
        new = work_of(made)
        if new == old:
            return one
        row.save()
        changed = [name for name in new if new[name] != old[name]]
        audit.record(
            actor=by, action="support.change_department", subject=f"department:{key}",
            old={name: old[name] for name in changed}, new={name: new[name] for name in changed}, why=why,
            address=address,
        )  # fmt: skip
    return made


def _with(one: profile_places.Department, kept: DepartmentWork | None) -> profile_places.Department:
    """Raises pydantic.ValidationError, of what no page can have left."""
    if kept is None:
        return one
    said = one.model_dump(by_alias=True, exclude={"open", "topics", "hours", "phone", "chat_minutes", "letter_hours"})
    hours = {"ru": kept.hours_ru, "en": kept.hours_en} if kept.hours_ru and kept.hours_en else None
    opening = tuple({"days": tuple(each["days"]), "from": each["from"], "to": each["to"]} for each in kept.open)
    return profile_places.Department.model_validate(
        said
        | {
            "topics": tuple(kept.topics),
            "open": opening,
            "hours": hours,
            "phone": kept.phone or None,
            "chat_minutes": kept.chat_minutes,
            "letter_hours": kept.letter_hours,
        }
    )


def department_of(topic: str, *, is_legal: bool) -> profile_places.Department:
    """A legal entity's has it whole; else the one that names the topic; else the first."""
    known = departments()
    if is_legal:
        for one in known:
            if one.legal:
                return one
    return next((one for one in known if topic in one.topics), known[0])


def department(key: str) -> profile_places.Department:
    """By its key; one that the profile has no more is answered by the first."""
    known = departments()
    return next((one for one in known if one.key == key), known[0])


def by_email(address: str) -> profile_places.Department | None:
    """Whose mailbox it is."""
    wanted = address.strip().lower()
    return next((one for one in departments() if one.email.lower() == wanted), None)


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
