"""What the bank says is read to the word, and its garbage is garbage."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from abonent.payments.gateways import yookassa_objects as objects


def said(**changes: Any) -> dict[str, Any]:
    """A payment as the bank tells it, with some words changed; None takes a word away."""
    whole = {
        "id": "2d0f0f5c-000f-5000-9000-145f6df21d6f",
        "status": "succeeded",
        "paid": True,
        "amount": {"value": "500.00", "currency": "RUB"},
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "payment_method": {"type": "bank_card", "id": "2d0f", "saved": False, "card": {"last4": "4242"}},
        "created_at": "2026-11-21T20:59:01.123Z",
        "test": True,
        "metadata": {"payment_id": "17"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def test_a_payment_is_read_to_the_word() -> None:
    assert objects.read_payment(said()) == objects.BankPayment(
        id="2d0f0f5c-000f-5000-9000-145f6df21d6f",
        status="succeeded",
        paid=True,
        amount_kop=50_000,
        currency="RUB",
        shop_id="100500",
        test=True,
        created_at=datetime(2026, 11, 21, 20, 59, 1, 123000, tzinfo=UTC),
        metadata={"payment_id": "17"},
        confirmation_url="",
        cancellation_reason="",
        method_title="•• 4242",
        method=objects.BankMethod("2d0f", "bank_card", False, "", "•• 4242", "", None, "", {}),
    )


def test_a_saved_card_is_read_with_what_may_be_kept_of_it() -> None:
    card = {"last4": "4242", "card_type": "Mir", "expiry_year": "2029", "expiry_month": "02"}
    method = {"type": "bank_card", "id": "2d0f", "saved": True, "status": "active", "card": card}
    assert objects.read_payment(said(payment_method=method)).method == objects.BankMethod(
        "2d0f", "bank_card", True, "active", "•• 4242", "Mir", (2029, 2), "", {}
    )
    assert objects.read_method(method).expiry == (2029, 2)


@pytest.mark.parametrize("odd", [{"saved": "yes"}, {"id": "4242 4242"}, {"type": None}, {"card": "4242"}])
def test_a_method_that_cannot_be_read_holds_no_payment_up(odd: dict[str, object]) -> None:
    method = {"type": "bank_card", "id": "2d0f", "saved": True, "title": "Card", **odd}
    if odd.get("card") is None:
        assert objects.read_payment(said(payment_method=method)).method is None
    with pytest.raises(objects.UnableToRead):
        objects.read_method({**method, "status": "active"})


@pytest.mark.parametrize(("year", "month"), [("29", "02"), ("2029", "13"), ("", "")])
def test_an_odd_date_of_a_card_is_no_date(year: str, month: str) -> None:
    card = {"last4": "4242", "expiry_year": year, "expiry_month": month}
    method = {"type": "bank_card", "id": "2d0f", "saved": True, "status": "active", "card": card}
    assert objects.read_method(method).expiry is None


def test_the_address_to_pay_at_and_the_reason_of_a_refusal_are_read() -> None:
    url = "https://yoomoney.ru/checkout/payments/v2/contract?orderId=2d0f"
    assert objects.read_payment(said(confirmation={"confirmation_url": url})).confirmation_url == url
    details = {"party": "payment_network", "reason": "insufficient_funds"}
    assert objects.read_payment(said(cancellation_details=details)).cancellation_reason == "insufficient_funds"


def test_the_address_to_pay_at_is_not_shown_in_a_log() -> None:
    payment = objects.read_payment(said(confirmation={"confirmation_url": "https://bank/secret-order"}))
    assert "secret-order" not in repr(payment)


def test_a_method_without_a_card_keeps_its_title() -> None:
    assert objects.read_payment(said(payment_method={"type": "sbp", "title": "SBP"})).method_title == "SBP"
    assert objects.read_payment(said(payment_method=None)).method_title == ""


@pytest.mark.parametrize(
    ("value", "amount_kop"),
    [("500.00", 50_000), ("500.5", 50_050), ("500", 50_000), ("0.01", 1), ("999999999999.99", 99_999_999_999_999)],
)
def test_a_sum_is_read_in_kopecks(value: str, amount_kop: int) -> None:
    assert objects.read_payment(said(amount={"value": value, "currency": "RUB"})).amount_kop == amount_kop


@pytest.mark.parametrize(
    "amount",
    [
        None,
        "500.00",
        {"value": "500.00"},
        {"currency": "RUB"},
        {"value": 500, "currency": "RUB"},
        {"value": "-5.00", "currency": "RUB"},
        {"value": "5,00", "currency": "RUB"},
        {"value": "5.001", "currency": "RUB"},
        {"value": "1e3", "currency": "RUB"},
        {"value": "٥.00", "currency": "RUB"},
        {"value": "500.00\n", "currency": "RUB"},
        {"value": "5000000000000.00", "currency": "RUB"},
    ],
)
def test_what_is_no_sum_is_refused(amount: Any) -> None:
    with pytest.raises(objects.UnableToRead):
        objects.read_payment(said(amount=amount))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "../refunds/1"},
        {"id": "a" * 65},
        {"id": "abc\n"},
        {"status": "refunded"},
        {"status": None},
        {"paid": "true"},
        {"test": None},
        {"created_at": "yesterday"},
        {"created_at": "2026-11-21T20:59:01"},
        {"recipient": ["100500"]},
        {"recipient": {"account_id": 100500}},
        {"metadata": ["payment_id"]},
        {"metadata": {"payment_id": 17}},
        {"metadata": {"payment_id": "17\0"}},
        {"metadata": {"payment_id": "\ud800"}},
        {"confirmation": {"confirmation_url": "javascript:alert(1)"}},
        {"confirmation": {"confirmation_url": "https://bank/" + "a" * 2048}},
        {"payment_method": {"card": "4242"}},
        {"cancellation_details": "no"},
    ],
)
def test_a_shape_the_bank_does_not_promise_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(objects.UnableToRead):
        objects.read_payment(said(**changes))


@pytest.mark.parametrize("answer", [None, [], "payment", 5, {}])
def test_what_is_no_object_is_refused(answer: Any) -> None:
    for read in (objects.read_payment, objects.read_page, objects.read_refund, objects.read_shop):
        with pytest.raises(objects.UnableToRead):
            read(answer)


@pytest.mark.parametrize(
    "octets",
    [b"", b"<html>502 Bad Gateway</html>", b"[]", b'"payment"', b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"id": '],
)
def test_octets_that_are_no_object_of_json_are_refused(octets: bytes) -> None:
    with pytest.raises(objects.UnableToRead):
        objects.read_json(octets)


def test_a_number_with_a_point_never_becomes_a_sum() -> None:
    answer = objects.read_json(json.dumps(said(amount={"value": 500.0, "currency": "RUB"})).encode())
    with pytest.raises(objects.UnableToRead):
        objects.read_payment(answer)


def test_a_page_of_a_list_knows_whether_it_is_the_last() -> None:
    page = objects.read_page({"type": "list", "items": [said()], "next_cursor": "37a5c87d"})
    assert (len(page.items), page.next_cursor) == (1, "37a5c87d")
    assert objects.read_page({"type": "list", "items": []}).next_cursor == ""


def test_one_damaged_payment_spoils_its_page() -> None:
    """A page read in part would let a payment be closed as one the bank has never heard of."""
    with pytest.raises(objects.UnableToRead):
        objects.read_page({"items": [said(), said(amount=None)]})
