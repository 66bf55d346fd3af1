"""Keep what the bank has saved, when its owner agreed to it: after a payment, or after a binding at zero amount."""

from abonent.core import clock, db, events
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.payments import cards
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Payment
from abonent.payments.models_cards import BoundCard


def cause_of(payment: Payment) -> str:
    """What names the consent given with a payment, and the card bound by it."""
    return f"payment:{payment.id}"


def of_payment(payment: Payment, method: objects.BankMethod | None) -> BoundCard | None:
    """Keep the method of a payment that was asked to save it. Without a consent of ours no token is kept."""
    if not payment.request.get("save_payment_method") or method is None:
        return None
    return keep(account_id=payment.account_id, cause=cause_of(payment), method=method)


def keep(*, account_id: int, cause: str, method: objects.BankMethod) -> BoundCard | None:
    """Keep it once by its cause, and tell. None: the bank has not saved it, or nobody has agreed.

    In the caller's transaction.   cause: "payment:17", "binding:3".
    """
    db.require_transaction()
    consent = cards.consent_of(cause)
    if not method.saved or consent is None:
        return None
    card, is_new = cards.keep(account_id=account_id, cause=cause, consent=consent, method=method, at=clock.now())
    if is_new:
        contract_id = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
        assert contract_id is not None, account_id
        outbox.queue(
            key=f"card_bound:{card.id}", contract_id=contract_id, kind="card_bound", params={"card": card.title}
        )
        events.publish(f"contract:{contract_id}", "card", {"card_id": card.id})
    return card
