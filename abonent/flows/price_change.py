"""A tariff or an add-on gets other terms: looked at, agreed to, told to whom it touches in time, or taken back.

A chunk of notices is one transaction with how far the telling is; a contract has one notice of a version by its key.
Who is killed between two chunks, or runs beside another, leaves nobody out and tells nobody twice.
"""

import time
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from abonent.billing import repricing
from abonent.billing.models import Repricing
from abonent.catalog import offers, queries
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import audit, clock, db, jobs
from abonent.notifications import outbox, wording
from abonent.notifications.text_shape import Text

CHUNK = 5000
RUN_SECONDS = 5  # then the job hands over, so that a worker can stop
KIND, KIND_OFF = "tariff_price", "tariff_price_off"
_TOLD = db.read_sql(__file__, "price_change_told")
_OFF = db.read_sql(__file__, "price_change_off")
_FAR = {
    KIND: "select count(*) as n, coalesce(max(account_id), 0) as through from price_notices",
    KIND_OFF: "select count(*) as n, coalesce(max(contract_id), 0) as through from price_notices",
}


class UnableToAnnounce(Exception):
    """Nothing is written."""


class TooNear(UnableToAnnounce):
    """Whom it touches could not be told in time."""

    def __init__(self, nearest: date) -> None:
        super().__init__(f"{nearest} at the nearest")
        self.nearest = nearest


class StalePreview(UnableToAnnounce):
    """It touches others than were looked at; `fresh` is as it is now."""

    def __init__(self, fresh: "Preview") -> None:
        super().__init__("it touches others by now")
        self.fresh = fresh


class Wish(NamedTuple):
    """What a version is to be."""

    offer_id: int
    terms: offers.Terms
    valid_from: date
    moves_all: bool
    after: int  # the number of the last version that was looked at


class Preview(NamedTuple):
    """What agreeing would do."""

    now: OfferVersion
    terms: offers.Terms
    valid_from: date
    touched: repricing.Touched
    nearest: date | None  # the first date there can be; None: any from today
    notices: dict[str, Text]  # by language, as their readers get them; none where nobody is touched

    @property
    def seal(self) -> str:
        """What was looked at: agreeing to anything else is refused."""
        touched = (self.touched.subscriptions, self.touched.accounts, self.touched.month_kop)
        return ":".join(str(one) for one in (self.now.pk, self.valid_from, *self.terms, *touched))


def notice_days() -> int:
    """How long before whom it touches is told."""
    return int(settings.PROFILE.price_notice_days)


def look(wish: Wish, *, on: date) -> Preview:
    """Whom it would touch, and what they would read. Writes nothing.   Raises TooNear."""
    offer = Offer.objects.get(pk=wish.offer_id)
    now = queries.version_on(offer.code, on)
    touched = repricing.touched(offer.pk, price_kop=wish.terms.price_kop, charging=now.charging)
    if not wish.moves_all:
        touched = repricing.Touched(0, 0, 0, 0)
    nearest = repricing.nearest(on) if touched.subscriptions else on
    if wish.valid_from < nearest:
        raise TooNear(nearest)
    params: dict[str, Any] = {
        "name_ru": offer.name_ru, "name_en": offer.name_en, "charging": now.charging, "old_kop": now.price_kop,
        "price_kop": wish.terms.price_kop, "on": wish.valid_from.isoformat(),
    }  # fmt: skip
    own = wording.current()
    notices = {
        language: wording.render(own, KIND, params, language=language, contract_number="100001", today=on)
        for language in wording.LANGUAGES
        if touched.subscriptions
    }
    return Preview(now, wish.terms, wish.valid_from, touched, nearest if touched.subscriptions else None, notices)


def agree(wish: Wish, *, seal: str, by: str, why: str, address: str | None) -> OfferVersion:
    """The version stands, and whoever it touches is told.   seal: of the preview that was agreed to.

    Raises StalePreview, TooNear, offers.UnableToKeep.
    """
    on, at = clock.today(), clock.now()
    with db.atomic():
        db.lock(Offer, [wish.offer_id])
        made = _made_already(wish, by)
        if made is not None:
            return made
        fresh = look(wish, on=on)
        if fresh.seal != seal:
            raise StalePreview(fresh)
        version = offers.add_version(
            wish.offer_id, wish.terms, after=wish.after, valid_from=wish.valid_from, moves_all=wish.moves_all, on=on,
            by=by, at=at, why=why,
        )  # fmt: skip
        touched = fresh.touched
        if wish.moves_all:
            repricing.announce(version, touched, on=on)
            tell.defer(version.pk)
        audit.record(
            actor=by, action="catalog.announce_version", subject=f"offer:{version.offer.code}",
            old=_said(fresh.now),
            new=_said(version) | {"moves_all": wish.moves_all, "subscriptions": touched.subscriptions,
                                  "month_kop": touched.month_kop},
            why=why, address=address,
        )  # fmt: skip
    return version


