"""The API of the account: signing in, once per key, ETags, refusals, and nothing of another's."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from abonent.billing.models import Subscription
from abonent.conversations.models import Message
from abonent.core import clock, db
from abonent.identity import app_requests, app_tokens, users
from abonent.identity.models import AppRequest, AppToken, User
from abonent.network.models import Device
from tests.world import Subscriber, World

Answer = Any
OF_ANNA = "/api/v1/contracts/100001"


class App:
    """A phone, signed in as one of the cast."""

    def __init__(self, token: str) -> None:
        self.client, self.token, self._keys = Client(), token, 0

    def get(self, address: str, **headers: str) -> Answer:
        return self.client.get(address, headers={"Authorization": f"Bearer {self.token}", **headers})

    def send(self, method: str, address: str, body: object = None, *, key: str = "", **headers: str) -> Answer:
        self._keys += 1
        known = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or f"key-{id(self)}-{self._keys}"}
        return self.client.generic(
            method, address, json.dumps(body or {}), "application/json", headers={**known, **headers}
        )

    def post(self, address: str, body: object = None, *, key: str = "", **headers: str) -> Answer:
        return self.send("POST", address, body, key=key, **headers)


Phone = Callable[[Subscriber], App]


def sign_in(who: Subscriber, key: str = "sign-in-1", password: str = "", **more: str) -> Answer:
    body = {"login": who.contract, "password": password or who.password, "device_name": "Pixel 9", **more}
    return Client().post("/api/v1/sign-in", body, "application/json", headers={"Idempotency-Key": key})


@pytest.fixture
def phone(world: World) -> Phone:
    """`phone(world.anna)`: its token is made without a hashing of the password; that has a test of its own."""

    def made(who: Subscriber) -> App:
        user = User.objects.get(sign_in_names__name=who.contract)
        with db.atomic():
            issued = app_tokens.issue(
                user, f"fixture-{who.name}", device_name="Pixel 9", address=None, at=clock.now()
            )  # fmt: skip
        return App(issued.plain)

    return made


def test_an_app_signs_in_is_seen_in_the_account_and_is_ended(world: World) -> None:
    assert sign_in(world.anna, password="wrong").json()["code"] == "wrong_password"
    first = sign_in(world.anna)
    assert first.status_code == 201
    again = sign_in(world.anna)
    assert again.json() == first.json()  # a lost answer asked for once more
    app = App(first.json()["token"])
    assert [one["device_name"] for one in app.get("/api/v1/tokens").json()] == ["Pixel 9"]
    assert app.get("/api/v1/me").json()["contracts"][0]["number"] == "100001"
    second = App(sign_in(world.anna, key="sign-in-2").json()["token"])
    site = Client()
    site.force_login(User.objects.get(username="100001"), settings.AUTHENTICATION_BACKENDS[0])
    assert "Pixel 9" in site.get("/cabinet/security/").content.decode()
    site.post("/cabinet/security/", {"do": "end_app", "app": first.json()["id"]})
    assert app.get("/api/v1/me").status_code == 401
    assert second.send("DELETE", f"/api/v1/tokens/{second.get('/api/v1/tokens').json()[0]['id']}").status_code == 204
    assert second.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_all_apps_but_the_one_that_changed_it(phone: Phone, world: World) -> None:
    this = phone(world.anna)
    other = App(sign_in(world.anna).json()["token"])
    assert this.post("/api/v1/password", {"old_password": "demo-anna", "new_password": "12345"}).status_code == 422
    body = {"old_password": "demo-anna", "new_password": "seven-green-apples"}
    assert this.post("/api/v1/password", body).status_code == 204
    assert this.get("/api/v1/me").status_code == 200
    assert other.get("/api/v1/me").status_code == 401
    with db.atomic():
        user = User.objects.get(username="100001")
        users.set_password(user, user.password, must_change=True)
    assert this.get(OF_ANNA).json()["code"] == "password_must_change"
    assert this.get("/api/v1/me").json()["password_must_change"] is True


def test_what_it_shows_is_what_the_account_shows(phone: Phone, world: World) -> None:
    anna, boris = phone(world.anna), phone(world.boris)
    seen = anna.get(OF_ANNA).json()
    assert (seen["state"], seen["balance_kop"]) == ("working", world.balance(world.anna))
    late = boris.get("/api/v1/contracts/100002").json()
    assert (late["state"], late["missing_kop"]) == ("suspended", world.missing(world.boris))
    month = anna.get(
        f"{OF_ANNA}/history",
    ).json()
    assert month["closing_kop"] == world.balance(world.anna)
    assert month["opening_kop"] + sum(one["amount_kop"] for one in month["lines"]) == month["closing_kop"]
    for part in ("ahead", "payments", "cards", "autopay", "tariffs", "addons", "changes", "deferral", "resume",
                 "devices", "traffic", "diagnosis", "documents"):  # fmt: skip
        assert anna.get(f"{OF_ANNA}/{part}").status_code == 200, part
    (why,) = boris.get("/api/v1/contracts/100002/diagnosis").json()
    assert (why["cause"], why["helps"], why["missing_kop"]) == ("debt", "pay", world.missing(world.boris))
    for part in ("conversations", "contacts", "agreements"):
        assert anna.get(f"/api/v1/{part}").status_code == 200, part


def test_an_unchanged_answer_is_not_sent_again(phone: Phone, world: World) -> None:
    anna = phone(world.anna)
    etag = anna.get(OF_ANNA).headers["ETag"]
    same = anna.get(OF_ANNA, **{"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    world.pay(world.anna, "100,00")
    assert anna.get(OF_ANNA, **{"If-None-Match": etag}).json()["balance_kop"] == world.balance(world.anna)


def test_of_another_nothing_is_told_and_nothing_done(phone: Phone, world: World) -> None:
    boris, device = phone(world.boris), Device.objects.filter(line__contract__number="100001").first()
    assert device is not None
    theirs = phone(world.anna).post(
        "/api/v1/conversations", {"contract": "100001", "text": "Where is my money?"}
    ).json()["token"]  # fmt: skip
    met = [
        boris.get(OF_ANNA),
        boris.get(f"{OF_ANNA}/history"),
        boris.post(f"{OF_ANNA}/payments", {"amount_kop": 100_00}),
        boris.send("DELETE", f"/api/v1/contracts/100002/devices/{device.pk}"),
        boris.get(f"/api/v1/conversations/{theirs}"),
        boris.post(f"/api/v1/conversations/{theirs}/messages", {"text": "hi"}),
        boris.get("/api/v1/contracts/999999"),
    ]
    assert [one.status_code for one in met] == [404] * 7
    assert Device.objects.filter(pk=device.pk).exists()
    cookie = Client()
    cookie.force_login(User.objects.get(username="100001"), settings.AUTHENTICATION_BACKENDS[0])
    assert cookie.get(OF_ANNA).status_code == 401  # no cookie signs an app in


def test_a_key_does_once_and_is_nobodys_for_anything_else(phone: Phone, world: World) -> None:
    anna, at = phone(world.anna), "/api/v1/conversations"
    body = {"contract": "100001", "text": "Card 4242 4242 4242 4242?", "subject": "Money"}
    first = anna.post(at, body, key="key-once-1")
    again = anna.post(at, body, key="key-once-1")
    assert (first.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")
    assert "4242 4242" not in first.json()["messages"][0]["text"]
    assert Message.objects.filter(conversation__token=first.json()["token"]).count() == 1
    other = anna.post(at, {**body, "text": "Another"}, key="key-once-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_used")
    none = anna.client.post(at, body, "application/json", headers={"Authorization": f"Bearer {anna.token}"})
    assert (none.status_code, none.json()["code"]) == (400, "no_idempotency_key")
    # Killed between the deed and its answer: the message knows its own repeat.
    AppRequest.objects.filter(key="key-once-1").update(status=None)
    assert anna.post(at, body, key="key-once-1").json()["token"] == first.json()["token"]
    assert Message.objects.filter(conversation__token=first.json()["token"]).count() == 1
    assert app_requests.forget_old(clock.now() + timedelta(hours=49)) >= 1


def test_a_tariff_is_changed_by_a_quote_and_a_refusal_says_why(phone: Phone, world: World) -> None:
    anna = phone(world.anna)
    service = next(one for one in anna.get(OF_ANNA).json()["services"] if one["kind"] == "internet")
    offered = anna.get(f"{OF_ANNA}/tariffs").json()
    wanted = next(one for one in offered if one["beside_id"] == service["id"] and one["code"] != service["code"])
    ask = {"what": "tariff", "service_id": service["id"], "code": wanted["code"], "when": "next"}
    quote = anna.post(f"{OF_ANNA}/quotes", ask).json()
    done = anna.post(f"{OF_ANNA}/quotes/{quote['token']}/confirm")
    assert (done.status_code, done.json()["state"]) == (200, "planned")
    assert anna.post(f"{OF_ANNA}/quotes/{quote['token']}/confirm").json()["id"] == done.json()["id"]
    assert anna.send("DELETE", f"{OF_ANNA}/changes/{done.json()['id']}").status_code == 204
    same = anna.post(f"{OF_ANNA}/quotes", {**ask, "code": service["code"]}, **{"Accept-Language": "en"})
    assert (same.status_code, same.json()["title"]) == (409, "You have this tariff already. Nothing was done.")
    assert same.headers["Content-Type"] == "application/problem+json"
    assert Subscription.objects.get(pk=service["id"]).state == "active"


def test_what_a_stolen_phone_must_not_do_asks_for_the_password(phone: Phone, world: World) -> None:
    anna = phone(world.anna)
    AppToken.objects.update(confirmed_at=clock.now() - timedelta(minutes=11))
    body = {"kind": "email", "value": "thief@example.ru"}
    assert anna.post("/api/v1/contacts", body).json()["code"] == "confirm_first"
    assert anna.post(f"{OF_ANNA}/cards", {"agreed": "2026-11-22"}).json()["code"] == "confirm_first"
    assert anna.post("/api/v1/confirm", {"password": "wrong"}).status_code == 422
    assert anna.post("/api/v1/confirm", {"password": "demo-anna"}).status_code == 204
    assert anna.post("/api/v1/contacts", body).status_code == 202


def test_a_file_comes_with_a_message_and_what_is_none_is_refused(phone: Phone, world: World) -> None:
    anna = phone(world.anna)
    good = {"name": "note.txt", "content": base64.b64encode(b"it blinks red").decode()}
    body = {"contract": "100001", "kind": "mail", "subject": "Router", "text": "See", "files": [good]}
    talk = anna.post("/api/v1/conversations", body).json()
    file = talk["messages"][0]["files"][0]
    got = anna.get(f"/api/v1/conversations/{talk['token']}/files/{file['id']}")
    assert (got.content, got.headers["Content-Disposition"][:10]) == (b"it blinks red", "attachment")
    bad = {**good, "content": base64.b64encode(b"<script>alert(1)</script>").decode()}
    assert anna.post("/api/v1/conversations", {**body, "files": [bad]}).json()["code"] == "not_accepted"
    half = anna.client.post(
        "/api/v1/conversations", '{"contract":"100001","text":"\\ud800"}', "application/json",
        headers={"Authorization": f"Bearer {anna.token}", "Idempotency-Key": "half-a-pair"},
    )  # fmt: skip
    assert half.status_code == 400


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ("2026-12-31T12:00:00%2B03:00", 200),
        ("5997-10-08T16:29:13-19:50", 200),  # a zone that PostgreSQL does not know
        ("9999-12-31T23:59:59-12:00", 422),
        ("2026-12-31T12:00:00", 422),  # of no zone
        ("yesterday", 422),
    ],
)
def test_an_instant_has_a_zone_and_stands_in_the_calendar(phone: Phone, world: World, before: str, status: int) -> None:
    assert phone(world.anna).get(f"/api/v1/conversations?before={before}").status_code == status
