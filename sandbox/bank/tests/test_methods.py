"""Saved methods: bound at zero amount, charged without the payer, refused by each group of reasons, taken back."""

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
import yookassa
from yookassa.domain.notification import WebhookNotificationFactory

from sandbox import store as stores
from sandbox import testing
from sandbox.bank import cards
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver
from sandbox.tests.shop import Shop

RETURN_URL = "http://localhost:8000/cabinet/cards/back/"


def binding(kind: str = "bank_card", **more: object) -> dict[str, object]:
    return {"type": kind, "confirmation": {"type": "redirect", "return_url": RETURN_URL}, **more}


def bind(shop: Shop, card: str = "pays", kind: str = "bank_card") -> dict[str, Any]:
    """The payer goes to the bank's page and binds; the method as the API tells it then."""
    made = shop.post("/payment_methods", binding(kind)).json()
    typed = {"answer": "yes"} if kind == "sbp" else shops.typed(card)
    assert shop.client.post(f"/bank/bind/{made['id']}/", data=typed).status_code == 303
    return dict(shop.get(f"/payment_methods/{made['id']}").json())


@pytest.fixture
def sdk(bank: testing.Running) -> Any:
    yookassa.Configuration.configure(testing.SHOP_ID, testing.SECRET, api_url=bank.api_url)
    yield yookassa
    yookassa.Configuration.configure(None, None)


