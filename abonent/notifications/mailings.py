"""Messages of the staff to many: made, started, stopped, counted. The only module that writes Mailing.

Who is meant stands in flows/mailing.py, which knows tariffs and debts; here is what goes out and how far it is.
"""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from abonent.core import audit, clock, db, events
from abonent.notifications import wording
from abonent.notifications.channels import sms_parts
from abonent.notifications.models import Channel, Mailing, MailingState, Notice, NoticeState

FACTS = ["name", "contract", "brand", "phone"]
BODY_MOST_CHARS = 600
SMS_MOST_CHARS = 335  # five parts
TESTS_MOST = 99
TOPIC = "mailings"
TELL_EVERY_SECONDS = 1.0

_FINISH = """
    update notifications_mailing mailing set state = 'done', ended_at = %(at)s
    where state = 'sending' and queued_at is not null
      and not exists (select from notifications_notice notice
                      where notice.mailing_id = mailing.id and notice.state = 'queued')
    returning id
"""
_told_at: dict[int, float] = {}


class UnableToKeep(Exception):
    """The text or the choice is not fit to be sent; its text says how, for the page."""


class UnableToStart(Exception):
    """It has been started, or stopped, before."""


class Wish(NamedTuple):
    """What one of the staff has written."""

    name: str
    is_offer: bool
    channel: str
    audience: str
    audience_value: str
    subject_ru: str
    body_ru: str
    subject_en: str = ""
    body_en: str = ""


class Progress(NamedTuple):
    planned: int
    queued: int  # waits
    sent: int
    failed: int
    canceled: int

    @property
    def gone(self) -> int:
        return self.sent + self.failed + self.canceled


def check(wish: Wish) -> Wish:
    """The same, tidied.   Raises UnableToKeep."""
    tidied = wish._replace(
        name=" ".join(wish.name.split())[:120],
        subject_ru=" ".join(wish.subject_ru.split()),
        body_ru=wording.tidy(wish.body_ru),
        subject_en=" ".join(wish.subject_en.split()),
        body_en=wording.tidy(wish.body_en),
    )
    if not tidied.name:
        raise UnableToKeep(_("Give it a name: staff find it by that."))
    if not tidied.body_ru:
        raise UnableToKeep(_("Write the text."))
    if wish.channel not in Channel.values:
        raise UnableToKeep(_("Choose by what it goes."))
    if wish.is_offer and wish.channel == Channel.INBOX:
        raise UnableToKeep(_("An offer goes only where its reader agreed to it: by SMS, e-mail or push."))
    if wish.channel != Channel.SMS and not tidied.subject_ru:
        raise UnableToKeep(_("Write a subject: it stands above the letter."))
    most = SMS_MOST_CHARS if wish.channel == Channel.SMS else BODY_MOST_CHARS
    for text in (tidied.body_ru, tidied.body_en, tidied.subject_ru, tidied.subject_en):
        if len(text) > most:
            raise UnableToKeep(_("Too long: %(most)s letters at most.") % {"most": most})
        try:
            wording.check_facts(text, FACTS)
        except wording.UnableToUse as error:
            raise UnableToKeep(str(error)) from error
    if max(len(tidied.subject_ru), len(tidied.subject_en)) > wording.SUBJECT_MOST_CHARS:
        raise UnableToKeep(_("The subject is too long."))
    return tidied


def make(wish: Wish, *, by: str, address: str | None) -> Mailing:
    """A draft: nothing is sent.   Raises UnableToKeep."""
    tidied = check(wish)
    with db.atomic():
        made = Mailing.objects.create(**tidied._asdict(), made_by=by)
        _record("make_mailing", made, by, address, tidied._asdict())
    return made


def change(mailing_id: int, wish: Wish, *, by: str, address: str | None) -> None:
    """Of a draft.   Raises UnableToKeep or UnableToStart."""
    tidied = check(wish)
    with db.atomic():
        found = db.lock(Mailing, [mailing_id])[mailing_id]
        if found.state != MailingState.DRAFT:
            raise UnableToStart
        Mailing.objects.filter(pk=mailing_id).update(**tidied._asdict())
        _record("change_mailing", found, by, address, tidied._asdict())


