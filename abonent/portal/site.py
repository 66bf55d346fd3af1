"""The public site: what the operator offers, and the ways in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferRole, OfferVersion
from abonent.core import clock, profile
from abonent.portal import words
from abonent.ui import formats, prose

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

NEWS_ON_FIRST_PAGE = 3
OCTETS_IN_GB = 10**9


class Tile(NamedTuple):
    """A tariff or an add-on as a stranger sees it."""

    code: str
    name: str
    description: str
    price_kop: int
    per: StrPromise
    facts: list[str]
    featured: bool


class Section(NamedTuple):
    key: str
    title: StrPromise
    tiles: list[Tile]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    sections = by_segment(catalog.on_sale(clock.today()))
    return render(
        request,
        "portal/home.html",
        {"here": "home", "kinds": _kinds(), "sections": sections, "news": _news()[:NEWS_ON_FIRST_PAGE]},
    )


@require_safe
def tariffs(request: HttpRequest) -> HttpResponse:
    on_sale = catalog.on_sale(clock.today())
    sections = by_segment(on_sale) + [_of_kind(kind, on_sale) for kind in words.KINDS if kind != "internet"]
    return render(
        request,
        "portal/tariffs.html",
        {"here": "tariffs", "sections": [one for one in sections if one.tiles]},
    )


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/services.html", {"here": "services", "kinds": _kinds()})


@require_safe
def service(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in words.KINDS:
        raise Http404
    on_sale = catalog.on_sale(clock.today(), kind=kind)
    addons = catalog.on_sale(clock.today(), kind=kind, role=OfferRole.ADDON)
    tariff_sections = by_segment(on_sale) if kind == "internet" else [_of_kind(kind, on_sale)]
    extra = Section("addons", words.ADDONS, [tile(version) for version in addons])
    context = {
        "here": "services",
        "title": words.KINDS[kind],
        "promise": words.KIND_PROMISES[kind],
        "sections": [one for one in [*tariff_sections, extra] if one.tiles],
    }
    return render(request, "portal/service.html", context)


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/news.html", {"here": "news", "news": _news()})


@require_safe
def news_item(request: HttpRequest, slug: str) -> HttpResponse:
    found = next((one for one in _news() if one.slug == slug), None)
    if found is None:
        raise Http404
    context = {"here": "news", "item": found, "body": prose.html(found.body)}
    return render(request, "portal/news_item.html", context)


@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/contacts.html", {"here": "contacts"})


@require_safe
def text(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the profile: the personal-data policy, the offer, how to connect."""
    title, body = prose.page(settings.PROFILE.page(slug, formats.language()))
    return render(request, "portal/text.html", {"here": slug, "title": title, "body": body})


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
    return Tile(
        code=offer.code,
        name=offer.name(formats.language()),
        description=offer.description_en if english else offer.description_ru,
        price_kop=version.price_kop,
        per=words.PER[version.charging],
        facts=facts(version),
        featured=offer.featured,
    )


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


def _news() -> tuple[profile.News, ...]:
    found: tuple[profile.News, ...] = settings.PROFILE.news(formats.language(), clock.today())
    return found
