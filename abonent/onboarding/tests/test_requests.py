"""A wish is kept once, and goes its way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from abonent.addresses.models import Building
from abonent.identity import users
from abonent.identity.models import User
from abonent.onboarding import queries, requests
from abonent.onboarding.models import ConnectionRequest, RequestStep
from abonent.subscribers import contracts, customers

AT = datetime(2026, 11, 14, 9, tzinfo=UTC)


def wish(**said: object) -> requests.Wish:
    words: dict[str, object] = {
        "full_name": "Иван Новосёлов",
        "phone": "+79161234567",
        "submit_token": "form-1",
        "consent_text": "privacy:ru:0123456789abcdef",
        "language": "ru",
        "address": "ул. Дружбы, 12, кв. 5",
    }
    return requests.Wish(**words | said)  # type: ignore[arg-type]  # a test says only what matters


def manager() -> User:
    known = User.objects.filter(username="manager").first()
    return known or users.create_staff("manager", role="manager", password="demo-staff")


def test_a_form_sent_twice_is_one_request(db: None) -> None:
    first = requests.open_request(wish(), at=AT)
    assert requests.open_request(wish(), at=AT + timedelta(seconds=1)).pk == first.pk
    assert [(step.state, step.actor) for step in RequestStep.objects.all()] == [("new", "visitor")]


def test_the_same_wish_from_a_fresh_form_within_three_days_is_one_request(db: None) -> None:
    first = requests.open_request(wish(), at=AT)
    again = requests.open_request(wish(submit_token="form-2"), at=AT + timedelta(days=2, hours=23))
    later = requests.open_request(wish(submit_token="form-3"), at=AT + timedelta(days=3, seconds=1))
    assert again.pk == first.pk
    assert later.pk != first.pk


@pytest.mark.parametrize("said", [{"flat": "7"}, {"address": "ул. Дружбы, 14"}, {"phone": "+79160000001"}])
def test_another_wish_is_another_request(said: dict[str, str], db: None) -> None:
    requests.open_request(wish(), at=AT)
    requests.open_request(wish(submit_token="form-2", **said), at=AT)
    assert ConnectionRequest.objects.count() == 2


def test_a_wish_that_was_refused_may_be_asked_anew(db: None) -> None:
    first = requests.open_request(wish(), at=AT)
    requests.move(first.pk, "no_coverage", actor="manager", at=AT, reason="Кабеля нет")
    assert requests.open_request(wish(submit_token="form-2"), at=AT).pk != first.pk


def house(**said: object) -> Building:
    facts: dict[str, object] = {
        "settlement": "пос. Лоза", "street": "ул. Дружбы", "house": "12", "segment": "apartment", "flats": 80,
    }  # fmt: skip
    return Building.objects.create(**facts | said)


def contract_id() -> int:
    customer = customers.create_person(full_name="Новосёлов Иван")
    return contracts.sign(customer_id=customer.pk, on=date(2026, 11, 18)).pk


def test_the_way_from_the_form_to_the_open_access(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    requests.log_call(
        asked.pk, outcome="reached", note="", next_call_on=None, caller_id=manager().pk, actor="manager", at=AT,
        on=AT.date(), version=0,
    )  # fmt: skip
    asked.refresh_from_db()
    requests.set_address(
        asked.pk, building=house(), flat="5", entrance="1", offer_id=None, note="", actor="manager", at=AT,
        version=asked.version,
    )  # fmt: skip
    for day, state in enumerate(("visit", "connected"), start=1):
        requests.move(asked.pk, state, actor="manager", at=AT + timedelta(days=day))
    signed = contract_id()
    requests.give_contract(asked.pk, contract_id=signed, actor="manager", at=AT + timedelta(days=3))
    assert requests.went_online([signed], at=AT + timedelta(days=4)) == 1
    assert requests.went_online([signed], at=AT + timedelta(days=5)) == 0  # the second payment opens nothing
    asked.refresh_from_db()
    assert (asked.state, asked.state_at, asked.holder_id) == ("online", AT + timedelta(days=4), manager().pk)
    moved = [step.state for step in asked.steps.filter(kind="moved").order_by("id")]
    assert moved == ["new", "called", "address", "visit", "connected", "signed", "paid", "online"]


def test_a_contract_stands_on_a_request_once(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    ConnectionRequest.objects.filter(pk=asked.pk).update(state="connected", building=house())
    first = contract_id()
    requests.give_contract(asked.pk, contract_id=first, actor="manager", at=AT)
    with pytest.raises(requests.AlreadySigned) as refused:
        requests.give_contract(asked.pk, contract_id=contract_id(), actor="other", at=AT)
    assert refused.value.contract_id == first


def test_the_database_knows_no_clear_address_without_a_building_and_no_signing_without_a_contract(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    for state in ("address", "visit", "connected", "signed", "paid", "online"):
        with pytest.raises(IntegrityError, match=r"onboarding_(clear|signed)"), transaction.atomic():
            ConnectionRequest.objects.filter(pk=asked.pk).update(state=state)


def test_what_a_colleague_has_changed_meanwhile_is_not_lost(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    seen = asked.version
    requests.take(asked.pk, holder_id=manager().pk, name="manager", actor="manager", at=AT, version=seen)
    with pytest.raises(requests.UnableToHandle) as refused:
        requests.take(asked.pk, holder_id=None, name="", actor="other", at=AT, version=seen)
    assert refused.value.why is requests.Why.CHANGED
    asked.refresh_from_db()
    assert asked.holder_id == manager().pk


@pytest.mark.parametrize(
    ("flat", "why"),
    [("", "FLAT_NEEDED"), ("81", "NO_FLAT"), ("0", "NO_FLAT"), ("80", None), ("12а", None), (" 7 ", None)],
)
def test_a_flat_is_one_that_the_building_has(flat: str, why: str | None, db: None) -> None:
    asked = requests.open_request(wish(), at=AT)

    def write() -> None:
        requests.set_address(
            asked.pk, building=house(), flat=flat, entrance="", offer_id=None, note="", actor="manager", at=AT,
            version=0,
        )  # fmt: skip

    if why is None:
        write()
    else:
        with pytest.raises(requests.UnableToHandle) as refused:
            write()
        assert refused.value.why is requests.Why[why]


@pytest.mark.parametrize(("after", "why"), [(-1, "DAY_PAST"), (367, "DAY_FAR"), (0, None), (366, None)])
def test_a_next_call_is_promised_for_a_day_to_come(after: int, why: str | None, db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    said = {"outcome": "call_later", "note": "", "caller_id": manager().pk, "actor": "manager", "at": AT}
    promised = AT.date() + timedelta(days=after)
    try:
        requests.log_call(asked.pk, next_call_on=promised, on=AT.date(), version=0, **said)  # type: ignore[arg-type]
        refused = None
    except requests.UnableToHandle as error:
        refused = error.why.name
    assert refused == why
    asked.refresh_from_db()
    assert (asked.state, asked.next_call_on) == ("new", promised if why is None else None)


def test_a_duplicate_names_another_request_that_is_none_itself(db: None) -> None:
    first = requests.open_request(wish(), at=AT)
    second = requests.open_request(wish(submit_token="form-2", flat="7"), at=AT)
    said = {"reason": "", "actor": "manager", "at": AT, "version": 0}
    for other in (None, second.pk, 10**9):
        with pytest.raises(requests.UnableToHandle):
            requests.close(second.pk, "duplicate", duplicate_of_id=other, **said)  # type: ignore[arg-type]
    requests.close(second.pk, "duplicate", duplicate_of_id=first.pk, **said)  # type: ignore[arg-type]
    with pytest.raises(requests.UnableToHandle):
        requests.close(first.pk, "duplicate", duplicate_of_id=second.pk, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize("to", ["visit", "connected", "signed"])
def test_a_step_cannot_be_left_out(to: str, db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    with pytest.raises(requests.UnableToMove, match=r"is «new»: it goes on to called, refused, no_coverage, duplicate"):
        requests.move(asked.pk, to, actor="manager", at=AT)


@pytest.mark.parametrize("to", ["refused", "no_coverage"])
def test_a_no_needs_a_reason(to: str, db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    with pytest.raises(requests.UnableToMove, match="needs a reason that the person can read"):
        requests.move(asked.pk, to, actor="manager", at=AT)


def test_the_same_step_twice_is_one(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    for _ in range(2):
        requests.move(asked.pk, "called", actor="manager", at=AT)
    assert asked.steps.count() == 2


def test_only_the_token_leads_to_a_request(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    found = queries.by_token(asked.token)
    assert found is not None
    assert found.pk == asked.pk
    assert queries.by_token(str(asked.pk)) is None
    assert len(asked.token) == 43
    assert [one.pk for one in queries.waiting()] == [asked.pk]
