"""An answer that its reader has not seen goes to him by e-mail, or an SMS says that it waits.

The letter's Reply-To is an address of ours, signed, that leads back into the conversation (letters_in.py). Its
Message-ID comes from the message, so that one sent twice is one letter.
"""

import hmac
import logging
import re
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from abonent.conversations import queries
from abonent.conversations.models import Author, Conversation, Message
from abonent.core import clock, db, jobs
from abonent.notifications import delivery, outbox
from abonent.notifications.channels import message as channels
from abonent.notifications.channels import smtp
from abonent.subscribers.models import Contact, ContactKind
from abonent.support import desks, shown

UNREAD_SECONDS = 60
SMS_IDS_FROM = 1_500_000_000  # the gateways know an SMS by a number of 31 bits; notices have those below
MARKER = "-- >8 --"  # what stands below it in a reply is our own letter
_SALT = "abonent.support.letters"
_REPLY = re.compile(r"^reply\+(\d{1,18})\.([0-9a-f]{24})$")

log = logging.getLogger(__name__)


@jobs.job(queue="notifications", lock="letter:{message_id}", queueing_lock="letter:{message_id}", retry=5)
def send(message_id: int) -> None:
    """Send one answer out, unless it has been read."""
    message = Message.objects.select_related("conversation__contract").get(pk=message_id)
    conversation = message.conversation
    if conversation.read_by_visitor >= message.sequence:
        return
    address = email_of(conversation)
    if address and settings.EMAIL_GATEWAY != "smtp":
        log.info("letter of message %s would be sent", message_id)
    elif address:
        letter(message, conversation, address).send()
    elif conversation.guest_contact.startswith("+"):
        _tell_guest(message, conversation)
    elif conversation.contract_id is not None:
        with db.atomic():
            outbox.queue(
                key=f"answer_waits:{conversation.pk}:{conversation.read_by_visitor}",
                contract_id=conversation.contract_id,
                kind="answer_waits",
                params={},
            )


class NoAddress(Exception):
    """There is no e-mail address to send it to."""


def ask_transcript(conversation: Conversation) -> None:
    """Its visitor wants the whole of it by e-mail; asked twice, it is one letter.   Raises NoAddress."""
    if not email_of(conversation):
        raise NoAddress
    with db.atomic():
        send_transcript.defer(conversation_id=conversation.pk, sequence=conversation.last_sequence)


@jobs.job(
    queue="notifications",
    lock="transcript:{conversation_id}",
    queueing_lock="transcript:{conversation_id}:{sequence}",
    retry=5,
)
def send_transcript(conversation_id: int, sequence: int) -> None:
    """sequence: the last message when it was asked for; a repeat has the same Message-ID."""
    conversation = Conversation.objects.get(pk=conversation_id)
    address = email_of(conversation)
    if not address:
        return
    if settings.EMAIL_GATEWAY != "smtp":
        log.info("the transcript of conversation %s would be sent", conversation_id)
        return
    transcript(conversation, sequence, address).send()


def transcript(conversation: Conversation, sequence: int, address: str) -> EmailMessage:
    sender = desks.department(conversation.department).email
    with translation.override(conversation.language):
        said = [one for one in queries.messages(conversation.pk) if one.sequence <= sequence]
        subject = _("Your conversation with %(brand)s") % {"brand": settings.PROFILE.brand}
        page = _("The whole conversation: %(url)s") % {"url": page_of(conversation)}
        body = f"{shown.transcript(said, conversation)}\n{page}\n"
    return EmailMessage(
        subject=subject,
        body=body,
        from_email=formataddr((settings.PROFILE.brand, sender)),
        to=[address],
        reply_to=[reply_address(conversation.pk)],
        headers={
            "Message-ID": f"<talk.{conversation.pk}.all.{sequence}@{settings.REPLY_DOMAIN}>",
            "Auto-Submitted": "auto-replied",
            "X-Auto-Response-Suppress": "All",
        },
        connection=get_connection(smtp.BACKEND),
    )


