"""The operator's own words of a notice: which facts may stand in them, what is broken, what they say.

A template is plain text with facts in braces: "Paid: {amount}". The program's own words are the fact {text}, so a
sentence can be added without writing the rest anew. The only module that writes Wording.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.core import audit, db, money
from abonent.notifications import texts
from abonent.notifications.models import Wording
from abonent.notifications.text_shape import Text, day, show_date

SUBJECT_MOST_CHARS = 120
BODY_MOST_CHARS = 500  # seven parts of an SMS
LANGUAGES = ("ru", "en")
_FACT = re.compile(r"\{([a-z_]+)\}")
_MARKUP = re.compile(r"<\s*[a-zA-Z/!?]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Codes of ours: what they mean stands in {text}.
_CODES = frozenset({"reason", "group", "when_used_up", "name_ru", "name_en", "charging"})
_CODES_OF = frozenset({("autopay_off", "why"), ("tariff_expired", "why"), ("security_changed", "what")})
# A first day without something: people are told the last one with it.
_LAST_DAYS = frozenset({"ends_on", "paid_until"})
_LAST_DAYS_OF = frozenset({("money_ends", "stops_on"), ("contract_ended", "on")})

log = logging.getLogger(__name__)


class UnableToUse(Exception):
    """The template is broken; its text says how, for the page."""


class Own(NamedTuple):
    """What stands instead of the program's words."""

    subject: str
    body: str


def facts_of(kind: str) -> list[str]:
    """The names that may stand in braces in this notice's template."""
    known = texts.KINDS[kind]
    found = {_name_of(kind, one) for one in known.params if _is_fact(kind, one)}
    if "name_ru" in known.params:
        found.add("name")
    if known.secret:
        found.add("secret")
    return sorted(found | {"text", "title", "contract", "phone", "brand", "url"})


def check(kind: str, subject: str, body: str) -> Own:
    """The words, tidied.   Raises UnableToUse."""
    given = Own(" ".join(subject.split()), tidy(body))
    if not given.subject or not given.body:
        raise UnableToUse(_("Write both the subject and the text."))
    if len(given.subject) > SUBJECT_MOST_CHARS or len(given.body) > BODY_MOST_CHARS:
        raise UnableToUse(_("Too long: an SMS of it would have more than seven parts."))
    allowed = facts_of(kind)
    check_facts(given.subject, [one for one in allowed if one != "secret"])
    check_facts(given.body, allowed)
    if texts.KINDS[kind].secret and not {"secret", "text"} & set(_FACT.findall(given.body)):
        raise UnableToUse(_("Without {secret} its reader would not get the code he waits for."))
    return given


def tidy(body: str) -> str:
    return "\n".join(" ".join(line.split()) for line in body.strip().splitlines()).strip()


def check_facts(text: str, allowed: list[str]) -> None:
    """Raises UnableToUse: markup, a brace that stands alone, a fact that this text does not know."""
    if _MARKUP.search(text) or _CONTROL.search(text):
        raise UnableToUse(_("Only plain text: no tags and no control characters."))
    for name in _FACT.findall(text):
        if name not in allowed:
            raise UnableToUse(_("There is no {%(name)s} here.") % {"name": name})
    if set("{}") & set(_FACT.sub("", text)):
        raise UnableToUse(_("A brace stands alone: facts are written as {%(name)s}.") % {"name": allowed[0]})


def fill(template: str, facts: Mapping[str, str]) -> str:
    """One pass: what a fact holds is never looked at for braces.   Raises KeyError."""
    return _FACT.sub(lambda found: facts[found[1]], template)


def render(
    own: Mapping[tuple[str, str], Own],
    kind: str,
    params: dict[str, Any],
    *,
    language: str,
    contract_number: str,
    today: date,
) -> Text:
    """`texts.render` with the operator's words where he has any.   own: of `current`."""
    text = texts.render(kind, params, language=language, contract_number=contract_number, today=today)
    with texts.spoken(language):
        words = own.get((kind, "en" if texts.is_english() else "ru"))
        return say(words, kind, text, params, number=contract_number, today=today)


