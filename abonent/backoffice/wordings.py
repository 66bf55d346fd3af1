"""The words of notices: what the program says of each event, the operator's own instead, how it looks to its reader."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, screen
from abonent.core import clock
from abonent.identity import permissions
from abonent.notifications import subjects, texts, wording
from abonent.notifications.channels import sms_parts
from abonent.notifications.models import Wording
from abonent.notifications.text_shape import Text

BY_STAFF = frozenset({texts.MAILING, texts.MAILING_OFFER})  # whose words are written each time


class Line(NamedTuple):
    kind: str
    title: str
    text: str
    own: list[str]  # the languages in which the operator has words of his own


@require_safe
@gate.permitted(permissions.SEND_MAILINGS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/notices/: every event, by subject."""
    own = wording.current()
    groups = []
    for subject in subjects.SUBJECTS:
        lines = [
            Line(kind, said.subject, said.body, [language for language in wording.LANGUAGES if (kind, language) in own])
            for kind in texts.KINDS
            if kind not in BY_STAFF and subjects.of_kind(kind) == subject
            for said in [_said(kind, _language(request), own)]
        ]
        if lines:
            groups.append((subject.label, lines))
    return screen.show(request, "backoffice/notices.html", {"here": "staff_notices", "groups": groups})


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SEND_MAILINGS)
def one(request: gate.StaffRequest, kind: str, language: str) -> HttpResponse:
    """/staff/notices/<kind>/<ru|en>/: POST `do`: look (at what is typed), keep, back."""
    if kind not in texts.KINDS or kind in BY_STAFF or language not in wording.LANGUAGES:
        raise Http404
    known = Wording.objects.filter(kind=kind, language=language).first()
    typed = wording.Own(known.subject, known.body) if known else wording.Own("{title}", "{text}")
    wrong, status = "", 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "back":
            wording.give_back(kind, language, by=request.actor, address=request.address)
            return HttpResponseRedirect(request.path)
        typed = wording.Own(request.POST.get("subject", "")[:400], request.POST.get("body", "")[:4000])
        try:
            typed = wording.check(kind, typed.subject, typed.body)
            if do == "keep":
                wording.keep(
                    kind, language, typed.subject, typed.body, by=request.actor, at=clock.now(), address=request.address
                )
                return HttpResponseRedirect(request.path)
        except wording.UnableToUse as error:
            wrong, status = str(error), 422
    shown = None if wrong else _said(kind, language, {(kind, language): typed})
    context = {
        "here": "staff_notices",
        "kind": kind,
        "lang": language,
        "known": known,
        "typed": typed,
        "wrong": wrong,
        "ours": _said(kind, language, {}),
        "facts": [(name, _sample_of(kind, language, name)) for name in wording.facts_of(kind)],
        "shown": shown,
        "sms": texts.sms(shown, language=language) if shown else "",
        "parts": len(sms_parts.cut(texts.sms(shown, language=language), 1).bodies) if shown else 0,
        "letter": texts.letter(shown, language=language) if shown else "",
        "in_mail": bool(texts.KINDS[kind].inbox) and not texts.KINDS[kind].secret,
        "push": subjects.of_kind(kind).push,
    }
    return screen.show(request, "backoffice/notice.html", context, status=status)


def _language(request: gate.StaffRequest) -> str:
    return "en" if request.LANGUAGE_CODE == "en" else "ru"


def _said(kind: str, language: str, own: dict[tuple[str, str], wording.Own]) -> Text:
    return wording.render(own, kind, sample(kind), language=language, contract_number="100001", today=clock.today())


def _sample_of(kind: str, language: str, name: str) -> str:
    words = {(kind, language): wording.Own("x", f"{{{name}}}")}
    return _said(kind, language, words).body


def sample(kind: str) -> dict[str, Any]:
    """What a notice of that kind might hold, for a look at its words."""
    known = texts.KINDS[kind]
    found: dict[str, Any] = {name: _value(name) for name in known.params}
    if known.secret:
        found["secret"] = "483 920"
    found |= _OF_KIND.get(kind, {})
    return found


def _value(name: str) -> Any:
    if name.endswith("_kop"):
        return 65000
    if name.endswith(("_on", "_until")) or name == "on":
        return (clock.today() + timedelta(days=5)).isoformat()
    offer = settings.PROFILE.catalog[0].name
    return {
        "name_ru": offer.get("ru"), "name_en": offer.get("en"), "card": "•••• 4242", "minutes": 30, "number": 17,
        "contact": "+7 916 123-45-67", "reason": "insufficient_funds", "group": "later", "why": _("no free port"),
        "what": "", "until": "18:30", "percent": 90, "whole_gb": 100, "gb": 10, "slow_mbps": 1,
        "when_used_up": "slow", "charging": "month",
    }.get(name, "")  # fmt: skip


_OF_KIND: dict[str, dict[str, Any]] = {
    "autopay_off": {"why": "card_unbound"},
    "tariff_expired": {"why": "withdrawn"},
    "security_changed": {"what": "password_issued"},
    "outage_began": {"what": ""},
}
