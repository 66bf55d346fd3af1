"""Bound cards, the consents they stand on, and their binding. The only module that writes BoundCard, Binding, Consent.

Of a card only the bank's token is kept. Unbinding forgets it, and what was ever asked of the bank is stored without it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from abonent.core import db, masking, periods
from abonent.ledger.models import Account
from abonent.payments.gateways import yookassa_methods
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Payment
from abonent.payments.models_cards import (
    Binding,
    BindingState,
    BoundCard,
    CardState,
    Consent,
    ConsentPurpose,
    MethodKind,
)

MOST_CARDS = 10  # of one account
NAME_CHARS = 40
OPEN = (BindingState.NEW, BindingState.PENDING)


class UnableToBind(Exception):
    """The card is not bound; nothing was charged."""


class TooManyCards(UnableToBind):
    """MOST_CARDS are bound already."""


class TokenUsed(UnableToBind):
    """The form's token is known with another account or kind."""


class TokenForgotten(Exception):
    """The card was unbound: nothing can be asked of the bank with it any more."""


class Words(NamedTuple):
    """The text a subscriber was shown and agreed to."""

    version: str
    language: str
    text: str


def agree(
    *,
    account_id: int,
    purpose: ConsentPurpose,
    cause: str,
    words: Words,
    actor: str,
    address: str | None,
    at: datetime,
) -> Consent:
    """Keep a consent once by its cause.   cause: "payment:17".   actor: a sign-in name.   address: of the browser."""
    db.require_transaction()
    row = Consent(
        account_id=account_id,
        purpose=purpose,
        cause=cause,
        version=words.version,
        language=words.language,
        text=words.text,
        actor=actor,
        address=address,
        given_at=at,
    )
    Consent.objects.bulk_create([row], ignore_conflicts=True)
    return Consent.objects.get(cause=cause)


def consent_of(cause: str) -> Consent | None:
    return Consent.objects.filter(cause=cause, withdrawn_at=None).first()


def withdraw(consent_id: int, *, at: datetime) -> None:
    Consent.objects.filter(id=consent_id, withdrawn_at=None).update(withdrawn_at=at)


# --- a binding at zero amount ---------------------------------------------------------------------------------
def reserve_binding_id() -> int:
    """The id of a binding to come: the bank is told it before the row stands."""
    return int(db.rows("select nextval(pg_get_serial_sequence('payments_binding', 'id')) as id")[0]["id"])


def open_binding(
    *, binding_id: int, account_id: int, kind: str, submit_token: str, request: Mapping[str, Any], at: datetime
) -> tuple[Binding, bool]:
    """The form's binding, and whether it is new.   Raises TokenUsed; TooManyCards."""
    db.require_transaction()
    if of_account_count(account_id) >= MOST_CARDS:
        raise TooManyCards(f"account {account_id} has {MOST_CARDS} cards")
    row = Binding(
        id=binding_id,
        account_id=account_id,
        kind=kind,
        idempotence_key=f"bind-{binding_id}",
        submit_token=submit_token,
        request=dict(request),
        created_at=at,
    )
    Binding.objects.bulk_create([row], ignore_conflicts=True)
    found = Binding.objects.get(submit_token=submit_token)
    if (found.account_id, found.kind) != (account_id, kind):
        raise TokenUsed(submit_token)
    return found, found.id == binding_id


def lock_binding(binding_id: int) -> Binding:
    return db.lock(Binding, [binding_id])[binding_id]


def mark_pending(binding: Binding, *, external_id: str, confirmation_url: str) -> None:
    """The bank waits for the payer. An id once kept never changes."""
    assert binding.state in OPEN, (binding.id, binding.state)
    assert binding.external_id in {None, external_id}, (binding.id, external_id)
    binding.state, binding.external_id = BindingState.PENDING, external_id
    binding.confirmation_url = confirmation_url or binding.confirmation_url
    binding.save(update_fields=["state", "external_id", "confirmation_url"])


def mark_bound(binding: Binding, *, external_id: str, at: datetime) -> None:
    assert binding.external_id in {None, external_id}, (binding.id, external_id)
    binding.state, binding.external_id, binding.settled_at = BindingState.BOUND, external_id, at
    binding.reason = ""
    binding.save(update_fields=["state", "external_id", "settled_at", "reason"])


def mark_failed(binding: Binding, *, reason: str, at: datetime) -> None:
    """reason: "inactive", "refused", "never_reached_bank", or the bank's code."""
    assert binding.state in OPEN, (binding.id, binding.state)
    binding.state, binding.reason, binding.settled_at = BindingState.FAILED, reason[:64], at
    binding.save(update_fields=["state", "reason", "settled_at"])


