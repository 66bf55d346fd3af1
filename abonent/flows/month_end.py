"""The month's documents of legal entities at once, when an accountant does not want to wait for the night."""

from abonent.billing.documents import invoices
from abonent.core import audit, clock, db, jobs
from abonent.flows import send_documents, tell_documents


@jobs.job(queue="documents", lock="documents", queueing_lock="documents", retry=2)
def make_documents() -> None:
    """What is due, then its letters. Killed anywhere, a repeat makes what is missing: each document is there once."""
    invoices.make_due(clock.today())
    tell_documents.tell_new(clock.now())
    send_documents.queue_new(clock.now())


def begin(*, actor: str, address: str | None = None) -> None:
    """Ask for it, once however often it is pressed."""
    with db.atomic():
        audit.record(actor=actor, action="documents.make_due", subject="documents:due", address=address)
        make_documents.defer()
