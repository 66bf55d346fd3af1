"""The public site: what the operator offers, and the ways in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferRole, OfferVersion
from abonent.core import clock, money, opening, profile_places
from abonent.notifications import news as notifications
from abonent.portal import discovery, scope, words
from abonent.support import desks
from abonent.ui import formats, prose

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

NEWS_ON_FIRST_PAGE = 3
OCTETS_IN_GB = 10**9
BY_DAYS = ("day", "per_day")
DAYS = 30  # the month by which prices are compared
BEGINNING_CHARS = 170
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`#>]|^\s*(?:-|\d+\.)\s", re.MULTILINE)


class Tile(NamedTuple):
    """A tariff or an add-on as a stranger sees it."""

    code: str
    name: str
    description: str
    price_kop: int
    per: StrPromise
    facts: list[str]
    featured: bool
    month_kop: int | None  # None: is not charged by time
    day_kop: int | None  # of a month of 30 days
    by_days: bool
    down: str  # "100 Mbit/s"; "" where there is none
    up: str
    traffic: str


class OpenNow(NamedTuple):
    is_open: bool
    said: str


class Section(NamedTuple):
    key: str
    title: StrPromise
    tiles: list[Tile]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    profile = settings.PROFILE
    sections = by_segment(catalog.on_sale(clock.today()))
    said = _("%(brand)s, %(city)s: internet, television, telephony and video surveillance. %(tagline)s.") % {
        "brand": profile.brand,
        "city": profile.city.get(formats.language()),
        "tagline": profile.tagline.get(formats.language()),
    }
    context = {
        "here": "home",
        "about": discovery.about(request, said, discovery.operator()),
        "kinds": _kinds(),
        "sections": sections,
        "news": _news()[:NEWS_ON_FIRST_PAGE],
        **_hours(),
    }
    return render(request, "portal/home.html", context)


@require_safe
def tariffs(request: HttpRequest) -> HttpResponse:
    on_sale = catalog.on_sale(clock.today())
    sections = by_segment(on_sale) + [_of_kind(kind, on_sale) for kind in words.KINDS if kind != "internet"]
    said = _("All tariffs of %(brand)s: price by the month and by the day, speed, what is included. No hidden fees.")
    title = _("Tariffs")
    facts = discovery.service(title, said % {"brand": settings.PROFILE.brand}, request.path, on_sale)
    context = {
        "here": "tariffs",
        "about": discovery.about(request, said % {"brand": settings.PROFILE.brand}, facts, _crumbs(title, request)),
        "sections": [one for one in sections if one.tiles],
        "first_top_up_kop": settings.PROFILE.first_top_up_kop,
    }
    return render(request, "portal/tariffs.html", context)


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    said = _("Services of %(brand)s in a flat, a private house and an office: internet, digital and cloud TV, "
             "telephony, video surveillance, data-centre rent.") % {"brand": settings.PROFILE.brand}  # fmt: skip
    context = {
        "here": "services",
        "about": discovery.about(request, said, _crumbs(_("Services"), request)),
        "home_kinds": [one for one in _kinds() if one["key"] not in {"internet", "colocation"}],
        "office_kinds": [one for one in _kinds() if one["key"] in {"telephony", "video", "colocation"}],
        "segments": [
            {"key": one, "name": words.SEGMENTS[one], "promise": words.SEGMENT_PROMISES[one]}
            for one in settings.PROFILE.segments
        ],
    }
    return render(request, "portal/services.html", context)


@require_safe
def service(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in words.KINDS:
        raise Http404
    on_sale = catalog.on_sale(clock.today(), kind=kind)
    addons = catalog.on_sale(clock.today(), kind=kind, role=OfferRole.ADDON)
    tariff_sections = by_segment(on_sale) if kind == "internet" else [_of_kind(kind, on_sale)]
    extra = Section("addons", words.ADDONS, [tile(version) for version in addons])
    title, promise = str(words.KINDS[kind]), str(words.KIND_PROMISES[kind])
    said = f"{title}, {settings.PROFILE.city.get(formats.language())}. {promise} {settings.PROFILE.brand}."
    facts = discovery.service(title, promise, request.path, on_sale)
    way = discovery.crumbs((_("Services"), reverse("services")), (title, request.path))
    context = {
        "here": "services",
        "about": discovery.about(request, said, facts, way),
        "title": title,
        "promise": promise,
        "sections": [one for one in [*tariff_sections, extra] if one.tiles],
        "first_top_up_kop": settings.PROFILE.first_top_up_kop,
    }
    return render(request, "portal/service.html", context)


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """/news/: for everybody; a subscriber sees what is for his lines too."""
    said = _("News of %(brand)s: works, new houses and villages, tariffs.") % {"brand": settings.PROFILE.brand}
    context = {"here": "news", "about": discovery.about(request, said), "news": _news(request)}
    return render(request, "portal/news.html", context)


@require_safe
def news_item(request: HttpRequest, slug: str) -> HttpResponse:
    found = next((one for one in _news(request) if one.slug == slug), None)
    if found is None:
        raise Http404
    facts = discovery.article(found.title, request.path, found.on.isoformat())
    way = discovery.crumbs((_("News"), reverse("news")), (found.title, request.path))
    context = {
        "here": "news",
        "about": discovery.about(request, _beginning(found.body), facts, way, kind="article"),
        "item": found,
        "body": prose.html(found.body),
    }
    return render(request, "portal/news_item.html", context)


@require_safe
def news_picture(request: HttpRequest, news_id: int) -> HttpResponse:
    """/news/pictures/<id>/: for whom the news is."""
    found = notifications.picture(news_id, clock.today(), [one.id for one in scope.own(request)])
    if found is None:
        raise Http404
    content_type, content = found
    return HttpResponse(content, content_type=content_type, headers={"Cache-Control": "private, max-age=3600"})


@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    profile = settings.PROFILE
    said = _("Contacts of %(brand)s: %(phone)s, %(hours)s. Phones and mail by department, offices and how to come.") % {
        "brand": profile.brand,
        "phone": profile.contacts.support_phone,
        "hours": profile.contacts.support_hours.get(formats.language()),
    }
    context = {"here": "contacts", "about": discovery.about(request, said, discovery.operator()), **_hours()}
    return render(request, "portal/contacts.html", context)


@require_safe
def text(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the profile: the personal-data policy, the offer, how to connect."""
    written = settings.PROFILE.page(slug, formats.language())
    title, body = prose.page(written)
    said = f"{title}. {_beginning(written.partition(chr(10))[2])}"
    context = {
        "here": slug,
        "about": discovery.about(request, said, _crumbs(title, request)),
        "title": title,
        "body": body,
        "asks": slug == "how-to-connect",
    }
    return render(request, "portal/text.html", context)