def withdraw(version_id: int, *, by: str, why: str, address: str | None) -> OfferVersion:
    """A version that has not begun never will; who was told of it is told of that.   Raises offers.NotWaiting."""
    at = clock.now()
    with db.atomic():
        version = offers.withdraw(version_id, on=clock.today(), at=at)
        if repricing.withdraw(version_id, at=at):
            outbox.call_off(f"{KIND}:{version_id}:")
            tell_off.defer(version_id)
        audit.record(
            actor=by, action="catalog.withdraw_version", subject=f"offer:{version.offer.code}", old=_said(version),
            new={"number": version.number, "withdrawn": True}, why=why, address=address,
        )  # fmt: skip
    return version


@jobs.job(queue="notifications", lock="price:{version_id}", queueing_lock="price:{version_id}", retry=5)
def tell(version_id: int) -> None:
    """Queue the notices of a version announced, a chunk a transaction, from where it stands."""
    until = time.monotonic() + RUN_SECONDS
    while tell_chunk(version_id):
        if time.monotonic() > until:
            with db.atomic():
                tell.defer(version_id)
            return


@jobs.job(queue="notifications", lock="price:{version_id}", queueing_lock="price_off:{version_id}", retry=5)
def tell_off(version_id: int) -> None:
    """The second notice, to who had the first."""
    until = time.monotonic() + RUN_SECONDS
    while tell_off_chunk(version_id):
        if time.monotonic() > until:
            with db.atomic():
                tell_off.defer(version_id)
            return


def tell_chunk(version_id: int) -> bool:
    """One more chunk; give whether there may be another."""
    with db.atomic():
        one = repricing.locked(version_id)
        if one.told_at is not None or one.withdrawn_at is not None:
            return False
        begins = OfferVersion.objects.values_list("valid_from", flat=True).get(pk=version_id)
        queued, through = _queue(KIND, _TOLD, version_id, after=one.told_through, since=date.min, on=begins)
        repricing.advance(one, through=through, is_last=queued < CHUNK, at=clock.now())
    return queued == CHUNK


def tell_off_chunk(version_id: int) -> bool:
    """One more chunk of the second notices; give whether there may be another."""
    with db.atomic():
        one = repricing.locked(version_id)
        if one.called_off_at is not None or one.withdrawn_at is None:
            return False
        queued, through = _queue(KIND_OFF, _OFF, version_id, after=one.called_off_through, since=date.min)
        repricing.advance_second(one, through=through, is_last=queued < CHUNK, at=clock.now())
    return queued == CHUNK


def tick(on: date) -> None:
    """Daily: who has come to the offer since is told too; what was killed goes on; what is over is closed."""
    open_ones = Repricing.objects.filter(moved_at=None, withdrawn_at=None).select_related("version")
    for one in open_ones.order_by("pk"):
        if one.told_at is None:
            tell(one.pk)
        elif one.announced_on < on:
            _tell_newcomers(one, since=max(one.announced_on, on - timedelta(days=one.notice_days + 2)))
    for version_id in (
        Repricing.objects.filter(called_off_at=None).exclude(withdrawn_at=None).values_list("pk", flat=True)
    ):
        tell_off(version_id)
    repricing.close(on, clock.now())


def _tell_newcomers(one: Repricing, *, since: date) -> None:
    """A higher price waits for them as many days as for the others; the first notice of a contract is its only one."""
    after, queued = 0, CHUNK
    while queued == CHUNK:
        with db.atomic():
            queued, after = _queue(KIND, _TOLD, one.pk, after=after, since=since, on=one.version.valid_from)


def _queue(kind: str, sql: str, version_id: int, *, after: int, since: date, on: date | None = None) -> tuple[int, int]:
    """How many were found, and the last of them."""
    db.run("drop table if exists pg_temp.price_notices")
    db.run(sql, {"version_id": version_id, "after": after, "since": since, "most": CHUNK})
    found = db.rows(_FAR[kind])[0]
    outbox.queue_batch(kind, on or clock.today(), "price_notices")
    return found["n"], found["through"]


def _made_already(wish: Wish, by: str) -> OfferVersion | None:
    """Two clicks make one version: the same, by the same person, right after the one that was looked at."""
    found = OfferVersion.objects.select_related("offer").filter(
        offer_id=wish.offer_id, number=wish.after + 1, made_by=by, valid_from=wish.valid_from,
        moves_all=wish.moves_all, withdrawn_at=None,
    ).first()  # fmt: skip
    return found if found is not None and offers.terms_of(found) == wish.terms else None


def _said(version: OfferVersion) -> dict[str, Any]:
    """As it stands in the log."""
    terms = {name: value for name, value in offers.terms_of(version)._asdict().items() if value not in (None, "")}
    return {"number": version.number, "valid_from": version.valid_from.isoformat(), **terms}
