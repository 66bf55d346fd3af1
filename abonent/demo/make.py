"""Make the demo: the cast and its three months of history, by the verbs that real people's days go through."""

import logging
import os
from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from rich.console import Console
from rich.progress import Progress

from abonent.addresses import premises
from abonent.addresses.models import Premises
from abonent.core import clock, db, partitions, periods
from abonent.demo import cast, network, pipeline, stories, talks
from abonent.flows import charge_run, sign_contract, tell_documents, topup
from abonent.identity import users
from abonent.identity.models import User
from abonent.ledger.models import Account
from abonent.payments import cards
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models_cards import ConsentPurpose
from abonent.subscribers.models import Contract, Customer, CustomerKind

ANNAS_TOKEN = "00000000-0000-5000-8000-000000100001"  # of sandbox/schema_2.sql


def once(console: Console) -> bool:
    """Make the demo where there is nobody yet; give whether it was made."""
    if Contract.objects.exists():
        return False
    first_day = os.environ.get("ABONENT_SANDBOX_DATE")
    if first_day:
        clock.start_at(date.fromisoformat(first_day))
    runs = logging.getLogger("abonent.flows.charge_run")
    level = runs.level
    runs.setLevel(logging.WARNING)  # ninety nights of history in the terminal say nothing
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Three months of the demo's history", total=None)
        for done, total in people(clock.today()):
            progress.update(bar, completed=done, total=total)
    runs.setLevel(level)
    tell_documents.tell_new(clock.now())
    talks.make(clock.now())
    return True


def people(today: date) -> Iterator[tuple[int, int]]:
    """The cast and its history up to `today`; gives (days done, days in all) after each day.

    Each date goes as it will in life: charges in the night, then signings, then payments.
    """
    happenings = stories.by_date([*stories.signings(today), *stories.payments(today)])
    first = min(happenings)
    partitions.ensure(first, today)
    partitions.ensure_ahead(today)
    charge_run.start_from(first)
    days = periods.each_day(first, today + timedelta(days=1))
    receipt = kept = 0
    for number, day in enumerate(days, 1):
        with clock.frozen(clock.at_noon(day)):
            charge_run.catch_up(day)
            for one in happenings.get(day, []):
                if isinstance(one, stories.Signing):
                    _sign(one)
                else:
                    receipt += 1
                    _pay(one, receipt)
            kept = talks.letters_of_day(kept, clock.now())
        yield number, len(days)
    _bind_card(today)
    network.make(today)
    _staff()
    pipeline.make(today)


def _sign(one: stories.Signing) -> None:
    person = next(person for person in cast.CAST if person.name == one.name)
    known = Customer.objects.filter(user__username=person.contracts[0]).first()
    sign_contract.sign(
        on=one.on,
        offers=one.offers,
        segment=one.segment,
        premises=_premises(one.segment, one.flat, nth=0 if known is None else 1),
        customer_kind=CustomerKind.LEGAL_ENTITY if person.legal else CustomerKind.PERSON,
        full_name=person.full_name,
        given_name=person.given_name,
        inn=person.inn,
        kpp=person.kpp,
        registered_address=person.registered_address,
        phone=person.phone,
        email=person.email,
        existing_customer=known,
        number=one.contract,
        password=person.password,
        credit_limit_kop=one.credit_limit_kop,
        first_top_up_kop=0 if person.legal else None,
        actor="demo",
    )


def _pay(one: stories.Payment, receipt: int) -> None:
    topup.credit_cash(
        account_id=Account.objects.get(contract__number=one.contract).pk,
        amount_kop=one.amount_kop,
        receipt_number=f"demo-{receipt}",
        on=one.on,
        actor="demo",
    )


def _bind_card(today: date) -> None:
    """Anna's: the sandbox's bank knows this token from its first start."""
    account = Account.objects.get(contract__number="100001")
    at = clock.at_noon(today)
    with db.atomic():
        consent = cards.agree(
            account_id=account.pk,
            purpose=ConsentPurpose.BIND,
            cause="demo:anna",
            words=cards.Words("demo", "ru", "Карта привязана в демонстрации."),
            actor="demo",
            address=None,
            at=at,
        )
        method = objects.BankMethod(
            ANNAS_TOKEN, "bank_card", True, objects.ACTIVE, "•• 2987", "Mir", (2049, 12), "", {}
        )
        cards.keep(account_id=account.pk, cause=consent.cause, consent=consent, method=method, at=at)


def _premises(segment: str, flat: str, nth: int) -> Premises:
    """In the profile's nth connected building of the segment."""
    connected = [one for one in settings.PROFILE.buildings if one.segment == segment and one.connected == "yes"]
    one = connected[nth % len(connected)]
    return premises.at(settlement=one.settlement, street=one.street, house=one.house, korpus=one.korpus, flat=flat)


def _staff() -> None:
    with db.atomic():
        for name in cast.STAFF:
            if not User.objects.filter(username=name).exists():
                users.create_staff(name, role=name, password=cast.STAFF_PASSWORD)