def by_segment(on_sale: Iterable[OfferVersion], *, only: str = "") -> list[Section]:
    """Internet tariffs, a section a segment, in the profile's order of segments.   only: that segment alone."""
    internet = [version for version in on_sale if version.offer.kind == "internet"]
    found = [
        Section(
            segment,
            words.SEGMENTS[segment],
            [tile(version) for version in internet if segment in version.offer.segments],
        )
        for segment in settings.PROFILE.segments
        if segment == (only or segment)
    ]
    return [one for one in found if one.tiles]


def tile(version: OfferVersion) -> Tile:
    offer, english = version.offer, formats.language() == "en"
    month_kop, day_kop = _by_time(version)
    return Tile(
        code=offer.code,
        name=offer.name(formats.language()),
        description=offer.description_en if english else offer.description_ru,
        price_kop=version.price_kop,
        per=words.PER[version.charging],
        facts=facts(version),
        featured=offer.featured,
        month_kop=month_kop,
        day_kop=day_kop,
        by_days=version.charging in BY_DAYS,
        down=formats.speed(version.down_mbps) if version.down_mbps else "",
        up=formats.speed(version.up_mbps) if version.up_mbps else "",
        traffic=_traffic(version),
    )


def _by_time(version: OfferVersion) -> tuple[int | None, int | None]:
    """What a month of 30 days costs and what a day of it does, in kopecks."""
    if version.charging == "once":
        return None, None
    if version.charging == "per_day":
        return version.price_kop * DAYS, version.price_kop
    return version.price_kop, money.part(version.price_kop, 1, DAYS)


