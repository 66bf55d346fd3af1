"""Customers to whom a test says something."""

from datetime import date

from abonent.subscribers.models import Contact, Contract, Customer, CustomerKind


def contract(
    name: str, *, phone: str | None = None, email: str | None = None, language: str = "ru", number: str | None = None
) -> Contract:
    customer = Customer.objects.create(
        kind=CustomerKind.PERSON, full_name=name, sort_key=name.lower(), language=language
    )
    for kind, value in (("phone", phone), ("email", email)):
        if value:
            Contact.objects.create(customer=customer, kind=kind, value=value)
    return Contract.objects.create(
        number=number or f"1{customer.pk:05d}", customer=customer, signed_on=date(2026, 9, 1)
    )
