"""What a customer agreed to beyond the contract, by purpose. The only module that writes PersonalConsent."""

from collections.abc import Collection
from datetime import datetime

from abonent.core import audit, db
from abonent.subscribers.models import Customer, PersonalConsent
from abonent.subscribers.models_personal import Purpose

VERSION = "2026-11-22"  # of the texts that the page shows; a word changed there is a new version here


def give(
    customer_id: int, purpose: str, *, text: str, language: str, actor: str, at: datetime, address: str | None = None
) -> PersonalConsent:
    """Keep what he agreed to, in the words he was shown; twice is once while it is in force."""
    with db.atomic():
        db.lock(Customer, [customer_id])
        known = PersonalConsent.objects.filter(customer_id=customer_id, purpose=purpose, withdrawn_at=None).first()
        if known is not None:
            return known
        made = PersonalConsent.objects.create(
            customer_id=customer_id, purpose=Purpose(purpose), version=VERSION, language=language, text=text,
            actor=actor, address=address, given_at=at,
        )  # fmt: skip
        _record("give_consent", customer_id, purpose, actor, address)
    return made


def withdraw(customer_id: int, purpose: str, *, actor: str, at: datetime, address: str | None = None) -> bool:
    """From this moment on it counts no more; give whether one was in force."""
    with db.atomic():
        db.lock(Customer, [customer_id])
        in_force = PersonalConsent.objects.filter(customer_id=customer_id, purpose=purpose, withdrawn_at=None)
        done = in_force.update(withdrawn_at=at, withdrawn_by=actor) == 1
        if done:
            _record("withdraw_consent", customer_id, purpose, actor, address)
    return done


def in_force(customer_id: int) -> dict[str, PersonalConsent]:
    """By purpose."""
    found = PersonalConsent.objects.filter(customer_id=customer_id, withdrawn_at=None)
    return {one.purpose: one for one in found}


def who_agreed(customer_ids: Collection[int], purpose: str) -> set[int]:
    """Of these customers those to whom a mailing of that purpose may go. One query."""
    found = PersonalConsent.objects.filter(customer_id__in=customer_ids, purpose=Purpose(purpose), withdrawn_at=None)
    return set(found.values_list("customer_id", flat=True))


def history(customer_id: int) -> list[PersonalConsent]:
    """All of them, the newest first."""
    return list(PersonalConsent.objects.filter(customer_id=customer_id).order_by("-id"))


def _record(action: str, customer_id: int, purpose: str, actor: str, address: str | None) -> None:
    new = {"purpose": purpose, "version": VERSION}
    audit.record(
        actor=actor, action=f"subscribers.{action}", subject=f"customer:{customer_id}", new=new, address=address
    )
