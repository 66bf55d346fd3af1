"""What is on sale, and what an offer costs on a date."""

from datetime import date

from django.db.models import QuerySet

from abonent.catalog.models import Offer, OfferRole, OfferVersion


class UnableToFindVersion(Exception):
    """No offer of that code, or it has no version yet on that date."""


def on_sale(
    on: date, *, role: str = OfferRole.TARIFF, segment: str | None = None, kind: str | None = None
) -> list[OfferVersion]:
    """The versions in force on a date of the offers on sale, in the profile's order. One query.

    Each has its `version.offer`.   role: a tariff or an add-on.   segment, kind: only those; None is all.
    """
    versions = _in_force(on).filter(offer__on_sale=True, offer__role=role)
    if segment is not None:
        versions = versions.filter(offer__segments__contains=[segment])
    if kind is not None:
        versions = versions.filter(offer__kind=kind)
    return sorted(versions, key=lambda version: (version.offer.position, version.offer.code))


def version_on(code: str, on: date) -> OfferVersion:
    """The version of an offer in force on a date; `version.offer` is there.   Raises UnableToFindVersion."""
    version = _in_force(on).filter(offer__code=code).first()
    if version is None:
        raise UnableToFindVersion(f"no offer «{code}» on {on}")
    return version


def versions_on(codes: list[str], on: date) -> dict[str, OfferVersion]:
    """By code, in one query; a code without a version on that date is absent."""
    return {version.offer.code: version for version in _in_force(on).filter(offer__code__in=codes)}


def waiting(offer_id: int, on: date) -> OfferVersion | None:
    """The version that is to begin after `on`; `version.offer` is there."""
    later = OfferVersion.objects.filter(offer_id=offer_id, valid_from__gt=on, withdrawn_at=None)
    return later.select_related("offer").order_by("number").first()


def in_force_by_offer(on: date, role: str) -> dict[int, OfferVersion]:
    """By the offer's id, of every offer of that role, on sale or not; `version.offer` is there. One query."""
    return {one.offer_id: one for one in _in_force(on).filter(offer__role=role)}


def _in_force(on: date) -> QuerySet[OfferVersion]:
    """Of each offer the highest number among the versions valid from `on` or earlier, and not withdrawn."""
    begun = OfferVersion.objects.filter(valid_from__lte=on, withdrawn_at=None)
    return begun.order_by("offer_id", "-number").distinct("offer_id").select_related("offer")


def names(language: str) -> dict[str, str]:
    """Of every offer ever sold, by its code."""
    return {one.code: one.name(language) for one in Offer.objects.only("code", "name_ru", "name_en")}
