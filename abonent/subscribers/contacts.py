"""Phones and mail addresses of customers. The only module that writes Contact."""

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from abonent.core import db
from abonent.subscribers.models import Contact, ContactKind, Customer

_SEPARATORS = re.compile(r"[\s\u00a0\u202f().,/\u2010-\u2015\u2212-]")
# 3, 4 and 8 begin the codes of places and free numbers, 9 of mobile phones, 7 of Kazakhstan, which shares +7.
# No code begins with 88 or 89: "8 916 123-45-6" is a mobile phone with a digit lost.
_PHONE = re.compile(r"(?:\+7|7|8)?((?:[3479][0-9]|8[0-7])[0-9]{8})")


class UnableToReadContact(Exception):
    """Its text is shown to the person who typed."""


class LastPhone(Exception):
    """Without a mobile phone nobody could be let in again who has forgotten his password."""


def add_phone(customer_id: int, text: str, *, confirmed_at: datetime | None = None) -> Contact:
    """Raises UnableToReadContact. A phone the customer has already stays one."""
    return _add(customer_id, ContactKind.PHONE, read_phone(text), confirmed_at)


def add_email(customer_id: int, text: str, *, confirmed_at: datetime | None = None) -> Contact:
    """Raises UnableToReadContact. An address the customer has already stays one."""
    return _add(customer_id, ContactKind.EMAIL, read_email(text), confirmed_at)


def confirm(customer_id: int, kind: ContactKind, value: str, at: datetime) -> Contact:
    """Its owner typed the code that went there. One the customer has already is confirmed now.

    value: as read_phone or read_email give it.
    """
    found = _add(customer_id, kind, value, at)
    if found.confirmed_at != at:
        found.confirmed_at = at
        found.save(update_fields=["confirmed_at"])
    return found


def remove(customer_id: int, contact_id: int) -> Contact:
    """Forget one; gives what it was.   Raises Contact.DoesNotExist or LastPhone."""
    db.require_transaction()
    db.lock(Customer, [customer_id])  # two at once: one of two phones stays
    found = Contact.objects.get(customer_id=customer_id, pk=contact_id)
    phones = Contact.objects.filter(customer_id=customer_id, kind=ContactKind.PHONE)
    if found.kind == ContactKind.PHONE and not any(is_mobile(one.value) for one in phones.exclude(pk=contact_id)):
        raise LastPhone
    Contact.objects.filter(pk=found.pk).delete()
    return found


def of_customer(customer_id: int) -> list[Contact]:
    """The oldest first: the first phone is the one given at connection."""
    return list(Contact.objects.filter(customer_id=customer_id).order_by("id"))


def phone_of_recovery(customer_id: int) -> str | None:
    """Where a one-time password goes: the mobile phone given at connection while it is kept; then the next one."""
    phones = (one.value for one in of_customer(customer_id) if one.kind == ContactKind.PHONE)
    return next(filter(is_mobile, phones), None)


def is_mobile(phone: str) -> bool:
    """Whether an SMS reaches it: a Russian code that begins with 9."""
    return phone.startswith("+79")


def hidden(value: str) -> str:
    """A phone or an address that its owner knows again and nobody else: "+7 9** ***-**-67", "a***@example.ru"."""
    if "@" in value:
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}***@{domain}"
    return f"+7\u00a0{value[2:3]}**\u00a0***-**-{value[-2:]}"


def read_phone(text: str) -> str:
    """ "8 (916) 123-45-67", "+7 916 1234567", "9161234567" → "+79161234567".   Raises UnableToReadContact."""
    match = _PHONE.fullmatch(_SEPARATORS.sub("", text))
    if match is None:
        raise UnableToReadContact(
            gettext("“%(text)s” is not a phone of Russia: write it with its code, for example 8 916 123-45-67")
            % {"text": text.strip()[:40]}
        )
    return f"+7{match[1]}"


def show_phone(phone: str) -> str:
    """ "+79161234567" → "+7 916 123-45-67", with no-break spaces."""
    return f"+7\u00a0{phone[2:5]}\u00a0{phone[5:8]}-{phone[8:10]}-{phone[10:12]}"


def read_email(text: str) -> str:
    """The address, its domain in small letters.   Raises UnableToReadContact."""
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise UnableToReadContact(
            gettext("“%(text)s” is not a mail address: write it like name@example.ru") % {"text": address[:80]}
        ) from None
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"


def _add(customer_id: int, kind: ContactKind, value: str, confirmed_at: datetime | None) -> Contact:
    db.require_transaction()
    return Contact.objects.get_or_create(
        customer_id=customer_id, kind=kind, value=value, defaults={"confirmed_at": confirmed_at}
    )[0]
