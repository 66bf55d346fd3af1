"""A message of the staff to many: whom it means, started, queued chunk by chunk, tried on oneself.

A chunk is one transaction: its notices and how far the mailing is. A customer has one notice of a mailing by its key.
Who is killed between two chunks, or runs beside another, leaves nobody out and tells nobody twice.
"""

import time
from typing import Any, NamedTuple

from django.conf import settings

from abonent.core import clock, db, jobs, money
from abonent.notifications import delivery, mailings, refusals, texts, wording
from abonent.notifications.channels import message
from abonent.notifications.models import Channel, Mailing, MailingState
from abonent.notifications.text_shape import Text
from abonent.notifications.ways import CONSENTS

CHUNK = 5000
RUN_SECONDS = 5  # then the job hands over, so that a worker can stop
TEST_IDS_FROM = 1_400_000_000  # the gateways know an SMS by a number of 31 bits; notices have those below

_AUDIENCE = db.read_sql(__file__, "mailing_audience")
_COUNT = _AUDIENCE.replace(
    "{then}",
    "select count(*) filter (where way <> 'inbox') as reached, count(*) filter (where way = 'inbox') as only_mail, "
    "coalesce(max(length(name)) filter (where way <> 'inbox'), 0) as name_chars from meant",
)
_QUEUE = _AUDIENCE.replace("{then}", db.read_sql(__file__, "mailing_queue"))


class UnableToTry(Exception):
    """The test did not go; its text says why, for the page."""


class Counted(NamedTuple):
    reached: int  # by its channel
    only_mail: int  # it stands in their Mail alone: no phone, or they have switched the channel off
    parts: int  # of an SMS, at most
    cost_kop: int  # at most

    @property
    def all(self) -> int:
        return self.reached + self.only_mail


def count(mailing: Mailing) -> Counted:
    """Whom it means now, and what it costs at most."""
    found = db.rows(_COUNT, _params(mailing, after=0))[0]
    if mailing.channel != Channel.SMS:
        return Counted(found["reached"], found["only_mail"], 0, 0)
    parts = max(
        mailings.parts_of(text, name_chars=found["name_chars"], is_offer=mailing.is_offer)
        for text in (mailing.body_ru, mailing.body_en or mailing.body_ru)
    )
    cost_kop = found["reached"] * parts * settings.SMS_PART_PRICE_KOP
    return Counted(found["reached"], found["only_mail"], parts, cost_kop)


def start(mailing_id: int, *, by: str, address: str | None) -> Counted:
    """From now on it goes.   Raises mailings.UnableToStart."""
    counted = count(Mailing.objects.get(pk=mailing_id))
    with db.atomic():
        mailings.start(
            mailing_id, planned=counted.all, by=by, at=clock.now(), address=address,
            part_price_kop=settings.SMS_PART_PRICE_KOP,
        )  # fmt: skip
        queue.defer(mailing_id)
    return counted


@jobs.job(queue="notifications", lock="mailing:{mailing_id}", queueing_lock="mailing:{mailing_id}", retry=5)
def queue(mailing_id: int) -> None:
    """Queue the notices of its audience, a chunk a transaction, from where it stands."""
    until = time.monotonic() + RUN_SECONDS
    while queue_chunk(mailing_id):
        if time.monotonic() > until:
            with db.atomic():
                queue.defer(mailing_id)
            return


def queue_chunk(mailing_id: int) -> bool:
    """One more chunk; give whether there may be another."""
    with db.atomic():
        mailing = db.lock(Mailing, [mailing_id])[mailing_id]
        if mailing.state != MailingState.SENDING or mailing.queued_at is not None:
            return False
        params = _params(mailing, after=mailing.queued_through)
        found = db.rows(_QUEUE, params | _texts(mailing) | {"most": CHUNK})[0]
        is_last = found["meant"] < CHUNK
        mailings.advance(mailing, through=found["through"], is_last=is_last, at=clock.now())
        delivery.deliver.wake()
    mailings.tell([mailing_id])
    return not is_last


def go_on() -> None:
    """For the schedule: what a killed process has left half queued."""
    for mailing_id in Mailing.objects.filter(state=MailingState.SENDING, queued_at=None).values_list("id", flat=True):
        with db.atomic():
            queue.defer(mailing_id)


def try_on(mailing: Mailing, to: str, *, language: str, by: str, address: str | None) -> None:
    """One message of it to a phone or a mail address of the staff's own.   Raises UnableToTry."""
    number = mailings.try_on(mailing.pk, to, by=by, address=address)
    if number is None:
        raise UnableToTry("too many")
    text = _sample(mailing, language)
    refusal_url = refusals.url(0, Channel(mailing.channel)) if mailing.is_offer else ""
    is_sms = "@" not in to
    one = message.Message(
        notice_id=TEST_IDS_FROM + mailing.pk * (mailings.TESTS_MOST + 1) + number,
        key=f"mailing-test:{mailing.pk}:{number}",
        kind=texts.MAILING,
        address=to,
        subject=text.subject or mailing.name,
        body=texts.sms(text, language=language, refusal_url=refusal_url)
        if is_sms
        else texts.letter(text, language=language, refusal_url=refusal_url),
        refusal_url=refusal_url,
    )
    try:
        (delivery.sms_gateway() if is_sms else delivery.email_gateway())(one)
    except message.UnableToSend as error:
        raise UnableToTry(str(error)) from error


def preview(mailing: Mailing, language: str) -> str:
    """As its reader gets it by its channel."""
    text = _sample(mailing, language)
    refusal_url = refusals.url(0, Channel(mailing.channel)) if mailing.is_offer else ""
    if mailing.channel == Channel.SMS:
        return texts.sms(text, language=language, refusal_url=refusal_url)
    return texts.letter(text, language=language, refusal_url=refusal_url)


def _sample(mailing: Mailing, language: str) -> Text:
    is_english = language == "en" and bool(mailing.body_en)
    facts = {
        "name": "Anna" if is_english else "\u0410\u043d\u043d\u0430",
        "contract": "100001",
        "brand": settings.PROFILE.brand,
        "phone": settings.PROFILE.contacts.support_phone,
    }
    subject = mailing.subject_en if is_english else mailing.subject_ru
    body = mailing.body_en if is_english else mailing.body_ru
    return Text(wording.fill(subject, facts), wording.fill(body, facts))


def _params(mailing: Mailing, *, after: int) -> dict[str, Any]:
    number = 0
    if mailing.audience == "building":
        number = int(mailing.audience_value or 0)
    elif mailing.audience == "debtors":
        number = money.parse(mailing.audience_value) if mailing.audience_value else 0
    return {
        "after": after,
        "audience": mailing.audience,
        "value": mailing.audience_value,
        "number": number,
        "channel": mailing.channel,
        "is_offer": mailing.is_offer,
        "purpose": CONSENTS.get(Channel(mailing.channel), ""),
    }


def _texts(mailing: Mailing) -> dict[str, Any]:
    return {
        "mailing_id": mailing.pk,
        "kind": texts.MAILING_OFFER if mailing.is_offer else texts.MAILING,
        "subject_ru": mailing.subject_ru or mailing.name,
        "body_ru": mailing.body_ru,
        "subject_en": (mailing.subject_en or mailing.subject_ru or mailing.name),
        "body_en": mailing.body_en or mailing.body_ru,
        "brand": settings.PROFILE.brand,
        "phone": settings.PROFILE.contacts.support_phone,
    }