def test_the_sdk_binds_a_card_at_zero_amount(bank: testing.Running, receiver: Receiver, sdk: Any) -> None:
    made = sdk.PaymentMethod.create(binding(metadata={"binding_id": "5"}), "sdk-bind")
    assert (made.type, made.status, made.saved) == ("bank_card", "pending", False)
    assert made.confirmation.confirmation_url == f"http://localhost:{bank.port}/bank/bind/{made.id}/"
    assert sdk.PaymentMethod.create(binding(metadata={"binding_id": "5"}), "sdk-bind").id == made.id
    shown = httpx.get(f"{made.confirmation.confirmation_url}?card=pays_mir", trust_env=False).text
    assert "2202 4743 0132 2987" in shown
    assert "Привязать карту" in shown
    answer = httpx.post(made.confirmation.confirmation_url, data=shops.typed("pays_mir"), trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (303, RETURN_URL)
    bound = sdk.PaymentMethod.find_one(made.id)
    assert (bound.status, bound.saved, bound.title) == ("active", True, "Bank card *2987")
    assert bank.payments() == []  # nothing was charged
    assert "Способ оплаты привязан" in httpx.get(made.confirmation.confirmation_url, trust_env=False).text
    (told,) = receiver.wait_for(1)
    read = WebhookNotificationFactory().create(told)
    assert (read.event, read.object.id, read.object.status) == ("payment_method.active", made.id, "active")


def test_the_sdk_charges_what_it_has_bound(shop: Shop, sdk: Any) -> None:
    method = bind(shop)
    body = shops.body("350.00", payment_method_id=method["id"])
    charged = sdk.Payment.create(body, "sdk-bound")
    assert (charged.status, charged.payment_method.id, charged.payment_method.saved) == (
        "succeeded",
        method["id"],
        True,
    )
    assert charged.confirmation is None


def test_the_sdk_binds_and_charges_by_sbp(bank: testing.Running, shop: Shop, sdk: Any) -> None:
    made = sdk.PaymentMethod.create(binding("sbp"), "sdk-sbp")
    assert made.type == "sbp"
    bank.control(f"payment_methods/{made.id}/bind", {})
    assert sdk.PaymentMethod.find_one(made.id).payer_bank_details["bic"] == "044525225"
    paid = sdk.Payment.create(shops.body(payment_method_id=made.id), "sdk-sbp-pay")
    assert (paid.status, paid.payment_method.type) == ("succeeded", "sbp")


def test_a_payment_by_sbp_with_a_qr_code(shop: Shop, bank: testing.Running) -> None:
    made = shop.create(payment_method_data={"type": "sbp"}, confirmation={"type": "qr"})
    assert made["confirmation"] == {"type": "qr", "confirmation_data": f"{bank.base_url}{shops.page(made)}"}
    assert "Оплатить 500,00" in shop.client.get(shops.page(made)).text
    answer = shop.client.post(shops.page(made), data={"answer": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, shops.page(made))
    paid = shop.read(made["id"])
    assert (paid["status"], paid["payment_method"]["type"], paid["payment_method"]["saved"]) == (
        "succeeded",
        "sbp",
        False,
    )
    assert [one["id"] for one in shop.get("/payments", payment_method="sbp").json()["items"]] == [made["id"]]


def test_a_payment_by_sbp_is_refused_in_the_banks_app(shop: Shop) -> None:
    made = shop.create(payment_method_data={"type": "sbp"})
    shop.client.post(shops.page(made), data={"answer": "no"})
    assert shop.read(made["id"])["cancellation_details"]["reason"] == "general_decline"


def test_a_card_that_wants_a_code_is_bound_by_it(shop: Shop) -> None:
    made = shop.post("/payment_methods", binding()).json()
    page = f"/bank/bind/{made['id']}/"
    asked = shop.client.post(page, data=shops.typed("three_d_secure"))
    assert asked.headers["location"] == f"{page}3ds/"
    assert shop.get(f"/payment_methods/{made['id']}").json()["status"] == "pending"
    assert shop.client.get(asked.headers["location"]).status_code == 200
    shop.client.post(f"{page}3ds/", data={"code": "123"})
    assert shop.get(f"/payment_methods/{made['id']}").json()["status"] == "active"


@pytest.mark.parametrize("how", ["a wrong code", "a declined card", "nobody came"])
def test_what_is_not_confirmed_is_not_bound(shop: Shop, bank: testing.Running, receiver: Receiver, how: str) -> None:
    made = shop.post("/payment_methods", binding()).json()
    page = f"/bank/bind/{made['id']}/"
    if how == "a wrong code":
        shop.client.post(page, data=shops.typed("three_d_secure"))
        shop.client.post(f"{page}3ds/", data={"code": "7"})
    elif how == "a declined card":
        shop.client.post(page, data=shops.typed("card_expired"))
    else:
        bank.control("clock", {"advance_seconds": 3_601})
    found = shop.get(f"/payment_methods/{made['id']}").json()
    assert (found["status"], found["saved"]) == ("inactive", False)
    refused = shop.post("/payments", shops.body(payment_method_id=made["id"]))
    assert (refused.status_code, refused.json()["parameter"]) == (400, "payment_method_id")
    shop.client.post(page, data=shops.typed("pays"))  # too late: the page only says so
    assert shop.get(f"/payment_methods/{made['id']}").json()["status"] == "inactive"


def test_a_binding_that_waits_cannot_be_charged(shop: Shop) -> None:
    made = shop.post("/payment_methods", binding()).json()
    shop.client.post(f"/bank/bind/{made['id']}/", data=shops.typed("three_d_secure"))
    assert shop.post("/payments", shops.body(payment_method_id=made["id"])).status_code == 400


def test_another_shops_method_is_nobodys(shop: Shop, other_shop: Shop) -> None:
    theirs = bind(other_shop)
    assert shop.get(f"/payment_methods/{theirs['id']}").status_code == 404
    assert shop.post("/payments", shops.body(payment_method_id=theirs["id"])).status_code == 400


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"type": "qiwi"}, "type"),
        ({"type": "bank_card"}, "confirmation"),
        ({**binding(), "confirmation": {"type": "embedded"}}, "confirmation.type"),
        ({**binding(), "confirmation": {"type": "redirect", "return_url": "nowhere"}}, "confirmation.return_url"),
    ],
)
def test_a_bad_binding_is_refused(shop: Shop, body: dict[str, object], parameter: str) -> None:
    answer = shop.post("/payment_methods", body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_shop_never_sends_a_cards_number(shop: Shop) -> None:
    answer = shop.post("/payment_methods", binding(card={"number": "4242424242424242"}))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("card", "outcomes"),
    [
        ("poor_later", ["insufficient_funds", "insufficient_funds", "insufficient_funds"]),
        ("poor_twice", ["insufficient_funds", "insufficient_funds", None]),
        ("silent_later", ["issuer_unavailable", None, None]),
        ("expired_later", ["card_expired", "card_expired", "card_expired"]),
        ("blocked_later", ["payment_method_restricted"] * 3),
        ("revoked_later", ["permission_revoked"] * 3),
        ("code_later", ["3d_secure_failed"] * 3),
    ],
)
def test_each_group_of_declines_has_its_card(shop: Shop, card: str, outcomes: list[str | None]) -> None:
    method = bind(shop, card)
    met = [shop.create(payment_method_id=method["id"]) for _ in outcomes]
    assert [one.get("cancellation_details", {}).get("reason") for one in met] == outcomes


