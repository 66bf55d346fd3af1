"""Prepared answers: kept by the administrator, filled in for the one who reads them. Writes Answer."""

import re
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from abonent.core import audit, db
from abonent.support.models import Answer

FACTS = ("name", "contract", "address", "tariff", "balance", "missing", "operator")
KEY = re.compile(r"[a-z][a-z0-9-]{1,39}")
TEXT_MOST_CHARS = 2000
_NAME = re.compile(r"\{(\w+)\}")


class UnableToKeep(Exception):
    """Nothing is written; the class says why."""


class BadKey(UnableToKeep):
    """2 to 40 of a-z, 0-9 and dash, beginning with a letter; no other answer's."""


class NoText(UnableToKeep):
    """Both languages want a title and a text."""


class UnknownFact(UnableToKeep):
    """The text is what stands in braces."""


class ChangedMeanwhile(UnableToKeep):
    """A colleague has changed or removed it since it was looked at."""


class Said(NamedTuple):
    """What an answer is to be."""

    title_ru: str
    title_en: str
    text_ru: str
    text_en: str
    topic: str = ""
    department: str = ""


class Ready(NamedTuple):
    title: str
    text: str


def ready(topic: str, language: str, facts: dict[str, str], department: str = "") -> list[Ready]:
    """Those of the topic first, of the department and of all.   facts: by the names of FACTS; unknown stays a gap."""
    english = language == "en"
    meant = Answer.objects.filter(department__in=["", department])
    found = sorted(meant, key=lambda one: (one.topic not in {topic, ""}, one.place, one.pk))
    return [
        Ready(
            one.title_en if english else one.title_ru,
            filled(one.text_en if english else one.text_ru, facts),
        )
        for one in found
    ]


def filled(text: str, facts: dict[str, str]) -> str:
    """What is not known is left for the operator to type: "…"."""
    return _NAME.sub(lambda match: facts.get(match[1]) or "…", text)


def facts_of(answer: Answer) -> dict[str, Any]:
    """As it stands in the log, and as a form says what it has looked at."""
    return {name: getattr(answer, name) for name in Said._fields}


def keep(key: str, said: Said, *, seen: dict[str, Any] | None, by: str, why: str, address: str | None = None) -> Answer:
    """A new answer, or another text of a known one.   seen: `facts_of` it that were looked at; None: a new one.

    Raises UnableToKeep.
    """
    tidied = Said(*(one.strip() for one in said))
    if not KEY.fullmatch(key):
        raise BadKey
    check(tidied)
    with db.atomic():
        answer = Answer.objects.select_for_update(no_key=True).filter(key=key).first()
        old = None if answer is None else facts_of(answer)
        if answer is not None and seen is None:
            raise BadKey
        if old != seen:
            raise ChangedMeanwhile
        if old == tidied._asdict() and answer is not None:
            return answer
        answer = answer or Answer(key=key, place=Answer.objects.count())
        for name, value in tidied._asdict().items():
            setattr(answer, name, value)
        try:
            with transaction.atomic():
                answer.save()
        except IntegrityError as error:  # of two clicks the other was quicker
            raise BadKey from error
        new = tidied._asdict()
        changed = [name for name in new if old is None or old[name] != new[name]]
        audit.record(
            actor=by, action="support.change_answer", subject=f"answer:{key}",
            old={name: old[name] for name in changed} if old else None, new={name: new[name] for name in changed},
            why=why, address=address,
        )  # fmt: skip
    return answer


def remove(key: str, *, by: str, why: str, address: str | None = None) -> bool:
    """Give whether there was one."""
    with db.atomic():
        answer = Answer.objects.select_for_update().filter(key=key).first()
        if answer is None:
            return False
        old = facts_of(answer)
        answer.delete()
        audit.record(
            actor=by, action="support.remove_answer", subject=f"answer:{key}", old=old, why=why, address=address
        )  # fmt: skip
    return True


def check(said: Said) -> None:
    """Raises NoText, UnknownFact."""
    if not all((said.title_ru, said.title_en, said.text_ru, said.text_en)):
        raise NoText
    for text in (said.text_ru, said.text_en):
        for name in _NAME.findall(text):
            if name not in FACTS:
                raise UnknownFact(name)
