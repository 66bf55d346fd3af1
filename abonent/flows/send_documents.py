"""The month's documents go out by e-mail with their PDF: each once, and again when staff ask for it.

make_due ──► queue_new (a row a month of a contract) ──► job: claim ──► rendered, sent ──► marked
"""

import time
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.billing.documents import formats, letters, printing
from abonent.billing.models_letters import DocumentLetter
from abonent.core import clock, db, jobs, money, periods
from abonent.notifications import delivery, texts
from abonent.notifications.channels import message
from abonent.notifications.text_shape import Text
from abonent.subscribers.models import Contact, ContactKind, Contract

SINCE_DAYS = 45  # by the dates on them: what is older went out another way, and staff send it if they wish
RUN_SECONDS = 5  # then the job hands over, so that a worker can stop
KIND = "documents"
_QUEUE_NEW = db.read_sql(__file__, "send_documents")


def queue_new(at: datetime) -> int:
    """Rows of the letters that have none; wakes the job. For the schedule and the month's end; safe twice."""
    with db.atomic():
        queued = db.run(_QUEUE_NEW, {"since": clock.on_date(at) - timedelta(days=SINCE_DAYS)})
    waits = db.rows(
        "select 1 from billing_documentletter where state = 'queued' and next_try_at <= clock_timestamp() limit 1"
    )
    if waits:
        with db.atomic():
            send_due.defer()
    return queued


def send_again(contract_id: int, month: date, *, actor: str, address: str | None) -> DocumentLetter:
    """To the mail address that its owner has now.   Raises letters.UnableToSendAgain."""
    made = letters.send_again(contract_id, month, address_of(contract_id), actor=actor, address=address)
    with db.atomic():
        send_due.defer()
    return made


def address_of(contract_id: int) -> str:
    """ "": he has none."""
    customer_id = Contract.objects.values_list("customer_id", flat=True).get(pk=contract_id)
    found = Contact.objects.filter(customer_id=customer_id, kind=ContactKind.EMAIL)
    newest = F("confirmed_at").desc(nulls_last=True)
    return found.order_by(newest, "id").values_list("value", flat=True).first() or ""


@jobs.job(queue="documents", lock="document_letters", queueing_lock="document_letters", retry=3)
def send_due() -> None:
    """Everything that is due, then sleep until the next one is."""
    until = time.monotonic() + RUN_SECONDS
    while (letter := letters.claim()) is not None:
        _send(letter)
        if time.monotonic() > until:
            send_due.defer()
            return
    wait = db.rows(
        "select ceil(extract(epoch from min(next_try_at) - clock_timestamp()))::int as seconds "
        "from billing_documentletter where state = 'queued'"
    )[0]["seconds"]
    if wait is not None:
        send_due.defer_in(max(wait, 1))


def _send(letter: DocumentLetter) -> None:
    try:
        delivery.email_gateway()(_message(letter))
    except message.UnableToSend as error:
        for_good = isinstance(error, message.UnableToEverSend)
        letters.mark_failed(letter, str(error), clock.now(), for_good=for_good)
    else:
        letters.mark_sent(letter, clock.now())


def _message(letter: DocumentLetter) -> message.Message:
    """PDFs in Russian, as the law asks; the words around them in the customer's language."""
    language = "en" if letter.contract.customer.language.startswith("en") else "ru"
    papers = letters.in_it(letter)
    files = [(printing.file_name(one), printing.pdf(one, "ru"), "application/pdf") for one in papers]
    with translation.override(language):
        said = {"month": formats.period(periods.calendar_month(letter.month)), "number": letter.contract.number}
        subject = _("Documents for %(month)s, contract %(number)s") % said
        lines = [subject + ":"] + [
            f"- {'. '.join(filter(None, [printing.title(one), printing.correction(one)]))}, {money.show(one.total_kop)}"
            for one in papers
        ]
        told = _("The files are attached. They also stand in the account: %(url)s") % {
            "url": f"{settings.PUBLIC_URL}/cabinet/documents/"
        }
        body = texts.letter(Text(subject, "\n".join([*lines, "", told])), language=language)
    return message.Message(
        notice_id=0,
        key=letters.key_of(letter),
        kind=KIND,
        address=letter.to_address,
        subject=subject,
        body=body,
        attachments=tuple(files),
    )
