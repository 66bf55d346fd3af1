"""The people of the stories of signing in, and what a browser of theirs does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.test import Client

from abonent.core import clock
from abonent.flows import load_profile, sign_contract
from abonent.identity import users
from abonent.subscribers.models import Customer

ON = date(2026, 11, 10)
NOON = clock.at_noon(ON)
PASSWORD_PAGE = "/cabinet/password/"  # the simplest page of the account


@contextmanager
def present() -> Iterator[None]:
    """Anna with one contract, Daria with two, Support of the staff; and the clock held still."""
    with clock.frozen(NOON):
        load_profile.load(ON)
        contract("100001", "Соколова Анна Сергеевна", "demo-anna")
        contract("100006", "Миронова Дарья Олеговна", "demo-daria")
        contract("100007", "", "", Customer.objects.get(contracts__number="100006"))
        users.create_staff("support", role="support", password="demo-staff")
        yield


def contract(number: str, name: str, password: str, known: Customer | None = None) -> None:
    sign_contract.sign(
        on=ON, offers=["city-300"], segment="apartment", full_name=name, number=number, password=password,
        existing_customer=known,
    )  # fmt: skip


def browser(**kwargs: Any) -> Client:
    made = Client(**kwargs)
    made.cookies["language"] = "en"
    return made


def post(who: Client, number: str, password: str, **said: str) -> HttpResponse:
    return who.post("/login/", {"login": number, "password": password, **said})  # type: ignore[return-value]


def signed_in(number: str = "100001", password: str = "demo-anna") -> Client:
    made = browser()
    assert post(made, number, password).status_code == 302
    return made


def contract_shown(who: Client) -> str | None:
    """The number of the contract on the page, None where the page sends to sign in."""
    response = who.get(PASSWORD_PAGE)
    if response.status_code == 302:
        assert response["Location"] == f"/login/?next={PASSWORD_PAGE}"
        return None
    found = re.search(r'autocomplete="username" value="(\d+)"', response.content.decode())
    assert found is not None
    return found[1]


def masked(response: Any) -> tuple[int, list[str], str]:
    """What a stranger can tell two answers apart by, without the CSRF token, which is never the same."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", response.content.decode())
    return response.status_code, sorted(response.cookies), page
