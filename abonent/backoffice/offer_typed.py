"""The terms of a tariff as the staff type and read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.catalog import offers
from abonent.catalog.models import OfferVersion
from abonent.catalog.sync import OCTETS_OF_GB
from abonent.core import money
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

USED_UP: dict[str, StrPromise] = {
    "": gettext_lazy("goes on at the same speed"),
    "slow": gettext_lazy("goes on slower"),
    "stop": gettext_lazy("stops until the next period"),
}


NAMES = ("price", "down", "up", "included_gb", "when_used_up", "slow", "channels")  # of a form's fields


class UnableToRead(Exception):
    """Its text says what is wrong with what was typed."""


def terms(given: Mapping[str, Any]) -> offers.Terms:
    """Raises UnableToRead."""
    try:
        price_kop = money.parse(str(given.get("price", "")))
    except money.UnableToParse as error:
        raise UnableToRead(_("Write the price as 550,00.")) from error
    included_gb = _number(given, "included_gb", _("Write the included traffic in whole gigabytes, or nothing."))
    used_up = str(given.get("when_used_up", ""))
    slow_mbps = _number(given, "slow", _("Write speeds in whole Mbit/s."))
    return offers.Terms(
        price_kop=price_kop,
        down_mbps=_number(given, "down", _("Write speeds in whole Mbit/s.")),
        up_mbps=_number(given, "up", _("Write speeds in whole Mbit/s.")),
        included_octets=None if included_gb is None else included_gb * OCTETS_OF_GB,
        when_used_up=used_up if used_up in USED_UP else "",
        slow_mbps=slow_mbps if used_up == "slow" else None,
        channels=_number(given, "channels", _("Write the number of channels.")),
    )


def typed(found: offers.Terms) -> dict[str, str]:
    """As a form shows the terms."""
    octets = found.included_octets
    return {
        "price": money.plain(found.price_kop).replace(".", ","),
        "down": _text(found.down_mbps),
        "up": _text(found.up_mbps),
        "included_gb": _text(octets and octets // OCTETS_OF_GB),
        "when_used_up": found.when_used_up,
        "slow": _text(found.slow_mbps),
        "channels": _text(found.channels),
    }


def said(version: OfferVersion) -> str:
    """The terms in one line, without the price."""
    parts = []
    if version.down_mbps:
        if version.up_mbps in (None, version.down_mbps):
            parts.append(formats.speed(version.down_mbps))
        else:
            parts.append(f"{formats.speed(version.down_mbps)} / {formats.speed(version.up_mbps or 0)}")
    if version.included_octets:
        parts.append(_("%(gb)s GB") % {"gb": version.included_octets // OCTETS_OF_GB})
    if version.when_used_up == "slow" and version.slow_mbps:
        parts.append(_("then %(speed)s") % {"speed": formats.speed(version.slow_mbps)})
    elif version.when_used_up == "stop":
        parts.append(_("then it stops"))
    if version.channels:
        parts.append(formats.channels(version.channels))
    return ", ".join(parts)


def why_not(refused: offers.UnableToKeep) -> str:
    """What is wrong, and what to do."""
    if isinstance(refused, offers.BadTerms):
        return {
            "price": _("Such a price makes no sense here."),
            "speed": _("An internet tariff has both speeds, from 1 to 100,000 Mbit/s."),
            "channels": _("A TV tariff has channels: write how many."),
            "used_up": _("«Slower» wants a speed, and whatever ends wants included traffic."),
        }[str(refused)]
    if isinstance(refused, offers.UnknownOffer):
        return _("There is no offer with the code «%(code)s».") % {"code": refused}
    said_of: dict[type[offers.UnableToKeep], str] = {
        offers.BadCode: _("A code is 2 to 40 of a-z, 0-9 and dash, and begins with a letter."),
        offers.CodeTaken: _("Another offer has this code, or had it once. Choose another."),
        offers.NoName: _("Write the name in both languages."),
        offers.NoSegment: _("Choose where it is sold: one segment at least."),
        offers.ChangedMeanwhile: _("A colleague has changed it meanwhile. Look at it anew."),
        offers.VersionWaits: _(
            "A version is announced already: it begins, or you take it back, before there is another."
        ),
        offers.NothingNew: _("These are the terms in force now: change something."),
        offers.NotWaiting: _("The version is in force already, or was taken back."),
    }
    return said_of[type(refused)]


def day_before(on: date) -> date:
    """The last day of what ends before `on`."""
    return on - timedelta(days=1)


def _number(given: Mapping[str, Any], name: str, wrong: str) -> int | None:
    typed_in = str(given.get(name, "")).strip()
    if not typed_in:
        return None
    if not (typed_in.isascii() and typed_in.isdigit() and len(typed_in) < 8) or int(typed_in) == 0:
        raise UnableToRead(wrong)
    return int(typed_in)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