def test_what_the_payer_takes_back_pays_no_more(shop: Shop, bank: testing.Running) -> None:
    method = bind(shop)
    bank.control(f"payment_methods/{method['id']}/revoke", {})
    assert shop.get(f"/payment_methods/{method['id']}").json()["status"] == "inactive"
    assert shop.create(payment_method_id=method["id"])["cancellation_details"]["reason"] == "permission_revoked"


def test_a_saved_card_may_want_a_code_while_its_owner_is_there(shop: Shop) -> None:
    method = bind(shop)
    with_code = shop.post("/payment_methods", binding()).json()
    page = f"/bank/bind/{with_code['id']}/"
    shop.client.post(page, data=shops.typed("three_d_secure"))
    shop.client.post(f"{page}3ds/", data={"code": "123"})
    confirmation = {"type": "redirect", "return_url": shops.RETURN_URL}
    assert shop.create(payment_method_id=method["id"], confirmation=confirmation)["status"] == "succeeded"
    asked = shop.create(payment_method_id=with_code["id"], confirmation=confirmation)
    assert asked["status"] == "pending"
    led = shop.client.get(shops.page(asked))
    assert led.headers["location"] == f"{shops.page(asked)}3ds/"
    shop.client.post(led.headers["location"], data={"code": "123"})
    assert shop.read(asked["id"])["status"] == "succeeded"
    assert shop.create(payment_method_id=with_code["id"])["status"] == "succeeded"  # without him no code is asked


def test_messages_come_twice_and_in_another_order(shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
    bank.control("", {"webhooks": "shuffled"})
    first, second = shop.paid(), shop.paid()
    told = [one["object"]["id"] for one in receiver.wait_for(4)]
    assert sorted(told) == sorted([first["id"], second["id"]] * 2)
    assert told[:2] == [second["id"]] * 2


def test_chaos_hits_the_same_calls_for_the_same_seed(bank: testing.Running, shop: Shop) -> None:
    def outcomes() -> list[str]:
        bank.control("reset", {})
        bank.control("", {"chaos_percent": 50, "chaos_seed": 7})
        met = []
        for number in range(20):
            try:
                met.append(str(shop.post("/payments", shops.body(), key=f"chaos-{number}").status_code))
            except httpx.HTTPError:
                met.append("lost")
        return met

    first = outcomes()
    assert outcomes() == first
    assert 2 <= first.count("lost") <= 12
    made = {one["id"] for one in bank.payments()}
    bank.control("", {"chaos_percent": 0})
    for number in range(20):  # whoever asks again with the same key finds what was done, and no second
        assert shop.post("/payments", shops.body(), key=f"chaos-{number}").status_code == 200
    assert len(bank.payments()) == 20
    assert made <= {one["id"] for one in bank.payments()}


def test_a_store_of_the_first_version_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path.joinpath(stores.FILE_NAME)) as sql:
        schema = Path(stores.__file__).with_name("schema.sql").read_text(encoding="utf-8")
        sql.executescript(f"{schema} pragma user_version = 1;")
        sql.execute("insert into payment_method values ('m-1', '100500', '{}', 'pays', null, 1)")
    sql.close()
    store = stores.Store(tmp_path)
    row = store.row("select status, type, card_name from payment_method where id = 'm-1'")
    assert row is not None
    assert tuple(row) == ("active", "bank_card", "pays")
    store.close()


def test_every_test_card_has_a_right_number_and_stands_once() -> None:
    assert all(cards.luhn_holds(card.number) for card in cards.CARDS.values())
    assert len(cards.BY_NUMBER) == len(cards.CARDS)