def _tell_guest(message: Message, conversation: Conversation) -> None:
    """By SMS that his answer waits, outside quiet hours, once for all he has not read."""
    quiet_seconds = delivery.seconds_of_quiet(clock.now())
    if quiet_seconds:
        send.defer_in(quiet_seconds, message_id=message.pk)
        return
    earlier = conversation.messages.filter(author=Author.STAFF, is_note=False, sequence__lt=message.sequence)
    if earlier.filter(sequence__gt=conversation.read_by_visitor).exists():
        return  # he was told when the first of them came
    with translation.override(conversation.language):
        said = _("Your question is answered. Read it: %(url)s") % {"url": page_of(conversation)}
    sms = channels.Message(
        notice_id=SMS_IDS_FROM + message.pk,
        key=f"talk:{conversation.pk}:{message.sequence}",
        kind="answer_waits",
        address=conversation.guest_contact,
        subject="",
        body=f"{settings.PROFILE.brand}: {said}",
    )
    delivery.sms_gateway()(sms)


def letter(message: Message, conversation: Conversation, address: str) -> EmailMessage:
    sender = desks.department(conversation.department).email
    first = _message_id(conversation.pk, 0)
    with translation.override(conversation.language):
        subject = conversation.subject or _("Your conversation with %(brand)s") % {"brand": settings.PROFILE.brand}
        reply_above = _("Reply above this line")
        body = "\n".join(
            (
                f"{MARKER} {reply_above}",
                "",
                message.text,
                "",
                f"{message.author_name}, {settings.PROFILE.brand}",
                _("The whole conversation: %(url)s") % {"url": page_of(conversation)},
                "",
            )
        )
    made = EmailMessage(
        subject=f"Re: {subject}",
        body=body,
        from_email=formataddr((f"{message.author_name}, {settings.PROFILE.brand}", sender)),
        to=[address],
        reply_to=[reply_address(conversation.pk)],
        headers={
            "Message-ID": _message_id(conversation.pk, message.sequence),
            "In-Reply-To": first,
            "References": first,
            "X-Auto-Response-Suppress": "All",
        },
        connection=get_connection(smtp.BACKEND),
    )
    for one in message.attachments.order_by("place"):
        found = queries.attachment(conversation.pk, one.pk)
        if found is not None:
            made.attach(one.name, found[1], one.content_type.partition(";")[0])
    return made


def page_of(conversation: Conversation) -> str:
    room = "mail" if conversation.contract_id else "chat"
    return f"{settings.PUBLIC_URL}/{room}/{conversation.token}/"


def email_of(conversation: Conversation) -> str:
    """Where the visitor reads letters; "" where he has no address."""
    if conversation.contract_id is None:
        return conversation.guest_contact if "@" in conversation.guest_contact else ""
    return next(iter(emails_of_contract(conversation.contract_id)), "")


def emails_of_contract(contract_id: int) -> list[str]:
    """Of its customer, the confirmed ones first."""
    found = Contact.objects.filter(kind=ContactKind.EMAIL, customer__contracts=contract_id)
    return list(found.order_by(F("confirmed_at").desc(nulls_last=True), "id").values_list("value", flat=True))


def reply_address(conversation_id: int) -> str:
    """Where an answer to our letter comes back; nobody can make one up."""
    return f"reply+{conversation_id}.{_signature(conversation_id)}@{settings.REPLY_DOMAIN}"


def conversation_of(address: str) -> int | None:
    """Whose reply address it is.   None: not one of ours, or made up."""
    name, _at, domain = parseaddr(address)[1].lower().rpartition("@")
    match = _REPLY.match(name)
    if match is None or domain != settings.REPLY_DOMAIN.lower():
        return None
    number = int(match[1])
    return number if hmac.compare_digest(match[2], _signature(number)) else None


def is_ours(message_id: str) -> bool:
    """Whether a letter with that Message-ID went out from here."""
    return message_id.strip().startswith("<talk.") and message_id.strip().endswith(f"@{settings.REPLY_DOMAIN}>")


def _message_id(conversation_id: int, sequence: int) -> str:
    return f"<talk.{conversation_id}.{sequence}@{settings.REPLY_DOMAIN}>"


def _signature(conversation_id: int) -> str:
    return salted_hmac(_SALT, str(conversation_id), algorithm="sha256").hexdigest()[:24]
