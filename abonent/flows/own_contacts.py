"""A subscriber's phones and mail addresses: added by a code that went there, removed; who had them before is told."""

from datetime import datetime

from abonent.core import audit, db
from abonent.flows import recover_password
from abonent.identity import codes
from abonent.identity.models import User
from abonent.identity.models_codes import CodePurpose, OneTimeCode
from abonent.notifications import outbox
from abonent.subscribers import contacts
from abonent.subscribers.models import Contact, ContactKind

PURPOSES = {ContactKind.PHONE: CodePurpose.PHONE, ContactKind.EMAIL: CodePurpose.EMAIL}
MOST_CONTACTS = 10


class UnableToAddContact(Exception):
    """Nothing was sent or changed."""


class NotMobile(UnableToAddContact):
    """No SMS reaches a city number."""


class TooManyContacts(UnableToAddContact):
    """Ten are kept at most."""


class TooManyCodes(UnableToAddContact):
    """To him or to that address."""


def ask_code(*, user: User, customer_id: int, contract_id: int, kind: ContactKind, typed: str, at: datetime) -> str:
    """Send a code to a phone or an address that he says is his; gives it as it is stored.

    Whether somebody else has it too is not told: a family may share one.
    Raises contacts.UnableToReadContact or UnableToAddContact.
    """
    value = contacts.read_phone(typed) if kind == ContactKind.PHONE else contacts.read_email(typed)
    if kind == ContactKind.PHONE and not contacts.is_mobile(value):
        raise NotMobile
    known = contacts.of_customer(customer_id)
    if len(known) >= MOST_CONTACTS and value not in {one.value for one in known}:
        raise TooManyContacts
    if not recover_password.may_send(user.pk, value, at):
        raise TooManyCodes
    with db.atomic():
        issued = codes.issue(user.pk, PURPOSES[kind], value, at)
        outbox.queue(
            key=f"contact_code:{issued.id}",
            contract_id=contract_id,
            kind="contact_code",
            params={},
            to=value,
            secret=issued.plain,
            not_after=issued.expires_at,
        )
    return value


def confirm(
    *, user: User, customer_id: int, contract_id: int, kind: ContactKind, typed: str, at: datetime, address: str | None
) -> Contact:
    """The code that came was typed: the contact is his. The phones he had before are told of a new one.

    Raises codes.WrongCode, whose try is counted, or codes.NoOpenCode.
    """
    with db.atomic():
        used = codes.use(user.pk, PURPOSES[kind], typed, at)
        if isinstance(used, OneTimeCode):
            made = _add(user, customer_id, contract_id, kind, used, at, address)
    if isinstance(used, OneTimeCode):
        return made
    raise used


def remove(*, user: User, customer_id: int, contract_id: int, contact_id: int, address: str | None) -> Contact:
    """Forget one, and tell it so.   Raises Contact.DoesNotExist or contacts.LastPhone."""
    with db.atomic():
        gone = contacts.remove(customer_id, contact_id)
        hidden = contacts.hidden(gone.value)
        entry = audit.record(
            actor=user.username,
            action="subscribers.remove_contact",
            subject=f"customer:{customer_id}",
            old={"contact": hidden},
            new={"contact": hidden},
            address=address,
        )
        if gone.kind == ContactKind.EMAIL or contacts.is_mobile(gone.value):
            _tell(f"contact_removed:{entry.pk}", contract_id, "contact_removed", hidden, to=gone.value)
    return gone


def _add(
    user: User,
    customer_id: int,
    contract_id: int,
    kind: ContactKind,
    used: OneTimeCode,
    at: datetime,
    address: str | None,
) -> Contact:
    before = contacts.of_customer(customer_id)
    made = contacts.confirm(customer_id, kind, used.address, at)
    if made.pk in {one.pk for one in before}:
        return made
    hidden = contacts.hidden(made.value)
    entry = audit.record(
        actor=user.username,
        action="subscribers.add_contact",
        subject=f"customer:{customer_id}",
        new={"contact": hidden},
        address=address,
    )
    for one in before:
        if one.kind == ContactKind.PHONE and contacts.is_mobile(one.value):
            _tell(f"contact_added:{entry.pk}:{one.pk}", contract_id, "contact_added", hidden, to=one.value)
    return made


def _tell(key: str, contract_id: int, kind: str, hidden: str, *, to: str) -> None:
    outbox.queue(key=key, contract_id=contract_id, kind=kind, params={"contact": hidden}, to=to)
