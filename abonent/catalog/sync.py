"""Bring the catalog in line with the operator's profile. Writes its tables, as offers.py does for the staff."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from abonent.catalog.models import Offer, OfferVersion
from abonent.core import db, profile_schema

OCTETS_OF_GB = 10**9


class UnableToSync(Exception):
    """The profile gives a known code another meaning; nothing is written."""


class Synced(NamedTuple):
    offers: int  # on sale now
    added: int
    new_versions: int  # of offers known before
    withdrawn: int


def sync(profile_offers: Iterable[profile_schema.Offer], on: date) -> Synced:
    """Make the catalog say what the profile says; twice is as good as once.

    A price or a term that differs from the last version becomes a new version, valid from the profile's
    `valid_from` but never earlier than `on`: what has been is not rewritten. An offer that the profile leaves
    out goes off sale; who has it keeps it. What the staff keep at their pages stays as it is.
    on: the operator's date.   Raises UnableToSync.
    """
    db.require_transaction()
    # Two starts at once must not both find an offer missing.
    db.run("select pg_advisory_xact_lock(hashtext('catalog.sync'))")
    wanted = list(profile_offers)
    known = {one.code: one for one in Offer.objects.all()}
    last = _last_versions()
    _refuse_other_meaning(wanted, known)
    added = new_versions = 0
    for position, one in enumerate(wanted):
        offer = known.get(one.code)
        if offer is None:
            offer = Offer.objects.create(code=one.code, role=one.role, kind=one.kind, **_shown(one, position))
            _add_version(offer, one, number=1, valid_from=one.valid_from)
            added += 1
            continue
        if offer.kept_here:
            continue
        _update(offer, _shown(one, position))
        version = last[offer.pk]
        if _terms(one) != {name: getattr(version, name) for name in _terms(one)}:
            _add_version(offer, one, number=version.number + 1, valid_from=max(on, one.valid_from))
            new_versions += 1
    codes = [one.code for one in wanted]
    withdrawn = Offer.objects.filter(on_sale=True, kept_here=False).exclude(code__in=codes).update(on_sale=False)
    return Synced(len(wanted), added, new_versions, withdrawn)


def _last_versions() -> dict[int, OfferVersion]:
    """By offer id."""
    return {one.offer_id: one for one in OfferVersion.objects.order_by("offer_id", "-number").distinct("offer_id")}


def _refuse_other_meaning(wanted: list[profile_schema.Offer], known: dict[str, Offer]) -> None:
    for one in wanted:
        offer = known.get(one.code)
        if offer is not None and (offer.role, offer.kind) != (one.role, one.kind):
            raise UnableToSync(
                f"the offer «{one.code}» is known as {offer.role} of {offer.kind}, the profile says "
                f"{one.role} of {one.kind}: what people have would change its meaning; give it a new code"
            )


def _shown(one: profile_schema.Offer, position: int) -> dict[str, Any]:
    """What may change without a new version: it is about selling, not about what was sold."""
    return {
        "segments": list(one.segments),
        "name_ru": one.name.ru,
        "name_en": one.name.en,
        "description_ru": one.description.ru,
        "description_en": one.description.en,
        "requires": list(one.requires),
        "excludes": list(one.excludes),
        "position": position,
        "featured": one.featured,
        "gives": one.gives or "",
        "on_sale": True,
    }


def _terms(one: profile_schema.Offer) -> dict[str, Any]:
    return {
        "price_kop": one.price_kop,
        "charging": one.charging,
        "down_mbps": one.down_mbps,
        "up_mbps": one.up_mbps,
        "included_octets": None if one.included_gb is None else one.included_gb * OCTETS_OF_GB,
        "when_used_up": one.when_used_up or "",
        "slow_mbps": one.slow_mbps,
        "channels": one.channels,
    }


def _update(offer: Offer, values: dict[str, Any]) -> None:
    changed = [name for name, value in values.items() if getattr(offer, name) != value]
    if changed:
        for name in changed:
            setattr(offer, name, values[name])
        offer.save(update_fields=changed)


def _add_version(offer: Offer, one: profile_schema.Offer, *, number: int, valid_from: date) -> None:
    OfferVersion.objects.create(offer=offer, number=number, valid_from=valid_from, **_terms(one))
