"""Signing a contract: everything at once, or nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.conf import settings

from abonent.addresses import premises
from abonent.addresses.models import Premises
from abonent.billing import resuming, subscriptions
from abonent.billing.models import Subscription, Terms
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import load_profile, sign_contract
from abonent.identity import queries as identity
from abonent.identity.models import SignInName, User
from abonent.ledger import accounts
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
from abonent.subscribers import contacts, contracts, customers
from abonent.subscribers.models import Contact, Contract, Customer, Line

ON = date(2026, 11, 10)
TABLES = (User, SignInName, Customer, Contact, Contract, Line, Account, Terms, Subscription, AuditEntry, Notice)


@pytest.fixture
def flat(db: None) -> Premises:
    load_profile.load(date(2026, 10, 1))
    house = next(one for one in settings.PROFILE.buildings if one.segment == "apartment")
    return premises.at(
        settlement=house.settlement, street=house.street, house=house.house, korpus=house.korpus, flat="15"
    )


def sign(flat: Premises, **said: Any) -> sign_contract.Signed:
    values: dict[str, Any] = {
        "on": ON,
        "offers": ["city-300", "tv-basic", "static-ip"],
        "premises": flat,
        "full_name": "Соколова Анна Сергеевна",
        "phone": "8 916 000-00-01",
        "email": "anna@example.test",
    }
    with clock.frozen(clock.at_noon(ON)):
        return sign_contract.sign(**(values | said))


def rows() -> dict[str, int]:
    # House accounts stand from the first migration.
    return {model.__name__: model._default_manager.count() for model in TABLES}


def test_a_new_customer_has_all_he_needs(flat: Premises) -> None:
    signed = sign(flat, number="100001", password="demo-anna")
    assert signed.password is None
    assert signed.contract.number == "100001"
    assert signed.account.balance_kop == 0
    assert signed.line.segment == "apartment"
    assert signed.line.premises == flat
    user = identity.subscriber_by_number("100001")
    assert user is not None
    assert user == signed.customer.user
    assert user.check_password("demo-anna")
    assert not user.password_must_change
    assert sorted(Contact.objects.values_list("value", flat=True)) == ["+79160000001", "anna@example.test"]
    entry = AuditEntry.objects.get(action="subscribers.sign_contract")
    assert entry.subject == f"contract:{signed.contract.pk}"
    assert entry.new["offers"] == ["city-300", "tv-basic", "static-ip"]


def test_its_services_wait_for_the_first_top_up_of_the_profile(flat: Premises) -> None:
    signed = sign(flat)
    assert [one.version.offer.code for one in signed.subscriptions] == ["city-300", "tv-basic", "static-ip"]
    assert {one.state for one in signed.subscriptions} == {"waiting"}
    assert signed.account.terms.first_top_up_kop == settings.PROFILE.first_top_up_kop == 500_00
    assert signed.account.terms.credit_limit_kop == 0
    assert not Notice.objects.exists()


def test_an_add_on_stands_on_its_tariff_wherever_it_is_named(flat: Premises) -> None:
    signed = sign(flat, offers=["static-ip", "tv-sport", "tv-basic", "city-300"])
    address, sport, tv, internet = signed.subscriptions
    assert (address.parent, sport.parent, tv.parent, internet.parent) == (internet, tv, None, None)


def test_on_credit_services_begin_at_once(flat: Premises) -> None:
    signed = sign(
        flat, segment="business", customer_kind="legal", full_name="ООО «Ромашка»", inn="7707083893",
        offers=["business-100"], credit_limit_kop=10_000_00, first_top_up_kop=0,
    )  # fmt: skip
    price_kop = signed.subscriptions[0].price_kop
    # From 10 to 30 November: 21 days of 30, rounded half up.
    part_kop = (2 * price_kop * 21 + 30) // 60
    assert signed.subscriptions[0].state == "active"
    assert signed.subscriptions[0].paid_until == date(2026, 12, 1)
    assert signed.account.balance_kop == -part_kop
    assert Notice.objects.get().kind == "activated"


def test_a_password_of_ours_is_given_once(flat: Premises) -> None:
    signed = sign(flat)
    user = signed.customer.user
    assert user is not None
    assert signed.password is not None
    assert user.check_password(signed.password)
    assert user.password_must_change is settings.PROFILE.password_must_change is True


def test_a_further_contract_signs_the_same_person_in_with_the_same_password(flat: Premises) -> None:
    first = sign(flat, number="100006", password="demo-daria")
    second = sign(flat, number="100007", existing_customer=first.customer, full_name="", phone="", password="other")
    assert second.password is None
    assert second.customer == first.customer
    assert identity.subscriber_by_number("100007") == identity.subscriber_by_number("100006")
    user = User.objects.get()
    assert user.check_password("demo-daria")
    assert Account.objects.filter(contract__customer=first.customer).count() == 2
    assert Contact.objects.count() == 2


def test_a_customer_without_a_sign_in_gets_one_with_his_next_contract(flat: Premises) -> None:
    customer = customers.create_person(full_name="Орлов Глеб Андреевич")
    signed = sign(flat, existing_customer=customer)
    assert signed.password is not None
    assert identity.subscriber_by_number(signed.contract.number) == signed.customer.user


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"offers": ["city-300", "city-300"]}, sign_contract.OfferNotFit, "twice"),
        ({"offers": ["city-999"]}, sign_contract.OfferNotFit, "city-999"),
        ({"offers": ["business-100"]}, sign_contract.OfferNotFit, "business"),
        ({"offers": ["city-100", "city-300"]}, sign_contract.OfferNotFit, "one internet tariff"),
        ({"offers": ["tv-basic", "static-ip"]}, sign_contract.OfferNotFit, "needs internet"),
        ({"offers": ["city-100", "tv-max", "tv-kino"]}, sign_contract.OfferNotFit, "tv-max"),
        ({"premises": None}, sign_contract.UnableToSignContract, "premises"),
        ({"full_name": ""}, customers.UnableToCreateCustomer, "name"),
        ({"phone": "12"}, contacts.UnableToReadContact, "12"),
        ({"email": "anna"}, contacts.UnableToReadContact, "anna"),
        ({"number": "1/2"}, contracts.UnableToSign, "1/2"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    flat: Premises, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = rows()
    with pytest.raises(error, match=words):
        sign(flat, **said)
    assert rows() == before


def test_a_taken_number_is_refused_and_leaves_nothing(flat: Premises) -> None:
    sign(flat, number="100001")
    before = rows()
    with pytest.raises(contracts.NumberTaken, match="100001"):
        sign(flat, number="100001", full_name="Чужой Пётр")
    assert rows() == before


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.mark.committing
@pytest.mark.parametrize(
    ("module", "verb"),
    [
        (accounts, "open_account"),
        (subscriptions, "set_terms"),
        (subscriptions, "subscribe"),
        (resuming, "resume"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_failure_in_the_middle_leaves_nothing(
    own_database: str, monkeypatch: pytest.MonkeyPatch, module: Any, verb: str, after: bool
) -> None:
    load_profile.load(date(2026, 10, 1))
    before = rows()
    true_verb: Callable[..., Any] = getattr(module, verb)

    def fail(*args: Any, **kwargs: Any) -> Any:
        if after:
            true_verb(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(module, verb, fail)
    with pytest.raises(Killed), clock.frozen(clock.at_noon(ON)):
        sign_contract.sign(on=ON, offers=["city-300"], segment="apartment", full_name="Соколова Анна")
    assert rows() == before
