"""Tariffs and add-ons as the staff keep them: made, described, given a version, closed. Writes Offer and OfferVersion.

An offer that the staff have touched is theirs: sync.py leaves it alone from then on.
"""

import re
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Max

from abonent.catalog import queries
from abonent.catalog.models import Charging, Offer, OfferRole, OfferVersion, ServiceKind, WhenUsedUp
from abonent.core import audit, db

CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")
MOST_PRICE_KOP = 10_000_000_00


class UnableToKeep(Exception):
    """Nothing is written; the class says why."""


class BadCode(UnableToKeep):
    """A code is 2 to 40 of a-z, 0-9 and dash, begins with a letter, and is no kind of service."""


class CodeTaken(UnableToKeep):
    """Another offer has it, on sale or not: codes are never used twice."""


class NoName(UnableToKeep):
    """Both languages want a name."""


class NoSegment(UnableToKeep):
    """It is sold somewhere."""


class UnknownOffer(UnableToKeep):
    """`requires` or `excludes` names an offer that is not there; the text is its code."""


class BadTerms(UnableToKeep):
    """The text says which: "price", "speed", "channels", "used_up"."""


class ChangedMeanwhile(UnableToKeep):
    """A colleague has changed the offer, or given it a version, since it was looked at."""


class VersionWaits(UnableToKeep):
    """A version is announced already: it begins, or is withdrawn, before there is another."""


class NothingNew(UnableToKeep):
    """The terms are those in force."""


class NotWaiting(UnableToKeep):
    """The version is in force already, or was withdrawn."""


class Terms(NamedTuple):
    """What a version is made of, beside the way of charging, which an offer keeps for ever."""

    price_kop: int
    down_mbps: int | None = None
    up_mbps: int | None = None
    included_octets: int | None = None
    when_used_up: str = ""
    slow_mbps: int | None = None
    channels: int | None = None


class Shown(NamedTuple):
    """What may change without a version: it is about selling, not about what was sold."""

    name_ru: str
    name_en: str
    description_ru: str
    description_en: str
    segments: tuple[str, ...]
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    featured: bool = False


def facts(offer: Offer) -> dict[str, Any]:
    """As it stands in the log, and as a form says what it has looked at."""
    return {name: _plain(getattr(offer, name)) for name in Shown._fields} | {"on_sale": offer.on_sale}


def terms_of(version: OfferVersion) -> Terms:
    return Terms(*(getattr(version, name) for name in Terms._fields))


def make(
    code: str, shown: Shown, terms: Terms, *, role: str, kind: str, charging: str, on: date, at: datetime, by: str,
    why: str, address: str | None = None,
) -> OfferVersion:  # fmt: skip
    """A new tariff or add-on with its first version, on sale from `on`.   Raises UnableToKeep."""
    assert role in OfferRole.values, role
    assert kind in ServiceKind.values, kind
    assert charging in Charging.values, charging
    if not CODE.fullmatch(code) or code in ServiceKind.values:
        raise BadCode
    if role == OfferRole.TARIFF and charging == Charging.ONCE:
        raise BadTerms("price")
    tidied = _checked(shown, code)
    _check(role, kind, terms)
    with db.atomic():
        db.run("select pg_advisory_xact_lock(hashtext('catalog.sync'))")
        if Offer.objects.filter(code=code).exists():
            raise CodeTaken
        last = Offer.objects.aggregate(last=Max("position"))["last"]
        offer = Offer.objects.create(
            code=code, role=role, kind=kind, position=min(32_000, (last or 0) + 1), kept_here=True, **_columns(tidied)
        )
        made = OfferVersion.objects.create(
            offer=offer, number=1, valid_from=on, charging=charging, made_by=by, made_at=at, why=why, **terms._asdict()
        )
        new = facts(offer) | {"charging": charging, "price_kop": terms.price_kop}
        audit.record(
            actor=by, action="catalog.make_offer", subject=f"offer:{code}", new=new, why=why, address=address
        )  # fmt: skip
    return made


