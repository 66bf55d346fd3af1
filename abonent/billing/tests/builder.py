"""Offers, contracts with accounts, payments and subscriptions by bare rows, for the tests of money."""

import itertools
from datetime import date

from django.conf import settings
from django.db import transaction

from abonent.billing import resuming, subscriptions
from abonent.billing.models import Charge, Subscription
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import money, partitions
from abonent.ledger import accounts, invariants, queries, transfers
from abonent.ledger.models import Account, Reason
from abonent.subscribers.models import Contract, Customer, Line

SIGNED_ON = date(2026, 8, 1)
_numbers = itertools.count(700_000)


def day(text: str) -> date:
    return date.fromisoformat(text)


def kop(text: str) -> int:
    """Kopecks of «550,00»; of «-20,00» too."""
    return -money.parse(text[1:]) if text.startswith("-") else money.parse(text)


def version(
    price: str, *, charging: str = "month", role: str = "tariff", kind: str = "internet", code: str = ""
) -> OfferVersion:
    """A version of an offer; one offer for each set of values."""
    code = code or f"{role}-{kind}-{charging}-{kop(price)}"
    offer, _ = Offer.objects.get_or_create(
        code=code,
        defaults={
            "role": role,
            "kind": kind,
            "segments": ["apartment", "private", "business"],
            "name_ru": f"Тариф {code}",
            "name_en": f"Offer {code}",
        },
    )
    found, _ = OfferVersion.objects.get_or_create(
        offer=offer,
        number=1,
        defaults={"valid_from": date(2020, 1, 1), "price_kop": kop(price), "charging": charging},
    )
    return found


def account(*, first_top_up: str = "0", credit_limit: str = "0", signed_on: date = SIGNED_ON) -> Account:
    """An account of a new contract of a new person, with a line in an apartment building."""
    number = str(next(_numbers))
    customer = Customer.objects.create(kind="person", full_name=f"Person {number}", sort_key=number)
    contract = Contract.objects.create(number=number, customer=customer, signed_on=signed_on)
    Line.objects.create(contract=contract, segment="apartment")
    opened = accounts.open_account(contract.id)
    with transaction.atomic():
        subscriptions.set_terms(opened.id, credit_limit_kop=kop(credit_limit), first_top_up_kop=kop(first_top_up))
    return opened


def line_of(account: Account) -> Line:
    return Line.objects.filter(contract__account=account).order_by("id")[0]


def subscribe(
    account: Account,
    price: str,
    on: str,
    *,
    charging: str = "month",
    role: str = "tariff",
    kind: str = "internet",
    parent: Subscription | None = None,
) -> Subscription:
    with transaction.atomic():
        return subscriptions.subscribe(
            account_id=account.id,
            line_id=line_of(account).id,
            version_id=version(price, charging=charging, role=role, kind=kind).id,
            on=day(on),
            parent_id=parent.id if parent else None,
        )


def pay(account: Account, amount: str, on: str) -> resuming.Resumed:
    """Money comes in, and resumes what it can, as flows/topup.py has it."""
    partitions.ensure(day(on), day(on))
    with transaction.atomic():
        transfers.post(
            key=f"payment:test:{next(_numbers)}",
            debit_id=accounts.house_id("clearing:cash"),
            credit_id=account.id,
            amount_kop=kop(amount),
            on=day(on),
            reason=Reason.PAYMENT,
        )
        return resuming.resume(account.id, on=day(on))


def active(
    account: Account,
    price: str,
    on: str,
    *,
    charging: str = "month",
    role: str = "tariff",
    kind: str = "internet",
) -> Subscription:
    """A subscription paid from `on` to its period's end, the money for it paid in to the kopeck."""
    made = subscribe(account, price, on, charging=charging, role=role, kind=kind)
    missing_kop = resume(account, on).missing_kop
    if missing_kop:
        pay(account, money.plain(missing_kop), on)
    return state(made)


def resume(account: Account, on: str) -> resuming.Resumed:
    partitions.ensure(day(on), day(on))
    with transaction.atomic():
        return resuming.resume(account.id, on=day(on))


def state(subscription: Subscription) -> Subscription:
    return Subscription.objects.get(id=subscription.id)


def balance(account: Account) -> str:
    return money.plain(queries.balance_kop(account.id))


def charged(account: Account) -> list[tuple[str, str, str]]:
    """(first day, first day not paid, amount) of the account's charges, in order."""
    found = Charge.objects.filter(account_id=account.id).order_by("period_start", "subscription_id", "turn")
    return [(str(one.period_start), str(one.period_end), money.plain(one.amount_kop)) for one in found]


def in_order() -> list[str]:
    """What `verify` says of the ledger."""
    assert settings.PROFILE.billing_cycle == "calendar"
    return list(invariants.problems())