def _traffic(version: OfferVersion) -> str:
    if version.included_octets is not None:
        return _("%(count)s GB") % {"count": version.included_octets // OCTETS_IN_GB}
    return _("not limited") if version.down_mbps else ""


class Measured(Protocol):
    """What an offer's version and a subscription to it have alike."""

    @property
    def down_mbps(self) -> int | None: ...
    @property
    def included_octets(self) -> int | None: ...
    @property
    def channels(self) -> int | None: ...


def facts(version: Measured) -> list[str]:
    """What is measured of an offer: speed, traffic, channels."""
    found = []
    if version.down_mbps:
        found.append(_("up to %(speed)s") % {"speed": formats.speed(version.down_mbps)})
        if version.included_octets is None:
            found.append(_("traffic is not limited"))
    if version.included_octets is not None:
        gigabytes = version.included_octets // OCTETS_IN_GB
        found.append(_("%(count)s GB included") % {"count": gigabytes})
    if version.channels:
        found.append(formats.channels(version.channels))
    return found


def _of_kind(kind: str, on_sale: Iterable[OfferVersion]) -> Section:
    found = [tile(version) for version in on_sale if version.offer.kind == kind]
    return Section(kind, words.KINDS[kind], found)


def _kinds() -> list[dict[str, object]]:
    return [
        {"key": key, "name": name, "promise": words.KIND_PROMISES[key], "icon": words.KIND_ICONS[key]}
        for key, name in words.KINDS.items()
    ]


def _news(request: HttpRequest | None = None) -> list[notifications.Item]:
    """For everybody; with a request, what is for its subscriber too."""
    ids = [one.id for one in scope.own(request)] if request is not None else []
    return notifications.shown(formats.language(), clock.today(), ids)


class Headline(NamedTuple):
    title: str
    on: date
    beginning: str


def latest_news(request: HttpRequest, most: int) -> list[Headline]:
    """What its subscriber may read."""
    return [Headline(one.title, one.on, _beginning(one.body)) for one in _news(request)[:most]]


def _hours() -> dict[str, object]:
    """By department's key and by office's number: is it open, until when, in words; "" where no hours are known."""
    local = clock.local(clock.now())
    return {
        "departments_now": [(one, _said(one.open, local)) for one in desks.departments()],
        "open_offices": [_said(one.open, local, one.closed_on) for one in settings.PROFILE.offices],
    }


def _said(
    openings: tuple[profile_places.Opening, ...], local: datetime, closed_on: tuple[date, ...] = ()
) -> OpenNow | None:
    if opening.always(openings):
        return OpenNow(True, _("open round the clock"))
    found = opening.now(openings, local, closed_on)
    if found is None:
        return None
    at = f"{found.at:%H:%M}"
    if found.is_open:
        until = _("open now, until midnight") if at == "00:00" else _("open now, until %(time)s") % {"time": at}
        return OpenNow(True, until)
    ahead = (found.at.date() - local.date()).days
    if ahead == 0:
        return OpenNow(False, _("closed now, opens today at %(time)s") % {"time": at})
    if ahead == 1:
        return OpenNow(False, _("closed now, opens tomorrow at %(time)s") % {"time": at})
    said = {"day": formats.day(found.at.date()), "time": at}
    return OpenNow(False, _("closed now, opens on %(day)s at %(time)s") % said)


def _crumbs(title: str, request: HttpRequest) -> dict[str, Any]:
    return discovery.crumbs((settings.PROFILE.brand, reverse("home")), (title, request.path))


def _beginning(markdown: str) -> str:
    """The first words of a text, without its marks."""
    plain = " ".join(_MARKS.sub("", _LINK.sub(r"\1", markdown)).split())
    if len(plain) <= BEGINNING_CHARS:
        return plain
    return plain[:BEGINNING_CHARS].rsplit(" ", 1)[0].rstrip(",;:—") + "…"
