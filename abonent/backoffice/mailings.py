"""Mailings: written, counted, tried on oneself, started, watched, stopped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from abonent.addresses.models import Building, Segment
from abonent.backoffice import building_filter, gate, screen
from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferRole
from abonent.core import clock, events, money
from abonent.flows import mailing as flow
from abonent.identity import permissions
from abonent.notifications import mailings
from abonent.notifications.models import Channel, Mailing, MailingState
from abonent.subscribers import contacts
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SHOWN = 50
MAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,20}$")
CHANNELS: dict[str, StrPromise] = {
    "sms": gettext_lazy("SMS"),
    "email": gettext_lazy("E-mail"),
    "push": gettext_lazy("Push"),
    "inbox": gettext_lazy("Only Mail"),
}
AUDIENCES: dict[str, StrPromise] = {
    "all": gettext_lazy("All with a contract in force"),
    "tariff": gettext_lazy("Of a tariff or an additional service"),
    "building": gettext_lazy("Of a building"),
    "segment": gettext_lazy("Of a segment"),
    "debtors": gettext_lazy("Debtors"),
}
SEGMENTS: dict[str, StrPromise] = {
    "apartment": gettext_lazy("Apartment buildings"),
    "private": gettext_lazy("Private sector"),
    "business": gettext_lazy("Business"),
}
STATES: dict[str, tuple[str, StrPromise]] = {
    "draft": ("quiet", gettext_lazy("a draft")),
    "sending": ("wait", gettext_lazy("goes out")),
    "stopped": ("warn", gettext_lazy("stopped")),
    "done": ("ok", gettext_lazy("done")),
}


class Line(NamedTuple):
    id: int
    name: str
    by: StrPromise
    to: str
    mark: str
    state: StrPromise
    planned: int
    made_by: str


@require_safe
@gate.permitted(permissions.SEND_MAILINGS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/mailings/: the newest first."""
    lines = [
        Line(
            one.pk,
            one.name,
            CHANNELS[one.channel],
            audience_of(one),
            *STATES[one.state],
            one.planned,
            one.started_by or one.made_by,
        )
        for one in Mailing.objects.order_by("-id")[:SHOWN]
    ]
    return screen.show(request, "backoffice/mailings.html", {"here": "staff_mailings", "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SEND_MAILINGS)
def write(request: gate.StaffRequest, mailing_id: int = 0) -> HttpResponse:
    """/staff/mailings/new/ and …/<id>/text/: a draft."""
    known = _find(mailing_id) if mailing_id else None
    if known is not None and known.state != MailingState.DRAFT:
        return HttpResponseRedirect(reverse("staff_mailing", args=[mailing_id]))
    typed: dict[str, Any] = vars(known) if known else {"channel": "sms", "audience": "all"}
    wrong = ""
    if request.method == "POST":
        typed = request.POST.dict()
        try:
            wish = _wish(request)
            if known is None:
                made = mailings.make(wish, by=request.actor, address=request.address)
                mailing_id = made.pk
            else:
                mailings.change(mailing_id, wish, by=request.actor, address=request.address)
            return HttpResponseRedirect(reverse("staff_mailing", args=[mailing_id]))
        except mailings.UnableToKeep as error:
            wrong = str(error)
        except mailings.UnableToStart:
            return HttpResponseRedirect(reverse("staff_mailing", args=[mailing_id]))
    context = {
        "here": "staff_mailings",
        "known": known,
        "typed": {
            name: typed.get(name, "") for name in (*mailings.Wish._fields, "offer", "building", "segment", "least")
        },
        "channels": CHANNELS,
        "audiences": AUDIENCES,
        "segments": SEGMENTS,
        "offers": _offers(),
        "facts": mailings.FACTS,
        "wrong": wrong,
    }
    return screen.show(request, "backoffice/mailing_write.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SEND_MAILINGS)
def one(request: gate.StaffRequest, mailing_id: int) -> HttpResponse:
    """/staff/mailings/<id>/: what, to whom, what it costs, how far it is. POST `do`: try, start, stop."""
    found = _find(mailing_id)
    if request.method != "POST":
        return _show(request, found)
    do = request.POST.get("do", "")
    if do == "try":
        return _try(request, found)
    if do == "start":
        if request.POST.get("sure") != "1":
            return _show(
                request, found, wrong=_("Tick that you have looked at it: it cannot be called back."), status=422
            )
        try:
            flow.start(found.pk, by=request.actor, address=request.address)
        except mailings.UnableToStart:
            return _show(request, _find(mailing_id), wrong=_("It has been started already."), status=409)
    elif do == "stop":
        mailings.stop(found.pk, by=request.actor, at=clock.now(), address=request.address)
    return HttpResponseRedirect(reverse("staff_mailing", args=[mailing_id]))


@require_safe
@gate.permitted(permissions.SEND_MAILINGS)
def state(request: gate.StaffRequest, mailing_id: int) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "backoffice/mailing_state.html", _state(_find(mailing_id)))


def audience_of(mailing: Mailing) -> str:
    value = mailing.audience_value
    if mailing.audience == "tariff":
        return _("of «%(name)s»") % {"name": dict(_offers()).get(value, value)}
    if mailing.audience == "building":
        building = Building.objects.filter(pk=int(value or 0)).first()
        return str(building) if building else value
    if mailing.audience == "segment":
        return str(SEGMENTS.get(value, value))
    if mailing.audience == "debtors" and value:
        return _("debtors of more than %(sum)s") % {"sum": money.show(money.parse(value))}
    return str(AUDIENCES[mailing.audience])


def _show(
    request: gate.StaffRequest, found: Mailing, *, wrong: str = "", done: str = "", to: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "here": "staff_mailings",
        "mailing": found,
        "by": CHANNELS[found.channel],
        "to_whom": audience_of(found),
        "shown_ru": flow.preview(found, "ru"),
        "shown_en": flow.preview(found, "en") if found.body_en else "",
        "counted": flow.count(found) if found.state == MailingState.DRAFT else None,
        "events": f"/events/?last={events.last_id([mailings.TOPIC])}",
        "may_try": found.channel in (Channel.SMS, Channel.EMAIL),
        "typed_to": to,
        "wrong": wrong,
        "done": done,
    }
    return screen.show(request, "backoffice/mailing.html", context | _state(found), status=status)


def _state(found: Mailing) -> dict[str, Any]:
    went = mailings.progress(found)
    mark, word = STATES[found.state]
    return {"mailing": found, "went": went, "mark_kind": mark, "state_word": word}


def _try(request: gate.StaffRequest, found: Mailing) -> HttpResponse:
    typed = request.POST.get("to", "").strip()[:254]
    to = _address(typed, found.channel)
    if not to:
        wrong = _("Type a mobile phone.") if found.channel == Channel.SMS else _("Type a mail address.")
        return _show(request, found, wrong=wrong, to=typed, status=422)
    language = "en" if request.POST.get("language") == "en" else "ru"
    try:
        flow.try_on(found, to, language=language, by=request.actor, address=request.address)
    except flow.UnableToTry:
        return _show(
            request, found, wrong=_("The test did not go: the gateway refuses or is away."), to=typed, status=502
        )
    return _show(request, _find(found.pk), done=_("The test has gone to %(to)s.") % {"to": to}, to=typed)


def _address(typed: str, channel: str) -> str:
    """ "" where it is none."""
    if channel == Channel.EMAIL:
        return typed if MAIL.match(typed) else ""
    try:
        phone = contacts.read_phone(typed)
    except contacts.UnableToReadContact:
        return ""
    return phone if contacts.is_mobile(phone) else ""


def _wish(request: gate.StaffRequest) -> mailings.Wish:
    """Raises mailings.UnableToKeep."""
    given = request.POST
    audience = given.get("audience", "")
    if audience not in AUDIENCES:
        raise mailings.UnableToKeep(_("Choose whom it is for."))
    return mailings.Wish(
        name=given.get("name", ""),
        is_offer=given.get("is_offer") == "1",
        channel=given.get("channel", ""),
        audience=audience,
        audience_value=_value(request, audience),
        subject_ru=given.get("subject_ru", ""),
        body_ru=given.get("body_ru", ""),
        subject_en=given.get("subject_en", ""),
        body_en=given.get("body_en", ""),
    )


def _value(request: gate.StaffRequest, audience: str) -> str:
    given = request.POST
    if audience == "tariff":
        if given.get("offer", "") not in dict(_offers()):
            raise mailings.UnableToKeep(_("Choose a tariff or a service."))
        return given["offer"]
    if audience == "segment":
        if given.get("segment", "") not in Segment.values:
            raise mailings.UnableToKeep(_("Choose a segment."))
        return given["segment"]
    if audience == "debtors":
        try:
            return money.plain(money.parse(given.get("least", "0") or "0"))
        except money.UnableToParse as error:
            raise mailings.UnableToKeep(_("A sum like 100 or 100,00.")) from error
    if audience == "building":
        return _building(given.get("building", "").strip())
    return ""


def _building(typed: str) -> str:
    found = building_filter.read(typed)
    if found is None:
        raise mailings.UnableToKeep(_("Type one building as the directory has it: street, house."))
    return str(found.pk)


def _offers() -> list[tuple[str, str]]:
    language = formats.language()
    found = [version for role in OfferRole.values for version in catalog.on_sale(clock.today(), role=role)]
    return [(one.offer.code, one.offer.name_en if language == "en" else one.offer.name_ru) for one in found]


def _find(mailing_id: int) -> Mailing:
    found = Mailing.objects.filter(pk=mailing_id).first()
    if found is None:
        raise Http404
    return found
