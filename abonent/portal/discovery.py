"""What search engines and messengers are told of the public site: descriptions, addresses, structured facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markupsafe import Markup

from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferVersion
from abonent.core import clock, money, profile_places
from abonent.notifications import news
from abonent.portal import words
from abonent.ui import formats

SCHEMA = "https://schema.org"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PAGES = ("home", "services", "tariffs", "connect", "news", "contacts", "about", "how_to_connect", "offer", "privacy")
# Where a robot finds nothing of the site.
_NOT_FOR_ROBOTS = (
    "/cabinet/", "/staff/", "/mail/", "/chat/", "/api/", "/pay/", "/hooks/", "/events/", "/sandbox/",
    "/connect/request/", "/password/", "/logout/",
)  # fmt: skip
# Data inside a script element: nothing in it may end the element.
_SAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class About(NamedTuple):
    """What stands in a page's head."""

    description: str
    canonical: str  # whole, without a query
    kind: str  # of Open Graph: "website", "article"
    facts: Markup  # JSON-LD: data, which a browser does not run


def about(request: HttpRequest, description: str, *facts: dict[str, Any], kind: str = "website") -> About:
    said = [json.dumps({"@context": SCHEMA, **one}, ensure_ascii=False).translate(_SAFE) for one in facts]
    scripts = Markup("").join(
        Markup('<script type="application/ld+json">{}</script>\n').format(Markup(one)) for one in said
    )
    return About(" ".join(description.split()), whole(request.path), kind, scripts)


def whole(path: str) -> str:
    """The path with the operator's public address before it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def operator() -> dict[str, Any]:
    """Who we are: the name, the phone, the offices with their hours."""
    profile, spoken = settings.PROFILE, formats.language()
    return {
        "@type": "Organization",
        "@id": whole("/#operator"),
        "name": profile.brand,
        "legalName": profile.legal_name.get(spoken),
        "description": profile.tagline.get(spoken),
        "url": whole("/"),
        "logo": whole("/static/logo.svg"),
        "telephone": profile.contacts.support_tel,
        "email": profile.contacts.support_email,
        "areaServed": profile.city.get(spoken),
        "contactPoint": [
            {"@type": "ContactPoint", "contactType": one.name.get(spoken), "email": one.email}
            | ({"telephone": one.tel} if one.tel else {})
            for one in profile.departments
        ],
        "location": [
            {
                "@type": "LocalBusiness",
                "name": profile.brand,
                "address": one.address.get(spoken),
                "telephone": profile.contacts.support_tel,
                "openingHoursSpecification": [_hours(each) for each in one.open],
            }
            for one in profile.offices
        ],
    }


def service(name: str, promise: str, path: str, on_sale: Iterable[OfferVersion]) -> dict[str, Any]:
    """What is sold: each tariff with its price."""
    return {
        "@type": "Service",
        "name": name,
        "description": promise,
        "url": whole(path),
        "provider": {"@id": whole("/#operator"), "@type": "Organization", "name": settings.PROFILE.brand},
        "areaServed": settings.PROFILE.city.get(formats.language()),
        "offers": [_offer(one) for one in on_sale],
    }


def crumbs(*steps: tuple[str, str]) -> dict[str, Any]:
    """(name, path) from the first page on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": whole(path)}
            for number, (name, path) in enumerate(steps, 1)
        ],
    }


def article(title: str, path: str, on: str) -> dict[str, Any]:
    """on: the date of the news, 2026-11-03."""
    publisher = {"@type": "Organization", "name": settings.PROFILE.brand}
    return {
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": on,
        "url": whole(path),
        "inLanguage": formats.language(),
        "publisher": publisher,
        "author": publisher,
    }


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml: every page that a stranger may look for."""
    today = clock.today()
    places: list[tuple[str, str]] = [(reverse(name), "") for name in _PAGES]
    places += [(reverse("service", args=[kind]), "") for kind in words.KINDS]
    places += [(reverse("connect_tariff", args=[one.offer.code]), "") for one in catalog.on_sale(today)]
    places += [
        (reverse("news_item", args=[one.slug]), one.on.isoformat()) for one in news.shown(formats.language(), today)
    ]
    return HttpResponse(_sitemap(places), content_type="application/xml; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """/robots.txt: where robots have nothing to look for, and where the list of pages is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS), f"Sitemap: {whole('/sitemap.xml')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _sitemap(places: Sequence[tuple[str, str]]) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in places:
        when = f"<lastmod>{changed}</lastmod>" if changed else ""
        lines.append(f"<url><loc>{escape(whole(path))}</loc>{when}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def _offer(version: OfferVersion) -> dict[str, Any]:
    offer, spoken = version.offer, formats.language()
    unit = {"month": "MON", "day": "MON", "per_day": "DAY"}.get(version.charging)
    price = {"@type": "UnitPriceSpecification", "price": money.plain(version.price_kop), "priceCurrency": "RUB"}
    return {
        "@type": "Offer",
        "name": offer.name_en if spoken == "en" else offer.name_ru,
        "price": money.plain(version.price_kop),
        "priceCurrency": "RUB",
        "priceSpecification": price | ({"unitCode": unit} if unit else {}),
        "url": whole(reverse("connect_tariff", args=[offer.code])),
        "eligibleCustomerType": [str(words.SEGMENTS[one]) for one in offer.segments],
        "description": _("The connection is free."),
    }


def _hours(opening: profile_places.Opening) -> dict[str, Any]:
    named = dict(zip(profile_places.WEEKDAYS, _DAYS, strict=True))
    closes = "23:59" if not opening.end.hour and not opening.end.minute else f"{opening.end:%H:%M}"
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": [f"{SCHEMA}/{named[day]}" for day in opening.days],
        "opens": f"{opening.start:%H:%M}",
        "closes": closes,
    }
