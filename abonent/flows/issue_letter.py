"""A new password for who has forgotten his and is known by his answers: at the office, or calling. In writing.

Staff ask what only the holder of the contract knows; three right answers at least, and which ones stands in the log.
"""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf import settings

from abonent.addresses import spelling
from abonent.billing import queries as billing
from abonent.core import audit, clock, db, money
from abonent.identity import codes, users
from abonent.identity.models import User
from abonent.identity.models_codes import CodePurpose
from abonent.notifications import outbox
from abonent.payments.models import Payment, PaymentState
from abonent.subscribers import contacts
from abonent.subscribers.models import Contract

LEAST_ANSWERS = 3


class Asked(StrEnum):
    """What is asked; a screen has the words."""

    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"
    SIGNED_ON = "signed_on"
    TARIFF = "tariff"
    LAST_PAYMENT = "last_payment"
    DOCUMENT = "document"  # shown at the office, compared by eye


class Question(NamedTuple):
    asked: Asked
    answer: str  # for the staff's eyes; "" where the document itself is looked at


class UnableToIssue(Exception):
    """Nothing was changed."""


class NoSignIn(UnableToIssue):
    """The contract is closed, or nobody signs in by it."""


class NotIdentified(UnableToIssue):
    """Too few right answers, or an answer to what has none here."""


class ChangedMeanwhile(UnableToIssue):
    """Another password is in force than when the caller looked: a colleague was quicker, or its owner."""


class Letter(NamedTuple):
    """What goes into the letter; the password is kept nowhere else."""

    number: str
    full_name: str
    password: str
    must_change: bool


def questions(contract_id: int) -> list[Question]:
    """What may be asked of who says that the contract is his. The caller notes in the log that staff have looked."""
    contract = Contract.objects.select_related("customer").get(pk=contract_id)
    found = [Question(Asked.DOCUMENT, ""), Question(Asked.NAME, contract.customer.full_name)]
    line = contract.lines.select_related("premises__building").order_by("premises_id", "id").first()
    if line is not None and line.premises is not None:
        building = line.premises.building
        parts = (building.settlement, building.street, building.house, building.korpus, building.stroenie)
        found.append(Question(Asked.ADDRESS, spelling.spell(*parts, building.liter, line.premises.flat)))
    if phone := contacts.phone_of_recovery(contract.customer_id):
        found.append(Question(Asked.PHONE, contacts.show_phone(phone)))
    found.append(Question(Asked.SIGNED_ON, contract.signed_on.isoformat()))
    seen = billing.overview(contract_id, clock.today())
    if seen is not None and (tariffs := [one.name("ru") for one in seen.subscriptions if one.role == "tariff"]):
        found.append(Question(Asked.TARIFF, ", ".join(tariffs)))
    paid = (
        Payment.objects.filter(account__contract_id=contract_id, state=PaymentState.SUCCEEDED).order_by("-id").first()
    )
    if paid is not None:
        day = clock.on_date(paid.created_at).isoformat()
        found.append(Question(Asked.LAST_PAYMENT, f"{day}: {money.show(paid.amount_kop)}"))
    return found


def issue(
    *,
    contract_id: int,
    answered: Collection[Asked],
    actor: str,
    why: str,
    address: str | None,
    at: datetime,
    issued: users.Issued | None = None,
    seen: str | None = None,
) -> Letter:
    """A new password, to be written down or read out once; the old one and every session end, a one-time one too.

    answered: what was asked and answered rightly: three at least, all of `questions`; the document alone is enough.
    actor: the sign-in name of one of the staff.   why: "request 1183", "at the office".
    issued: made before by a caller who may have to repeat himself: the same twice is once.
    seen: users.state_of_password when the caller looked; None: he has not.
    Raises NoSignIn, NotIdentified or ChangedMeanwhile.
    """
    known = {one.asked for one in questions(contract_id)}
    right = set(answered)
    if not right <= known or (Asked.DOCUMENT not in right and len(right) < LEAST_ANSWERS):
        raise NotIdentified
    issued = issued or users.issue_password()  # hashing takes time: not inside the transaction
    with db.atomic():
        contract = Contract.objects.select_related("customer__user").get(pk=contract_id)
        found = contract.customer.user
        if contract.closed_on is not None or found is None or not found.is_active:
            raise NoSignIn
        user = db.lock(User, [found.pk])[found.pk]
        letter = Letter(contract.number, contract.customer.full_name, issued.plain, issued.must_change)
        if user.password == issued.hashed:
            return letter
        if seen is not None and users.state_of_password(user) != seen:
            raise ChangedMeanwhile
        users.set_password(user, issued.hashed, must_change=issued.must_change)
        codes.call_off(user.pk, CodePurpose.PASSWORD, at)
        entry = audit.record(
            actor=actor,
            action="identity.issue_password",
            subject=f"user:{user.pk}",
            new={"answered": sorted(right)},
            why=why,
            address=address,
        )
        key = f"security_changed:{entry.pk}"
        what = {"what": "password_issued"}
        outbox.queue(key=key, contract_id=contract_id, kind="security_changed", params=what)
    return letter


def paper(contract_id: int, on: date) -> dict[str, Any]:
    """What the letter says beside the password, for onboarding.papers.printing.letter.   on: the operator's today."""
    contract = Contract.objects.select_related("customer").get(pk=contract_id)
    line = contract.lines.select_related("premises__building").order_by("premises_id", "id").first()
    place = line.premises if line is not None else None
    building = place.building if place is not None else None
    parts = ("street", "house", "korpus", "stroenie", "liter")
    return {
        "again": True,
        "number": contract.number,
        "signed_on": on.isoformat(),
        "seller": {"brand": settings.PROFILE.brand},
        "buyer": {"name": contract.customer.full_name},
        "line": {
            "settlement": building.settlement if building is not None else "",
            "address": [getattr(building, name, "") for name in parts],
            "flat": place.flat if place is not None else "",
            "entrance": "",
        },
    }
