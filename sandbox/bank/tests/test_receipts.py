"""Receipts of the bank's own: carried by payments and refunds, and asked for apart."""

from typing import Any

import pytest

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.shop import Shop


def receipt(roubles: str = "500.00", **more: Any) -> dict[str, Any]:
    item = {
        "description": "Аванс",
        "quantity": "1.00",
        "amount": rub(roubles),
        "vat_code": 12,
        "payment_mode": "advance",
    }
    return {"customer": {"email": "anna@example.ru"}, "items": [item], **more}


def rub(roubles: str) -> dict[str, str]:
    return {"value": roubles, "currency": "RUB"}


def offset(payment: dict[str, Any], roubles: str, **more: Any) -> dict[str, Any]:
    settled = [{"type": "prepayment", "amount": rub(roubles)}]
    about = {"type": "payment", "payment_id": payment["id"], "send": True, "settlements": settled}
    return {**receipt(roubles), **about, **more}


def test_what_a_payment_carries_is_registered_when_it_succeeds(shop: Shop, bank: testing.Running) -> None:
    waiting = shop.create(receipt=receipt())
    assert shop.get("/receipts", payment_id=waiting["id"]).json()["items"] == []
    paid = shop.paid(receipt=receipt())
    (found,) = shop.get("/receipts", payment_id=paid["id"]).json()["items"]
    assert (found["type"], found["status"], found["payment_id"]) == ("payment", "succeeded", paid["id"])
    assert found["fiscal_storage_number"] == "9288000100115785"
    assert shop.get(f"/receipts/{found['id']}").json() == found
    assert [one["id"] for one in bank.control("receipts")] == [found["id"]]


def test_a_shop_with_fiscalisation_refuses_a_payment_without_a_receipt(shop: Shop, bank: testing.Running) -> None:
    bank.control("receipts", {"fiscalization": True})
    refused = shop.post("/payments", shops.body("500.00"))
    assert (refused.status_code, refused.json()["parameter"]) == (400, "receipt")
    assert refused.json()["description"] == "Receipt is missing or illegal"
    assert shop.get("/me").json()["fiscalization"] == {"enabled": True}
    paid = shop.paid(receipt=receipt())
    assert shop.refund(paid, "100.00").status_code == 400


def test_an_offset_is_made_once_for_a_key(shop: Shop) -> None:
    paid = shop.paid(receipt=receipt())
    made = shop.post("/receipts", offset(paid, "300.00"), key="offset-1")
    assert (made.status_code, made.json()["settlements"][0]["type"]) == (200, "prepayment")
    assert shop.post("/receipts", offset(paid, "300.00"), key="offset-1").json() == made.json()
    assert len(shop.get("/receipts", payment_id=paid["id"]).json()["items"]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"settlements": [{"type": "prepayment", "amount": rub("1.00")}]},
        {"settlements": []},
        {"type": "another"},
        {"payment_id": "00000000-0000-4000-8000-000000000000"},
        {"customer": {}},
    ],
)
def test_a_wrong_receipt_is_refused(shop: Shop, wrong: dict[str, Any]) -> None:
    paid = shop.paid()
    assert shop.post("/receipts", {**offset(paid, "300.00"), **wrong}).status_code in (400, 404)
    assert shop.post("/receipts", offset(paid, "500.01")).status_code == 400


def test_a_payment_has_at_most_thirty_receipts(shop: Shop) -> None:
    paid = shop.paid()
    for _ in range(30):
        assert shop.post("/receipts", offset(paid, "1.00")).status_code == 200
    assert shop.post("/receipts", offset(paid, "1.00")).status_code == 400


def test_receipts_may_wait_and_fail(shop: Shop, bank: testing.Running) -> None:
    paid = shop.paid(receipt=receipt())
    for outcome in ("pending", "canceled"):
        bank.control("receipts", {"receipts": outcome})
        (found,) = shop.get("/receipts", payment_id=paid["id"]).json()["items"]
        assert (found["status"], "fiscal_document_number" in found) == (outcome, False)
