"""What the API refuses, word for word, and what it never does twice."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.shop import Shop


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    said = answer.json()
    assert said["type"] == "error"
    assert len(said["id"]) == 36
    assert said["description"]
    return answer.status_code, said["code"], said.get("parameter")


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "500.00"}, "amount"),
        ({"amount": {"value": 500, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": 500.5, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "500,00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "1 500.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "500.001", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "-5.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "0.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "0.99", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "350000.01", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "٥٠٠", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "500.00", "currency": "USD"}}, "amount.currency"),
        ({"capture": "yes"}, "capture"),
        ({"description": "x" * 129}, "description"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "metadata"),
        ({"metadata": {"k" * 33: "x"}}, "metadata"),
        ({"metadata": {"key": "v" * 513}}, "metadata.key"),
        ({"metadata": {"key": 1}}, "metadata.key"),
        ({"merchant_customer_id": "x" * 201}, "merchant_customer_id"),
        ({"confirmation": None}, "confirmation"),
        ({"confirmation": {"type": "embedded"}}, "confirmation.type"),
        ({"confirmation": {"type": "redirect"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "redirect", "return_url": "javascript:alert(1)"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "redirect", "return_url": "http://a;script-src *"}}, "confirmation.return_url"),
        (
            {"confirmation": {"type": "redirect", "return_url": f"http://a/{'x' * 2048}"}},
            "confirmation.return_url",
        ),
        ({"payment_method_data": {"type": "yoo_money"}}, "payment_method_data.type"),
        ({"payment_method_id": "22e12f66-000f-5000-8000-18db351245c7"}, "payment_method_id"),
        ({"receipt": {}}, "receipt"),
        ({"receipt": {"customer": {"email": "a@b"}, "items": []}}, "receipt"),
        (
            {
                "receipt": {
                    "customer": {"email": "a@b"},
                    "items": [{"description": "x", "quantity": 2, "vat_code": 1, "amount": shops.rub("499.99")}],
                }
            },
            "receipt.items",
        ),
    ],
)
def test_a_wrong_payment_names_its_parameter(
    shop: Shop, bank: testing.Running, changes: dict[str, object], parameter: str
) -> None:
    body = {name: value for name, value in {**shops.body(), **changes}.items() if value is not None}
    assert refusal(shop.post("/payments", body)) == (400, "invalid_request", parameter)
    assert bank.payments() == []


def test_the_limits_themselves_are_allowed(shop: Shop) -> None:
    assert shop.create("1.00")["amount"]["value"] == "1.00"
    assert shop.create("350000.00", description="x" * 128)["amount"]["value"] == "350000.00"
    metadata = {f"{number:032}": "v" * 512 for number in range(16)}
    assert shop.create(metadata=metadata)["metadata"] == metadata
    assert shop.create("500")["amount"]["value"] == "500.00"
    assert shop.create("500.5")["amount"]["value"] == "500.50"


def test_card_data_is_refused(shop: Shop) -> None:
    data = {"type": "bank_card", "card": {"number": "5555555555554444"}}
    assert refusal(shop.post("/payments", shops.body(payment_method_data=data)))[:2] == (403, "forbidden")


def test_a_body_that_is_not_json_is_400(shop: Shop) -> None:
    headers = {"Idempotence-Key": "not-json"}
    for content in (b"{", b"[1]", b"\xff\xfe", b"amount=500"):
        assert refusal(shop.client.post("/v3/payments", content=content, headers=headers))[0] == 400


def test_what_the_sdk_adds_is_taken(shop: Shop) -> None:
    payment = shop.create(statements=[], transfers=[], client_ip="10.0.0.1", metadata={"cms_name": "sdk"})
    assert payment["status"] == "pending"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Basic", 401),
        ("Basic ???", 401),
        ("Basic MTAwNTAwOg==", 401),  # 100500 without a secret
        ("Basic MTAwNTAwOnRlc3Rfb3RoZXI=", 401),  # 100500 with the secret of 100501
        ("Bearer MTAwNTAwOnRlc3Rfc2FuZGJveA==", 401),
        ("Basic MTAwNTAwOnRlc3Rfc2FuZGJveA==", 200),
    ],
)
def test_who_calls_is_checked(bank: testing.Running, authorization: str | None, status: int) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = httpx.get(f"{bank.api_url}/me", headers=headers, trust_env=False)
    assert answer.status_code == status
    if status == 401:
        assert refusal(answer)[1] == "invalid_credentials"


def test_a_shop_sees_nothing_of_another(shop: Shop, other_shop: Shop) -> None:
    theirs = other_shop.paid(save_payment_method=True)
    assert refusal(shop.get(f"/payments/{theirs['id']}"))[:2] == (404, "not_found")
    assert shop.get("/payments").json()["items"] == []
    assert shop.refund(theirs, "1.00").status_code == 400
    assert shop.post(f"/payments/{theirs['id']}/capture").status_code == 404
    answer = shop.post("/payments", shops.body(payment_method_id=theirs["payment_method"]["id"]))
    assert refusal(answer) == (400, "invalid_request", "payment_method_id")


def test_an_address_that_is_not_there_is_404(shop: Shop) -> None:
    assert refusal(shop.get("/deals"))[:2] == (404, "not_found")


class TestIdempotence:
    @pytest.mark.parametrize("key", ["", "x" * 65, "with space", "pay:17"])
    def test_a_post_without_a_proper_key_is_refused(self, shop: Shop, key: str) -> None:
        answer = shop.client.post("/v3/payments", json=shops.body(), headers={"Idempotence-Key": key})
        assert refusal(answer) == (400, "invalid_request", "Idempotence-Key")

    def test_the_same_key_and_body_is_the_same_payment_as_it_is_now(self, shop: Shop, bank: testing.Running) -> None:
        first = shop.post("/payments", shops.body(), key="same").json()
        shop.pay(first)
        second = shop.post("/payments", shops.body(), key="same").json()
        assert (second["id"], second["status"]) == (first["id"], "succeeded")
        assert len(bank.payments()) == 1

    def test_the_order_of_the_body_does_not_matter(self, shop: Shop) -> None:
        body = shops.body()
        first = shop.post("/payments", body, key="order").json()
        assert shop.post("/payments", dict(reversed(body.items())), key="order").json() == first

    def test_the_same_key_with_another_body_is_refused(self, shop: Shop, bank: testing.Running) -> None:
        shop.post("/payments", shops.body("500.00"), key="same")
        answer = shop.post("/payments", shops.body("500.01"), key="same")
        assert refusal(answer) == (400, "invalid_request", "Idempotence-Key")
        assert answer.json()["description"] == "Idempotence key duplicated"
        assert len(bank.payments()) == 1

    def test_the_same_key_for_another_call_is_refused(self, shop: Shop) -> None:
        payment = shop.paid()
        assert shop.refund(payment, "1.00", key="same").status_code == 200
        assert refusal(shop.post("/payments", shops.body(), key="same"))[2] == "Idempotence-Key"

    def test_two_shops_may_use_one_key(self, shop: Shop, other_shop: Shop) -> None:
        mine = shop.post("/payments", shops.body(), key="same").json()
        theirs = other_shop.post("/payments", shops.body(), key="same").json()
        assert mine["id"] != theirs["id"]

    def test_a_refused_call_leaves_its_key_free(self, shop: Shop) -> None:
        assert shop.post("/payments", shops.body("0.00"), key="again").status_code == 400
        assert shop.post("/payments", shops.body("5.00"), key="again").status_code == 200

    def test_a_key_is_kept_for_a_day(self, shop: Shop, bank: testing.Running) -> None:
        first = shop.post("/payments", shops.body(), key="day").json()
        bank.control("clock", {"advance_seconds": 86_399 - 60})
        assert shop.post("/payments", shops.body(), key="day").json()["id"] == first["id"]
        bank.control("clock", {"advance_seconds": 120})
        assert shop.post("/payments", shops.body(), key="day").json()["id"] != first["id"]

    def test_many_at_once_make_one(self, shop: Shop, bank: testing.Running) -> None:
        payment = shop.paid()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: shop.refund(payment, "500.00", key="storm").json(), range(24)))
        assert len({answer["id"] for answer in answers}) == 1
        assert len(bank.control("refunds")) == 1


class TestList:
    def test_filters(self, shop: Shop, bank: testing.Running) -> None:
        old = shop.paid()
        bank.control("clock", {"advance_seconds": 600})
        new = shop.create()
        paid = shop.paid()

        def ids(**query: str) -> list[str]:
            answer = shop.get("/payments", **query).json()
            assert answer["type"] == "list"
            return [item["id"] for item in answer["items"]]

        assert ids() == [paid["id"], new["id"], old["id"]]
        assert ids(status="pending") == [new["id"]]
        assert ids(payment_method="bank_card") == [paid["id"], old["id"]]
        assert ids(payment_method="sbp") == []
        assert ids(**{"created_at.lt": new["created_at"]}) == [old["id"]]
        assert ids(**{"created_at.lte": new["created_at"]}) == [new["id"], old["id"]]
        assert ids(**{"created_at.gt": new["created_at"]}) == [paid["id"]]
        assert ids(**{"created_at.gte": new["created_at"], "status": "succeeded"}) == [paid["id"]]
        assert ids(**{"captured_at.gte": paid["captured_at"]}) == [paid["id"]]

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": "0"},
            {"limit": "101"},
            {"limit": "ten"},
            {"limit": "٣"},
            {"cursor": "22e12f66"},
            {"status": "paid"},
            {"created_at.gte": "yesterday"},
            {"created_at.gte": "2026-01-01T00:00:00"},
        ],
    )
    def test_a_wrong_filter_names_itself(self, shop: Shop, query: dict[str, str]) -> None:
        assert refusal(shop.get("/payments", **query)) == (400, "invalid_request", next(iter(query)))

    def test_a_page_stays_where_it_was_when_new_payments_come(self, shop: Shop) -> None:
        made = [shop.create()["id"] for _ in range(4)]
        first = shop.get("/payments", limit="2").json()
        shop.create()
        second = shop.get("/payments", limit="2", cursor=first["next_cursor"]).json()
        assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
        assert "next_cursor" not in second


class TestStates:
    def test_only_a_held_payment_is_captured_or_canceled(self, shop: Shop) -> None:
        pending, paid, held = shop.create(), shop.paid(), shop.paid(capture=False)
        for payment in (pending, paid):
            for verb in ("capture", "cancel"):
                assert shop.post(f"/payments/{payment['id']}/{verb}").status_code == 400
        over = shop.post(f"/payments/{held['id']}/capture", {"amount": shops.rub("500.01")})
        assert refusal(over) == (400, "invalid_request", "amount.value")
        assert shop.read(held["id"])["status"] == "waiting_for_capture"

    def test_only_a_paid_payment_is_refunded(self, shop: Shop) -> None:
        for payment in (shop.create(), shop.paid(capture=False), shop.paid(card="insufficient_funds")):
            assert refusal(shop.refund(payment, "1.00")) == (400, "invalid_request", "payment_id")

    def test_after_a_capture_in_part_only_that_part_is_refunded(self, shop: Shop) -> None:
        held = shop.paid(capture=False)
        captured = shop.post(f"/payments/{held['id']}/capture", {"amount": shops.rub("100.00")}).json()
        assert shop.refund(captured, "100.01").status_code == 400
        assert shop.refund(captured, "100.00").status_code == 200

    def test_a_pending_refund_counts_and_a_canceled_one_does_not(self, shop: Shop, bank: testing.Running) -> None:
        payment = shop.paid()
        bank.control("", {"refunds": "pending"})
        waiting = shop.refund(payment, "400.00").json()
        assert waiting["status"] == "pending"
        assert shop.refund(payment, "100.01").status_code == 400
        bank.control(f"refunds/{waiting['id']}/cancel", {})
        canceled = shop.get(f"/refunds/{waiting['id']}").json()
        assert canceled["cancellation_details"] == {"party": "refund_network", "reason": "general_decline"}
        bank.control("", {"refunds": "succeeded"})
        assert shop.refund(payment, "500.00").json()["status"] == "succeeded"
        assert shop.read(payment["id"])["refunded_amount"] == shops.rub("500.00")

    def test_an_unpaid_payment_lives_an_hour(self, shop: Shop, bank: testing.Running) -> None:
        payment = shop.create()
        bank.control("clock", {"advance_seconds": 3_590})
        assert shop.read(payment["id"])["status"] == "pending"
        bank.control("clock", {"advance_seconds": 10})
        expired = shop.read(payment["id"])
        assert expired["status"] == "canceled"
        assert expired["cancellation_details"] == {"party": "yoo_money", "reason": "expired_on_confirmation"}
        assert shop.pay(payment).headers["location"] == shops.RETURN_URL
        assert shop.read(payment["id"]) == expired

    def test_a_hold_lives_seven_days(self, shop: Shop, bank: testing.Running) -> None:
        held = shop.paid(capture=False)
        bank.control("clock", {"advance_seconds": 7 * 86_400})
        assert shop.read(held["id"])["cancellation_details"] == {
            "party": "yoo_money",
            "reason": "expired_on_capture",
        }


class TestSavedMethods:
    def test_only_a_paid_payment_saves_its_method(self, shop: Shop) -> None:
        declined = shop.paid(card="insufficient_funds", save_payment_method=True)
        assert declined["payment_method"]["saved"] is False
        answer = shop.post("/payments", shops.body(payment_method_id=declined["payment_method"]["id"]))
        assert refusal(answer) == (400, "invalid_request", "payment_method_id")

    def test_a_method_that_was_not_to_be_saved_is_not(self, shop: Shop) -> None:
        paid = shop.paid()
        assert paid["payment_method"]["saved"] is False
        answer = shop.post("/payments", shops.body(payment_method_id=paid["payment_method"]["id"]))
        assert refusal(answer) == (400, "invalid_request", "payment_method_id")

    @pytest.mark.parametrize(
        ("card", "reason"), [("poor_later", "insufficient_funds"), ("revoked_later", "permission_revoked")]
    )
    def test_a_card_may_pay_now_and_refuse_later(self, shop: Shop, card: str, reason: str) -> None:
        saved = shop.paid(card=card, save_payment_method=True)
        assert saved["status"] == "succeeded"
        later = shop.create(payment_method_id=saved["payment_method"]["id"])
        assert (later["status"], later["paid"]) == ("canceled", False)
        assert later["cancellation_details"] == {"party": "payment_network", "reason": reason}

    def test_the_control_changes_what_a_method_meets(self, shop: Shop, bank: testing.Running) -> None:
        method_id = shop.paid(save_payment_method=True)["payment_method"]["id"]
        bank.control(f"payment_methods/{method_id}", {"declines_with": "card_expired"})
        declined = shop.create(payment_method_id=method_id)
        assert declined["cancellation_details"]["reason"] == "card_expired"
        bank.control(f"payment_methods/{method_id}", {"declines_with": None})
        assert shop.create(payment_method_id=method_id)["status"] == "succeeded"

    def test_a_charge_without_the_payer_can_be_held(self, shop: Shop) -> None:
        method_id = shop.paid(save_payment_method=True)["payment_method"]["id"]
        assert shop.create(payment_method_id=method_id, capture=False)["status"] == "waiting_for_capture"


def test_a_payment_is_shown_word_for_word(shop: Shop) -> None:
    payment = shop.paid("1234.50", merchant_customer_id="100001")
    created, captured = payment.pop("created_at"), payment.pop("captured_at")
    assert created <= captured
    assert len(created) == len("2018-07-10T14:25:43.123Z")
    assert created.endswith("Z")
    details = payment.pop("authorization_details")
    assert details["three_d_secure"] == {"applied": False}
    method_id = payment["id"]
    assert payment == {
        "id": method_id,
        "status": "succeeded",
        "amount": {"value": "1234.50", "currency": "RUB"},
        "income_amount": {"value": "1199.94", "currency": "RUB"},  # 123450 - 123450 * 28 // 1000 = 119994
        "refunded_amount": {"value": "0.00", "currency": "RUB"},
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "test": True,
        "paid": True,
        "refundable": True,
        "metadata": {"payment_id": "17"},
        "description": "Account 100001",
        "merchant_customer_id": "100001",
        "payment_method": {
            "type": "bank_card",
            "id": method_id,
            "saved": False,
            "status": "inactive",
            "title": "Bank card *4444",
            "card": {
                "first6": "555555",
                "last4": "4444",
                "expiry_year": "2049",
                "expiry_month": "12",
                "card_type": "MasterCard",
                "issuer_country": "RU",
                "issuer_name": "Sandbox Bank",
            },
        },
    }
