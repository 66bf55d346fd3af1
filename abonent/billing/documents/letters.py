"""E-mails with a month's documents: queued once, claimed, marked. The only module that writes DocumentLetter.

Claim (attempts + 1, the next try pushed ahead) → sent by the flow, outside any transaction → mark. Killed between the
last two it goes again under the same Message-ID.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, models
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from abonent.billing.models_documents import Document
from abonent.billing.models_letters import DocumentLetter, DocumentLetterState
from abonent.core import audit, db

CLAIMED_SECONDS = 300
RETRY_AFTER_SECONDS = (60, 300, 900, 3600, 3 * 3600)  # after the first try, the second…; then it has bounced
_CLAIM = """
    update billing_documentletter letter
    set attempts = attempts + 1, next_try_at = clock_timestamp() + make_interval(secs => %s)
    where id = (select id from billing_documentletter
                where state = 'queued' and next_try_at <= clock_timestamp()
                order by next_try_at, id limit 1 for update skip locked)
    returning id
"""
_LAST = """
    select distinct on (contract_id) contract_id, id, state, to_address, turn, sent_at, error
    from billing_documentletter
    where month = %(month)s and contract_id = any(%(contracts)s)
    order by contract_id, correction desc, turn desc
"""
_COUNTS = """
    select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'sent') as sent,
           count(*) filter (where state = 'bounced') as bounced,
           count(*) filter (where state = 'no_address') as no_address
    from (select distinct on (contract_id) state from billing_documentletter where month = %s
          order by contract_id, correction desc, turn desc) last
"""
_NAME, _SALT, _SIGNATURE_CHARS = "document-letter", "abonent.billing.documents.letters", 16


class UnableToSendAgain(Exception):
    """There is nothing to send, nowhere to send it, or it is on its way already."""


class Last(NamedTuple):
    """The last letter of a contract's month."""

    contract_id: int
    id: int
    state: str
    to_address: str
    turn: int
    sent_at: datetime | None
    error: str


class Counts(NamedTuple):
    queued: int
    sent: int
    bounced: int
    no_address: int


def claim() -> DocumentLetter | None:
    """One letter that is due, taken for some minutes; in a transaction of its own."""
    found = db.rows(_CLAIM, [CLAIMED_SECONDS])
    return DocumentLetter.objects.select_related("contract__customer").get(pk=found[0]["id"]) if found else None


def in_it(letter: DocumentLetter) -> list[Document]:
    """What it carries: the documents of its month and correction, in the order of kinds."""
    found = Document.objects.filter(contract_id=letter.contract_id, month=letter.month, correction=letter.correction)
    order = {"invoice": 0, "act": 1, "vat_invoice": 2}
    return sorted(found, key=lambda one: order[one.kind])


def mark_sent(letter: DocumentLetter, at: datetime) -> None:
    _queued(letter).update(state=DocumentLetterState.SENT, sent_at=at, error="")


def mark_failed(letter: DocumentLetter, error: str, at: datetime, *, for_good: bool) -> None:
    """It goes again after a while, unless the tries are used up."""
    if for_good or letter.attempts > len(RETRY_AFTER_SECONDS):
        _queued(letter).update(state=DocumentLetterState.BOUNCED, bounced_at=at, error=error[:300])
        return
    wait = timedelta(seconds=RETRY_AFTER_SECONDS[letter.attempts - 1])
    _queued(letter).update(next_try_at=Now() + wait, error=error[:300])


def send_again(contract_id: int, month: date, to_address: str, *, actor: str, address: str | None) -> DocumentLetter:
    """Queue the last documents of a month once more; pressed twice it is one.   Raises UnableToSendAgain."""
    last = Document.objects.filter(contract_id=contract_id, month=month).order_by("-correction").first()
    if last is None or not to_address:
        raise UnableToSendAgain
    try:
        with db.atomic():
            before = DocumentLetter.objects.filter(
                contract_id=contract_id, month=month, correction=last.correction
            ).order_by("-turn")
            newest = before.first()
            made = DocumentLetter.objects.create(
                contract_id=contract_id, month=month, correction=last.correction,
                turn=newest.turn + 1 if newest else 0, to_address=to_address, state=DocumentLetterState.QUEUED,
                asked_by=actor,
            )  # fmt: skip
            audit.record(
                actor=actor, action="documents.send_again", subject=f"contract:{contract_id}",
                new={"month": f"{month:%Y-%m}", "turn": made.turn}, address=address,
            )  # fmt: skip
    except IntegrityError as error:
        raise UnableToSendAgain from error
    return made


def key_of(letter: DocumentLetter) -> str:
    """Of its Message-ID; signed, so that nobody else's bounce is believed."""
    return f"{_NAME}.{letter.pk}.{_signature(letter.pk)}"


def bounced(message_id: str, what: str, at: datetime) -> bool:
    """A mail server has told that it did not arrive; give whether it was a letter of ours."""
    name, _dot, rest = message_id.strip().strip("<>").partition("@")[0].partition(".")
    number, _dot, signature = rest.partition(".")
    if name != _NAME or not (number.isascii() and number.isdigit() and len(number) < 18):
        return False
    if not constant_time_compare(signature, _signature(int(number))):
        return False
    sent = DocumentLetter.objects.filter(
        pk=int(number), state__in=[DocumentLetterState.SENT, DocumentLetterState.QUEUED]
    )
    return bool(sent.update(state=DocumentLetterState.BOUNCED, bounced_at=at, error=what[:300]))


def last_of(month: date, contract_ids: Sequence[int]) -> dict[int, Last]:
    """By contract, in one statement."""
    rows = db.rows(_LAST, {"month": month, "contracts": list(contract_ids)})
    return {row["contract_id"]: Last(**row) for row in rows}


def counts(month: date) -> Counts:
    return Counts(**db.rows(_COUNTS, [month])[0])


def _queued(letter: DocumentLetter) -> "models.QuerySet[DocumentLetter]":
    return DocumentLetter.objects.filter(pk=letter.pk, state=DocumentLetterState.QUEUED)


def _signature(letter_id: int) -> str:
    return salted_hmac(_SALT, str(letter_id), algorithm="sha256").hexdigest()[:_SIGNATURE_CHARS]
