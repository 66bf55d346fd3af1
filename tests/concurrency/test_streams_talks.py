"""Streams of conversations: a guest by his token, an owner by his session, staff by their role; nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from abonent.conversations.models import Conversation, Kind, Topic
from abonent.core import db
from abonent.identity import users
from abonent.identity.models import User
from abonent.subscribers import queries as subscribers
from abonent.support import answering, operators, talking
from abonent.support.models import Operator
from tests.concurrency.pages import Person, Server, page, serving, session_of, sign_in

pytestmark = pytest.mark.committing
AT = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def site(own_database: str) -> Iterator[Server]:
    with serving(own_database) as started:
        yield started


def begin(client_id: str, contract: subscribers.OwnContract | None = None) -> Conversation:
    wish = talking.Wish(client_id, Kind.CHAT, Topic.GENERAL, "Вопрос", contract=contract, guest_name="Пётр")
    return talking.begin(wish, AT).conversation


def staff(name: str, role: str) -> Person:
    with db.atomic():
        made = users.create_staff(name, role=role, password="demo-staff")
    return Person(made, [], session_of(made))


def nobody() -> Person:
    return Person(User(), [], "")


def test_each_hears_of_his_own_conversation_and_notes_stay_with_staff(site: Server) -> None:
    anna, maria = sign_in("anna"), staff("maria", "support")
    hers = begin("form-of-anna-0001", subscribers.contracts_of(anna.user.pk)[0])
    guests = begin("form-of-guest-001")
    operator: Operator = operators.of(maria.user, AT)
    path = f"/events/?talk={guests.token}"
    own = f"/events/?talk={hers.token}"
    with page(site, nobody(), path=path) as guest, page(site, anna, path=own) as owner, page(site, maria) as desk:
        answering.note(guests.pk, operator, client_id="desk:1", text="тайна", at=AT)
        answering.say(guests, operator, client_id="desk:2", text="Здравствуйте", at=AT)
        assert [guest.next().data for _ in range(2)] == [{"sequence": 3}, {"sequence": 4}]
        assert guest.nothing_more()
        answering.say(hers, operator, client_id="desk:3", text="Здравствуйте", at=AT)
        assert owner.next().name == "talk"
        heard = [desk.next() for _ in range(5)]
        assert {one.name for one in heard} == {"desk"}
        assert [one.data["conversation"] for one in heard] == [guests.pk] * 3 + [hers.pk] * 2
        assert guest.nothing_more()


def test_a_token_opens_nothing_that_is_anothers(site: Server) -> None:
    anna, boris = sign_in("anna"), sign_in("boris")
    hers = begin("form-of-anna-0001", subscribers.contracts_of(anna.user.pk)[0])
    cashier = staff("cashier", "cashier")
    path = f"/events/?talk={hers.token}"
    assert site.get(path).status_code == 403
    assert site.get(path, cookie=cashier.cookie).status_code == 403
    assert site.get("/events/?talk=unknown").status_code == 403
    with page(site, boris, path=path) as stranger:
        talking.say(hers, client_id="page:1", text="ещё", sent=(), name="Анна", at=AT)
        with page(site, anna, path=path) as owner:
            talking.say(hers, client_id="page:2", text="и ещё", sent=(), name="Анна", at=AT)
            assert owner.next().name == "talk"
        assert stranger.nothing_more()