# --- cards ----------------------------------------------------------------------------------------------------
def keep(
    *, account_id: int, cause: str, consent: Consent, method: objects.BankMethod, at: datetime
) -> tuple[BoundCard, bool]:
    """Keep a saved method's token once by its cause, and tell whether it is new; the first one is the default.

    Locks the account, so that two at once have one default.   cause: "payment:17", "binding:3".
    """
    db.lock(Account, [account_id])
    has_default = BoundCard.objects.filter(account_id=account_id, is_default=True).exists()
    kind = MethodKind.SBP if method.kind == MethodKind.SBP else MethodKind.BANK_CARD
    row = BoundCard(
        account_id=account_id,
        kind=kind,
        token=method.id,
        title=masking.text(method.title),
        system=method.system,
        expires_on=_expires_on(method.expiry),
        is_default=not has_default,
        cause=cause,
        consent=consent,
        bound_at=at,
    )
    known = BoundCard.objects.filter(cause=cause).first() or BoundCard.objects.filter(token=method.id).first()
    if known is None:
        row.save(force_insert=True)
        return row, True
    return known, False


def rename(account_id: int, card_id: int, name: str) -> BoundCard:
    """Give an own card a name; a card's number in it is masked.   Raises BoundCard.DoesNotExist for another's."""
    card = own(account_id, card_id)
    card.name = masking.text(" ".join(name.split()))[:NAME_CHARS]
    card.save(update_fields=["name"])
    return card


def make_default(account_id: int, card_id: int) -> BoundCard:
    """What is offered first. Locks the account.   Raises BoundCard.DoesNotExist."""
    db.lock(Account, [account_id])
    card = own(account_id, card_id)
    BoundCard.objects.filter(account_id=account_id, is_default=True).exclude(id=card_id).update(is_default=False)
    card.is_default = True
    card.save(update_fields=["is_default"])
    return card


def unbind(card_id: int, *, why: str, at: datetime) -> BoundCard | None:
    """Forget a card's token; the oldest other card becomes the default. None: it was forgotten before.

    Locks the account.   why: "owner", or the bank's word.
    """
    account_id = BoundCard.objects.values_list("account_id", flat=True).get(id=card_id)
    db.lock(Account, [account_id])
    card = db.lock(BoundCard, [card_id])[card_id]
    if card.state == CardState.UNBOUND:
        return None
    was_default = card.is_default
    card.state, card.token, card.is_default = CardState.UNBOUND, None, False
    card.unbound_at, card.unbound_why = at, why[:64]
    card.save(update_fields=["state", "token", "is_default", "unbound_at", "unbound_why"])
    withdraw(card.consent_id, at=at)
    if was_default and (others := of_account(account_id)):
        BoundCard.objects.filter(id=others[0].id).update(is_default=True)
    return card


def of_account(account_id: int) -> list[BoundCard]:
    """Those that can pay, the oldest first."""
    return list(BoundCard.objects.filter(account_id=account_id, state=CardState.ACTIVE).order_by("id"))


def of_account_count(account_id: int) -> int:
    return BoundCard.objects.filter(account_id=account_id, state=CardState.ACTIVE).count()


def own(account_id: int, card_id: int) -> BoundCard:
    """A card that can pay, through its account.   Raises BoundCard.DoesNotExist."""
    return BoundCard.objects.get(account_id=account_id, id=card_id, state=CardState.ACTIVE)


def binding_by_token(account_id: int, submit_token: str) -> Binding | None:
    """The binding of a form of this account's: for the page the bank sends the payer back to."""
    if not submit_token or "\0" in submit_token:
        return None
    return Binding.objects.filter(account_id=account_id, submit_token=submit_token[:64]).first()


def open_binding_ids(*, before: datetime, limit: int) -> list[int]:
    found = Binding.objects.filter(state__in=OPEN, created_at__lt=before).order_by("created_at", "id")
    return list(found.values_list("id", flat=True)[:limit])


def body_of(payment: Payment) -> dict[str, Any]:
    """What the bank is asked for a payment; the token of its bound card joins here.   Raises TokenForgotten."""
    if payment.card_id is None:
        return dict(payment.request)
    token = BoundCard.objects.values_list("token", flat=True).get(id=payment.card_id)
    if token is None:
        raise TokenForgotten(f"payment {payment.id} is by card {payment.card_id}, which is unbound")
    return yookassa_methods.with_token(payment.request, token)


def _expires_on(expiry: tuple[int, int] | None) -> date | None:
    return periods.month(date(*expiry, 1), 1) if expiry else None
