"""The bank's incoming documents: kept once, credited, queued for staff. The only module that writes BankEntry."""

from abonent.core import db
from abonent.payments.models_desk import BankEntry, BankEntryState


def release(payment_id: int, *, why: str) -> None:
    """Its payment was a mistake and is taken back: staff decide anew whose the document is."""
    db.require_transaction()
    found = BankEntry.objects.filter(payment_id=payment_id).select_for_update(no_key=True).first()
    if found is None:
        return
    found.state, found.payment, found.account = BankEntryState.QUEUED, None, None
    found.turn, found.why = found.turn + 1, why
    found.save(update_fields=["state", "payment", "account", "turn", "why"])
