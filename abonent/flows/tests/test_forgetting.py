"""At the law's terms a person is forgotten, his money is not; and logs never knew him."""

from datetime import date, timedelta

import pytest

from abonent.conversations.models import Message
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import close_account, end_contract, forgetting
from abonent.identity.models import KnownDevice, SignInName, User
from abonent.ledger.models import Transfer
from abonent.network.models import Device, Login
from abonent.onboarding import requests
from abonent.onboarding.models import ConnectionRequest
from abonent.subscribers import contacts
from abonent.subscribers.models import Contact, Contract, Customer
from tests.world import World

FORGETTER = "system:forgetting"


def closed(world: World) -> Customer:
    """Anna's account, closed on 21 November 2026 with nothing left."""
    customer = Customer.objects.get(contracts__number="100001")
    contacts_before = customer.contacts.count()
    assert contacts_before
    world_day = date(2026, 11, 21)
    end_contract.plan(account_id=world.anna.account_id, ends_on=world_day, on=world.today, actor="100001")
    world.move_to(world_day)
    close_account.write_off(account_id=world.anna.account_id, on=world_day, actor="accountant", why="test")
    close_account.close(contract_id=world.anna.contract_id, on=world_day, actor="accountant")
    return customer


def test_first_the_contacts_then_the_name_never_the_money(world: World) -> None:
    customer = closed(world)
    transfers = Transfer.objects.count()
    user_id = customer.user_id
    assert user_id is not None
    KnownDevice.objects.create(user_id=user_id, token_hash=b"1" * 32, last_seen_at=clock.now())

    assert forgetting.forget_due(clock.at_noon(date(2029, 11, 20)))["contacts"] == 0  # a day early
    done = forgetting.forget_due(clock.at_noon(date(2029, 11, 21)))
    assert (done["contacts"], done["names"]) == (1, 0)
    customer.refresh_from_db()
    assert customer.full_name != "—"
    assert not Contact.objects.filter(customer=customer).exists()
    assert not KnownDevice.objects.filter(user_id=user_id).exists()
    assert not SignInName.objects.filter(user_id=user_id).exists()
    assert not User.objects.get(id=user_id).is_active
    assert not Device.objects.filter(line__contract_id=world.anna.contract_id).exists()
    assert not Login.objects.filter(name="100001").exists()
    assert Device.objects.exists()  # of the others
    said = Message.objects.filter(conversation__contract_id=world.anna.contract_id)
    assert set(said.values_list("text", flat=True)) == {"—"}
    others = Message.objects.exclude(conversation__contract_id=world.anna.contract_id)
    assert others.exists()
    assert not others.filter(text="—").exists()

    done = forgetting.forget_due(clock.at_noon(date(2031, 11, 21)))
    assert (done["contacts"], done["names"]) == (0, 1)
    customer.refresh_from_db()
    assert (customer.full_name, customer.given_name, customer.inn) == ("—", "", "")
    assert forgetting.forget_due(clock.at_noon(date(2031, 11, 22))) == {"contacts": 0, "names": 0, "requests": 0}
    assert Contract.objects.get(number="100001").closed_on == date(2026, 11, 21)
    assert Transfer.objects.count() == transfers
    assert world.broken() == []
    assert AuditEntry.objects.filter(actor=FORGETTER).count() == 2


def test_who_has_another_contract_in_force_is_not_forgotten(world: World) -> None:
    second = Contract.objects.get(number="100007")
    Contract.objects.filter(id=second.pk).update(ended_on=date(2026, 11, 14), closed_on=date(2026, 11, 14))
    assert forgetting.forget_due(clock.at_noon(date(2040, 1, 1)))["contacts"] == 0


def test_a_request_that_led_nowhere_is_forgotten_after_a_year(world: World) -> None:
    from abonent.core import db

    now = clock.now()
    for number, state in ((1, "refused"), (2, "new")):
        wish = requests.Wish(
            full_name="Иван Тестов", phone=f"+7916000000{number}", submit_token=f"t{number}", consent_text="x",
            language="ru", address="ул. Тестовая, 5", client_address="10.1.1.1",
        )  # fmt: skip
        with db.atomic():
            asked = requests.open_request(wish, at=now)
        if state == "refused":
            with db.atomic():
                requests.move(asked.pk, "refused", actor="manager", at=now, reason="Иван передумал")
    forgetting.forget_due(now + timedelta(days=365))  # the demo's older ones
    assert forgetting.forget_due(now + timedelta(days=367))["requests"] == 1
    forgotten, waits = ConnectionRequest.objects.order_by("-id")[:2][::-1]
    assert (forgotten.full_name, forgotten.phone, forgotten.address, forgotten.client_address, forgotten.reason) == (
        "—", "", "", None, "—",
    )  # fmt: skip
    assert waits.full_name == "Иван Тестов"


def test_a_customer_without_contracts_is_left_alone(world: World) -> None:
    from abonent.core import db
    from abonent.subscribers import customers

    with db.atomic():
        made = customers.create_person(full_name="Без Договора")
        contacts.add_phone(made.pk, "8 916 000-00-09")
    forgetting.forget_due(clock.at_noon(date(2040, 1, 1)))
    made.refresh_from_db()
    assert made.full_name == "Без Договора"


pytestmark = pytest.mark.committing
