"""A wish is kept once, and goes its way."""

from datetime import UTC, datetime, timedelta

import pytest

from abonent.onboarding import queries, requests
from abonent.onboarding.models import ConnectionRequest, RequestStep

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


def test_the_way_from_the_form_to_the_contract(db: None) -> None:
    asked = requests.open_request(wish(), at=AT)
    for day, state in enumerate(("called", "visit", "connected", "signed"), start=1):
        requests.move(asked.pk, state, actor="manager", at=AT + timedelta(days=day))
    asked.refresh_from_db()
    assert (asked.state, asked.state_at) == ("signed", AT + timedelta(days=4))
    assert [step.state for step in asked.steps.order_by("id")] == ["new", "called", "visit", "connected", "signed"]


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
