"""The directory of tariffs and add-ons: what is sold, to how many, at which price; one made, described, closed.

A new price is a version, on a page of its own: backoffice/offer_versions.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from abonent.addresses.models import Segment
from abonent.backoffice import gate, offer_typed, screen
from abonent.billing import queries as billing
from abonent.billing.models import Repricing
from abonent.catalog import offers, queries
from abonent.catalog.models import Charging, Offer, OfferRole, OfferVersion, ServiceKind
from abonent.core import clock, money
from abonent.identity import permissions
from abonent.ui import formats, words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SALT = "abonent.backoffice.offers"
DONE_KEY = "offer_done"
SEGMENTS: dict[str, StrPromise] = {
    "apartment": gettext_lazy("Apartment buildings"),
    "private": gettext_lazy("Private sector"),
    "business": gettext_lazy("Business"),
}
STATES: dict[str, tuple[str, StrPromise]] = {
    "now": ("ok", gettext_lazy("in force")),
    "waits": ("wait", gettext_lazy("announced")),
    "past": ("quiet", pgettext_lazy("a tariff's version", "was")),
    "withdrawn": ("quiet", gettext_lazy("taken back")),
}


class Line(NamedTuple):
    offer: Offer
    name: str
    segments: str
    terms: str
    price: str
    subscribers: int
    coming: str  # "from 1 January 600,00 ₽", or ""


class VersionLine(NamedTuple):
    version: OfferVersion
    state: str  # a key of STATES
    until: date | None  # the first day without it
    terms: str
    price: str
    subscribers: int
    repricing: Repricing | None


@require_safe
@gate.permitted(permissions.EDIT_CATALOG)
def page(request: gate.StaffRequest, role: str) -> HttpResponse:
    """/staff/tariffs/, /staff/addons/: on sale by kind of service; those closed to new subscribers apart."""
    today = clock.today()
    found = queries.in_force_by_offer(today, role)
    coming = {
        one.offer_id: one
        for one in OfferVersion.objects.filter(offer__role=role, valid_from__gt=today, withdrawn_at=None)
    }
    counted = _by_offer(role)
    lines = [
        _line(offer, found.get(offer.pk), coming.get(offer.pk), counted.get(offer.pk, 0))
        for offer in Offer.objects.filter(role=role).order_by("position", "code")
    ]
    on_sale = [line for line in lines if line.offer.on_sale]
    context = {
        "here": _here(role),
        "role_of": role,
        "groups": [
            (words.KINDS[kind], [line for line in on_sale if line.offer.kind == kind])
            for kind in ServiceKind.values
            if any(line.offer.kind == kind for line in on_sale)
        ],
        "archived": [line for line in lines if not line.offer.on_sale],
        "done": request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/offers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_CATALOG)
def one(request: gate.StaffRequest, role: str, code: str) -> HttpResponse:
    """/staff/tariffs/<code>/: its versions from–to; POST with `why` keeps how it is sold; `do` = close, open."""
    offer = _find(role, code)
    problem = ""
    if request.method == "POST":
        problem = _describe(request, offer)
        if not problem:
            request.session[DONE_KEY] = _("Kept.")
            return HttpResponseRedirect(reverse(f"{_here(role)[:-1]}", args=[code]))
    typed: Mapping[str, Any] = offers.facts(offer) if not problem else _typed(request.POST)
    context = {
        "here": _here(role),
        "role_of": role,
        "offer": offer,
        "name": offer.name(formats.language()),
        "kind": words.KINDS[offer.kind],
        "versions": _versions(offer),
        "states": STATES,
        "typed": typed,
        "why": request.POST.get("why", ""),
        "segments": SEGMENTS,
        "others": _others(offer.code),
        "seen": signing.dumps(json.dumps(offers.facts(offer)), salt=SALT),
        "today": clock.today(),
        "day_before": offer_typed.day_before,
        "done": request.session.pop(DONE_KEY, "") if not problem else "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/offer.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_CATALOG)
def new(request: gate.StaffRequest, role: str) -> HttpResponse:
    """/staff/tariffs/new/: on sale from today."""
    problem = ""
    if request.method == "POST":
        problem, code = _make(request, role)
        if not problem:
            request.session[DONE_KEY] = _("It is on sale.")
            return HttpResponseRedirect(reverse(f"{_here(role)[:-1]}", args=[code]))
    context = {
        "here": _here(role),
        "role_of": role,
        "typed": _typed(request.POST),
        "given": {name: request.POST.get(name, "") for name in ("code", "kind", "charging", "why", *offer_typed.NAMES)},
        "kinds": words.KINDS,
        "charging": {key: word for key, word in words.PER.items() if role == OfferRole.ADDON or key != Charging.ONCE},
        "segments": SEGMENTS,
        "others": _others(""),
        "used_up": offer_typed.USED_UP,
        "problem": problem,
    }
    return screen.show(request, "backoffice/offer_new.html", context, status=422 if problem else 200)


def price_of(version: OfferVersion) -> str:
    return f"{money.show(version.price_kop)} {words.PER[version.charging]}"


def _make(request: gate.StaffRequest, role: str) -> tuple[str, str]:
    """What is wrong, or ""; and the code."""
    given = request.POST
    code, why = given.get("code", "").strip().lower(), given.get("why", "").strip()[:300]
    kind, charging = given.get("kind", ""), given.get("charging", "")
    if not why:
        return _("Write why: it stands in the log."), code
    if kind not in ServiceKind.values or charging not in Charging.values:
        return _("Choose the kind of service and how it is charged."), code
    try:
        offers.make(
            code, _shown(given), offer_typed.terms(given), role=role, kind=kind, charging=charging, on=clock.today(),
            at=clock.now(), by=request.actor, why=why, address=request.address,
        )  # fmt: skip
    except offer_typed.UnableToRead as error:
        return str(error), code
    except offers.UnableToKeep as error:
        return offer_typed.why_not(error), code
    return "", code


def _describe(request: gate.StaffRequest, offer: Offer) -> str:
    """What is wrong; "" where it is kept."""
    given, why, do = request.POST, request.POST.get("why", "").strip()[:300], request.POST.get("do", "keep")
    if not why:
        return _("Write why: it stands in the log.")
    facts = offers.facts(offer)
    shown = (
        _shown(given) if do == "keep" else offers.Shown(**{name: _tuple(facts[name]) for name in offers.Shown._fields})
    )
    on_sale = {"close": False, "open": True}.get(do, offer.on_sale)
    try:
        seen = json.loads(signing.loads(given.get("seen", ""), salt=SALT))
        offers.describe(offer.pk, shown, on_sale=on_sale, seen=seen, by=request.actor, why=why, address=request.address)
    except signing.BadSignature:
        return offer_typed.why_not(offers.ChangedMeanwhile())
    except offers.UnableToKeep as error:
        return offer_typed.why_not(error)
    return ""


def _shown(given: QueryDict) -> offers.Shown:
    return offers.Shown(**{name: _tuple(value) for name, value in _typed(given).items()})


def _typed(given: QueryDict) -> dict[str, Any]:
    """As `offers.facts` has it."""
    return {
        "name_ru": given.get("name_ru", ""),
        "name_en": given.get("name_en", ""),
        "description_ru": given.get("description_ru", ""),
        "description_en": given.get("description_en", ""),
        "segments": [one for one in given.getlist("segment") if one in Segment.values],
        "requires": given.getlist("requires")[:50],
        "excludes": given.getlist("excludes")[:50],
        "featured": given.get("featured") == "1",
    }


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _versions(offer: Offer) -> list[VersionLine]:
    """The newest first."""
    today, counted = clock.today(), billing.subscriptions_by_version()
    found = list(OfferVersion.objects.filter(offer=offer).select_related("repricing").order_by("-number"))
    lines: list[VersionLine] = []
    until: date | None = None
    in_force = next((one for one in found if one.withdrawn_at is None and one.valid_from <= today), None)
    for one in found:
        state = "past"
        if one.withdrawn_at is not None:
            state = "withdrawn"
        elif one.valid_from > today:
            state = "waits"
        elif one == in_force:
            state = "now"
        lines.append(
            VersionLine(
                one, state, None if state == "withdrawn" else until, offer_typed.said(one), price_of(one),
                counted.get(one.pk, 0), getattr(one, "repricing", None),
            )
        )  # fmt: skip
        until = until if state == "withdrawn" else one.valid_from
    return lines


def _line(offer: Offer, now: OfferVersion | None, coming: OfferVersion | None, subscribers: int) -> Line:
    said = ""
    if coming is not None:
        said = _("from %(day)s %(price)s") % {"day": formats.day(coming.valid_from), "price": price_of(coming)}
    return Line(
        offer, offer.name(formats.language()), ", ".join(str(SEGMENTS[one]) for one in offer.segments),
        offer_typed.said(now) if now else "", price_of(now) if now else "—", subscribers, said,
    )  # fmt: skip


def _by_offer(role: str) -> dict[int, int]:
    counted = billing.subscriptions_by_version()
    found: dict[int, int] = {}
    for version_id, offer_id in OfferVersion.objects.filter(offer__role=role).values_list("pk", "offer_id"):
        found[offer_id] = found.get(offer_id, 0) + counted.get(version_id, 0)
    return found


def _others(code: str) -> list[tuple[str, str]]:
    """What an add-on may require or exclude: code and name."""
    language = formats.language()
    return [(one.code, one.name(language)) for one in Offer.objects.exclude(code=code).order_by("role", "position")]


def _find(role: str, code: str) -> Offer:
    found = Offer.objects.filter(role=role, code=code).first()
    if found is None:
        raise Http404
    return found


def _here(role: str) -> str:
    return "staff_tariffs" if role == OfferRole.TARIFF else "staff_addons"