def describe(
    offer_id: int, shown: Shown, *, on_sale: bool, seen: dict[str, Any], by: str, why: str, address: str | None = None
) -> None:
    """How it is sold from now on.   on_sale: False closes it to who has it not.   seen: `facts` that were looked at.

    Raises UnableToKeep.
    """
    with db.atomic():
        offer = _locked(offer_id)
        old = facts(offer)
        if old != seen:
            raise ChangedMeanwhile
        for name, value in (_columns(_checked(shown, offer.code)) | {"on_sale": on_sale, "kept_here": True}).items():
            setattr(offer, name, value)
        new = facts(offer)
        if new == old:
            return
        offer.save()
        changed = [name for name in new if new[name] != old[name]]
        audit.record(
            actor=by, action="catalog.describe_offer", subject=f"offer:{offer.code}",
            old={name: old[name] for name in changed}, new={name: new[name] for name in changed}, why=why,
            address=address,
        )  # fmt: skip


def add_version(
    offer_id: int, terms: Terms, *, after: int, valid_from: date, moves_all: bool, on: date, by: str, at: datetime,
    why: str,
) -> OfferVersion:  # fmt: skip
    """The terms from a date on.   after: the number of the last version that was looked at, withdrawn ones counted.

    moves_all: who has the offer moves onto it; whether they are told in time is the caller's.   Raises UnableToKeep.
    """
    offer = _locked(offer_id)
    assert valid_from >= on, (valid_from, on)
    last = OfferVersion.objects.filter(offer_id=offer_id).order_by("-number")[0]
    if last.number != after:
        raise ChangedMeanwhile
    if queries.waiting(offer_id, on) is not None:
        raise VersionWaits
    now = queries.version_on(offer.code, on)
    if terms_of(now) == terms:
        raise NothingNew
    _check(offer.role, offer.kind, terms)
    if not offer.kept_here:
        offer.kept_here = True
        offer.save(update_fields=["kept_here"])
    return OfferVersion.objects.create(
        offer=offer,
        number=last.number + 1,
        valid_from=valid_from,
        charging=now.charging,
        moves_all=moves_all,
        made_by=by,
        made_at=at,
        why=why,
        **terms._asdict(),
    )


def withdraw(version_id: int, *, on: date, at: datetime) -> OfferVersion:
    """A version that has not begun never will.   Raises NotWaiting."""
    found = OfferVersion.objects.select_related("offer").get(pk=version_id)
    _locked(found.offer_id)
    found.refresh_from_db(fields=["withdrawn_at"])
    if found.withdrawn_at is not None or found.valid_from <= on:
        raise NotWaiting
    found.withdrawn_at = at
    found.save(update_fields=["withdrawn_at"])
    return found


def _locked(offer_id: int) -> Offer:
    db.require_transaction()
    return db.lock(Offer, [offer_id])[offer_id]


def _checked(shown: Shown, code: str) -> Shown:
    tidied = shown._replace(
        name_ru=" ".join(shown.name_ru.split())[:120],
        name_en=" ".join(shown.name_en.split())[:120],
        description_ru=shown.description_ru.strip()[:500],
        description_en=shown.description_en.strip()[:500],
    )
    if not tidied.name_ru or not tidied.name_en:
        raise NoName
    if not tidied.segments:
        raise NoSegment
    known = set(Offer.objects.exclude(code=code).values_list("code", flat=True))
    for one in (*tidied.requires, *tidied.excludes):
        if one not in known and not (one in tidied.requires and one in ServiceKind.values):
            raise UnknownOffer(one)
    return tidied


def _check(role: str, kind: str, terms: Terms) -> None:
    """The profile's own rules of an offer, for one that a person has typed.   Raises BadTerms."""
    if not 0 <= terms.price_kop <= MOST_PRICE_KOP:
        raise BadTerms("price")
    numbers = (terms.down_mbps, terms.up_mbps, terms.slow_mbps)
    if any(one is not None and not 1 <= one <= 100_000 for one in numbers):
        raise BadTerms("speed")
    if role == OfferRole.TARIFF and kind == ServiceKind.INTERNET and None in (terms.down_mbps, terms.up_mbps):
        raise BadTerms("speed")
    if role == OfferRole.TARIFF and kind == ServiceKind.TV and not terms.channels:
        raise BadTerms("channels")
    slows = terms.when_used_up == WhenUsedUp.SLOW
    if slows != (terms.slow_mbps is not None) or (terms.when_used_up and terms.included_octets is None):
        raise BadTerms("used_up")


def _columns(shown: Shown) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in shown._asdict().items()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