def say(own: Own | None, kind: str, text: Text, params: Mapping[str, Any], *, number: str, today: date) -> Text:
    """The notice in the operator's words; in the program's own where he has none, or his do not fit this one."""
    if own is None:
        return text
    try:
        known = facts(kind, text, params, number=number, today=today)
        return Text(fill(own.subject, known), fill(own.body, known))
    except Exception as error:  # a notice must not wait for somebody to mend a template
        log.error("the template of %s does not fit: %s", kind, type(error).__name__)
        return text


def facts(kind: str, text: Text, params: Mapping[str, Any], *, number: str, today: date) -> dict[str, str]:
    found = {
        _name_of(kind, name): _shown(kind, name, value, today)
        for name, value in params.items()
        if name in texts.KINDS[kind].params and _is_fact(kind, name)
    }
    if "name_ru" in params:
        found["name"] = str(params["name_en" if texts.is_english() else "name_ru"])
    if "secret" in params:
        found["secret"] = str(params["secret"])
    return found | {
        "text": text.body,
        "title": text.subject,
        "contract": number,
        "phone": settings.PROFILE.contacts.support_phone,
        "brand": settings.PROFILE.brand,
        "url": f"{settings.PUBLIC_URL}/cabinet/",
    }


def current() -> dict[tuple[str, str], Own]:
    """All own words, by kind and language: a handful of rows."""
    return {
        (kind, language): Own(subject, body)
        for kind, language, subject, body in Wording.objects.values_list("kind", "language", "subject", "body")
    }


def keep(kind: str, language: str, subject: str, body: str, *, by: str, at: datetime, address: str | None) -> None:
    """From the next notice on.   Raises UnableToUse; nothing is written."""
    assert language in LANGUAGES, language
    given = check(kind, subject, body)
    with db.atomic():
        before = Wording.objects.select_for_update().filter(kind=kind, language=language).first()
        old = None if before is None else {"subject": before.subject, "body": before.body}
        Wording.objects.update_or_create(
            kind=kind, language=language, defaults={**given._asdict(), "changed_by": by, "changed_at": at}
        )
        _record("change_wording", kind, language, by, address, old=old, new=given._asdict())


def give_back(kind: str, language: str, *, by: str, address: str | None) -> bool:
    """Back to the program's own words; give whether there were others."""
    with db.atomic():
        before = Wording.objects.select_for_update().filter(kind=kind, language=language).first()
        if before is None:
            return False
        before.delete()
        old = {"subject": before.subject, "body": before.body}
        _record("drop_wording", kind, language, by, address, old=old, new=None)
    return True


def _record(
    action: str, kind: str, language: str, by: str, address: str | None, *, old: Any, new: dict[str, Any] | None
) -> None:
    audit.record(
        actor=by, action=f"notifications.{action}", subject=f"notice:{kind}:{language}", old=old, new=new,
        address=address,
    )  # fmt: skip


def _is_fact(kind: str, param: str) -> bool:
    return param not in _CODES and (kind, param) not in _CODES_OF


def _name_of(kind: str, param: str) -> str:
    if param.endswith("_kop"):
        return param.removesuffix("_kop")
    if _is_last_day(kind, param):
        return "last_day"
    return {"on": "day", "stops_on": "day", "next_on": "next_day", "pay_until": "pay_by", "number": "invoice"}.get(
        param, param
    )


def _is_last_day(kind: str, param: str) -> bool:
    return param in _LAST_DAYS or (kind, param) in _LAST_DAYS_OF


def _shown(kind: str, param: str, value: Any, today: date) -> str:
    if param.endswith("_kop"):
        return money.show(int(value))
    if value and (param == "on" or param.endswith(("_on", "_until"))):
        found = day(value)
        return show_date(found - timedelta(days=1) if _is_last_day(kind, param) else found, today)
    return str(value)
