"""Two managers at one request, one visit or one technician at the same moment: each race without its lock first."""

import functools
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from abonent.addresses.models import Building
from abonent.core import clock, db
from abonent.flows import load_profile, sign_request, visiting
from abonent.flows.handle_request import By
from abonent.identity import users
from abonent.identity.models import User
from abonent.onboarding import requests, visits, windows
from abonent.onboarding.models import ConnectionRequest, ContractPaper, Visit
from abonent.onboarding.papers import keeping
from abonent.onboarding.tests.test_requests import wish
from abonent.subscribers.models import Contract, Customer
from tests.concurrency.test_payments_races import WITHIN_SECONDS, at_once

pytestmark = pytest.mark.committing

ON = date(2026, 11, 14)
WINDOW_DAY = date(2026, 11, 16)
MANAGERS = ("anna", "oleg", "vera")
# Each heard another name: a word of a name is one row, and two who write it wait for each other before the gate.
HEARD = {"anna": "Новосёлова Анна", "oleg": "Петров Олег", "vera": "Сидорова Вера"}
DOCUMENT = keeping.Given("passport", "4012345678", "ТП № 1", date(2012, 5, 4), date(1990, 2, 28), "Москва, Лесная, 1")


@pytest.fixture(autouse=True)
def operator(own_database: str) -> Iterator[None]:
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(ON)
        with db.atomic():
            for name in MANAGERS:
                users.create_staff(name, role="manager", password="demo-staff")
            users.create_staff("engineer", role="engineer", password="demo-staff")
        yield


def asked(state: str, flat: str = "5") -> ConnectionRequest:
    with db.atomic():
        made = requests.open_request(wish(flat=flat, submit_token=f"form-{flat}"), at=clock.now())
    made.building = Building.objects.filter(segment="apartment", connected="yes").order_by("pk")[0]
    made.state = state
    made.save()
    return made


def by(name: str) -> By:
    return By(User.objects.get(username=name).pk, name)


def sign(request_id: int, name: str, document: keeping.Given | None) -> str:
    terms = sign_request.Terms(
        offers=("city-300",), kind="person", full_name=HEARD[name], phone="+79161234567", document=document
    )
    issued = users.Issued(f"of-{name}", "unusable", must_change=True)
    try:
        return sign_request.sign(request_id, terms, issued=issued, by=by(name)).number
    except (requests.AlreadySigned, sign_request.UnableToSignRequest, IntegrityError) as refused:
        return type(refused).__name__


def agree(request_id: int, name: str) -> str:
    window = windows.of_day(WINDOW_DAY, clock.zone())[1]
    version = ConnectionRequest.objects.values_list("version", flat=True).get(pk=request_id)
    try:
        visiting.agree(
            request_id, technician=User.objects.get(username="engineer"), window=window, tasks="", by=by(name),
            version=version,
        )  # fmt: skip
    except (visits.UnableToVisit, requests.UnableToHandle) as refused:
        return refused.why.name
    except (IntegrityError, OperationalError) as refused:
        return type(refused).__name__
    return "agreed"


def unlocked(monkeypatch: pytest.MonkeyPatch, room: Any, name: str, parties: int = 2) -> None:
    """The lock only looks, and all have looked before one goes on."""
    gate = threading.Barrier(parties)

    def look(found_id: int, *version: int | None) -> Any:
        found = ConnectionRequest.objects.get(pk=found_id) if room is requests else None
        gate.wait(WITHIN_SECONDS)
        return found

    monkeypatch.setattr(room, name, look)


def only_one_contract() -> None:
    assert (Contract.objects.count(), Customer.objects.count(), ContractPaper.objects.count()) == (1, 1, 1)
    request = ConnectionRequest.objects.get()
    assert (request.state, request.contract_id) == ("signed", Contract.objects.get().pk)


def test_without_the_lock_the_database_still_refuses_a_second_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked("connected")
    unlocked(monkeypatch, requests, "_locked")
    done = at_once(*[functools.partial(sign, request.pk, name, None) for name in MANAGERS[:2]])
    assert sorted(done)[1] == "IntegrityError"
    only_one_contract()


@pytest.mark.parametrize("document", [None, DOCUMENT], ids=["nothing", "document"])
def test_three_managers_who_sign_one_request_make_one_contract(document: keeping.Given | None) -> None:
    request = asked("connected")
    done = at_once(*[functools.partial(sign, request.pk, name, document) for name in MANAGERS])
    assert sorted(done)[1:] == ["AlreadySigned"] * 2
    only_one_contract()


def test_without_the_lock_a_request_still_has_one_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked("address")
    unlocked(monkeypatch, requests, "_locked")
    done = at_once(*[functools.partial(agree, request.pk, name) for name in MANAGERS[:2]])
    assert sorted(done) in (["BOOKED", "agreed"], ["IntegrityError", "agreed"])
    assert Visit.objects.count() == 1


def test_without_its_order_the_database_refuses_a_second_visit_only_by_killing_or_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = [asked("address", flat) for flat in ("5", "6")]
    unlocked(monkeypatch, visits, "hold")
    done = at_once(*[functools.partial(agree, one.pk, name) for one, name in zip(pair, MANAGERS, strict=False)])
    assert sorted(done)[1] == "agreed"
    assert sorted(done)[0] in {"BOOKED", "OperationalError"}
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("same", [True, False], ids=["one request", "three requests"])
def test_three_managers_who_book_one_technician_at_once_agree_one_visit(same: bool) -> None:
    flats = ("5", "5", "5") if same else ("5", "6", "7")
    found = {flat: asked("address", flat) for flat in sorted(set(flats))}
    verbs: list[Callable[[], str]] = [
        functools.partial(agree, found[flat].pk, name) for flat, name in zip(flats, MANAGERS, strict=True)
    ]
    refused = "CHANGED" if same else "BOOKED"
    done = sorted(at_once(*verbs))
    assert done[2] == "agreed"
    assert set(done[:2]) <= {refused, "NOT_NOW"}
    assert Visit.objects.count() == 1