def start(
    mailing_id: int, *, planned: int, by: str, at: datetime, address: str | None, part_price_kop: int = 0
) -> Mailing:
    """From a draft; its audience is queued by who called, in the same transaction's job.   Raises UnableToStart."""
    db.require_transaction()
    found = db.lock(Mailing, [mailing_id])[mailing_id]
    if found.state != MailingState.DRAFT:
        raise UnableToStart
    found.state, found.planned, found.started_by, found.started_at = MailingState.SENDING, planned, by, at
    found.part_price_kop = part_price_kop
    found.save(update_fields=["state", "planned", "started_by", "started_at", "part_price_kop"])
    _record("start_mailing", found, by, address, {"planned": planned, "channel": found.channel})
    return found


def stop(mailing_id: int, *, by: str, at: datetime, address: str | None) -> int:
    """Nothing more of it goes; give how many were called off. Once it is over there is nothing to stop."""
    with db.atomic():
        found = db.lock(Mailing, [mailing_id])[mailing_id]
        if found.state != MailingState.SENDING:
            return 0
        Mailing.objects.filter(pk=mailing_id).update(state=MailingState.STOPPED, stopped_by=by, ended_at=at)
        waits = Notice.objects.filter(mailing_id=mailing_id, state=NoticeState.QUEUED)
        called_off = waits.update(state=NoticeState.CANCELED, error="its mailing was stopped", secret="")
        _record("stop_mailing", found, by, address, {"called_off": called_off})
        events.publish(TOPIC, "mailing", {"mailing": mailing_id})
    return called_off


def try_on(mailing_id: int, to: str, *, by: str, address: str | None) -> int | None:
    """The number of a test that is about to be sent; None: there have been too many."""
    with db.atomic():
        found = db.lock(Mailing, [mailing_id])[mailing_id]
        if found.tests_sent >= TESTS_MOST:
            return None
        Mailing.objects.filter(pk=mailing_id).update(tests_sent=found.tests_sent + 1)
        _record("try_mailing", found, by, address, {"to": to})
    return found.tests_sent + 1


def advance(mailing: Mailing, *, through: int, is_last: bool, at: datetime) -> None:
    """So far its audience is queued.   mailing: locked."""
    db.require_transaction()
    mailing.queued_through = max(mailing.queued_through, through)
    mailing.queued_at = at if is_last else None
    mailing.save(update_fields=["queued_through", "queued_at"])


def progress(mailing: Mailing) -> Progress:
    rows = Notice.objects.filter(mailing_id=mailing.pk).order_by("state").values_list("state").annotate(n=Count("id"))
    counted: dict[str, int] = dict(rows)
    return Progress(
        mailing.planned,
        counted.get(NoticeState.QUEUED, 0),
        counted.get(NoticeState.SENT, 0),
        counted.get(NoticeState.FAILED, 0),
        counted.get(NoticeState.CANCELED, 0),
    )


def finish() -> list[int]:
    """Those of which nothing waits any more are done; give which."""
    found = [row["id"] for row in db.rows(_FINISH, {"at": clock.now()})]
    for mailing_id in found:
        _publish(mailing_id)
    return found


def tell(mailing_ids: Collection[int]) -> None:
    """The open pages of these, once a second at most; and what is over is over."""
    finished = set(finish())
    for mailing_id in sorted(set(mailing_ids) - finished):
        if time.monotonic() - _told_at.get(mailing_id, 0.0) >= TELL_EVERY_SECONDS:
            _told_at[mailing_id] = time.monotonic()
            _publish(mailing_id)


def parts_of(text: str, *, name_chars: int, is_offer: bool) -> int:
    """How many parts an SMS of it has at most, for names of so many letters."""
    facts = {
        "name": "\u044f" * name_chars,
        "contract": "0" * 12,
        "brand": settings.PROFILE.brand,
        "phone": settings.PROFILE.contacts.support_phone,
    }
    said = f"{settings.PROFILE.brand}: {wording.fill(text, facts)}"
    if is_offer:
        said += "\u044f" * 12 + f"{settings.PUBLIC_URL}/u/s{'0' * 8}-{'0' * 12}/"
    return len(sms_parts.cut(said, 1).bodies)


def _publish(mailing_id: int) -> None:
    with db.atomic():
        events.publish(TOPIC, "mailing", {"mailing": mailing_id})


def _record(action: str, mailing: Mailing, by: str, address: str | None, new: dict[str, Any]) -> None:
    audit.record(actor=by, action=f"notifications.{action}", subject=f"mailing:{mailing.pk}", new=new, address=address)
