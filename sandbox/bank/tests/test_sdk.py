"""The bank's own SDK against our bank: an independent client, whose reading of the protocol is not ours."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yookassa
from yookassa.domain.exceptions import BadRequestError, NotFoundError, UnauthorizedError
from yookassa.domain.notification import WebhookNotificationFactory

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver


@pytest.fixture(autouse=True)
def sdk(bank: testing.Running) -> Iterator[None]:
    """Its settings are global to the class."""
    yookassa.Configuration.configure(testing.SHOP_ID, testing.SECRET, api_url=bank.api_url)
    yield
    yookassa.Configuration.configure(None, None)


def create(key: str = "sdk-1", **more: Any) -> Any:
    return yookassa.Payment.create(shops.body(**more), key)


def paid(bank: testing.Running, key: str = "sdk-1", **more: Any) -> Any:
    payment = create(key, **more)
    bank.succeed(payment.id)
    return yookassa.Payment.find_one(payment.id)


def test_a_payment_is_created_and_waits_for_the_payer(bank: testing.Running) -> None:
    payment = create()
    assert payment.status == "pending"
    assert str(payment.amount.value) == "500.00"
    assert payment.paid is False
    assert payment.test is True
    assert payment.recipient.account_id == "100500"
    assert payment.metadata == {"payment_id": "17", "cms_name": "yookassa_sdk_python"}
    assert payment.confirmation.confirmation_url == f"http://localhost:{bank.port}/bank/pay/{payment.id}/"


def test_a_repeat_with_the_same_key_is_the_same_payment(bank: testing.Running) -> None:
    first, second = create("sdk-same"), create("sdk-same")
    assert dict(first) == dict(second)
    assert len(bank.payments()) == 1


def test_a_paid_payment_tells_card_and_times(bank: testing.Running) -> None:
    payment = paid(bank)
    assert (payment.status, payment.paid, payment.refundable) == ("succeeded", True, True)
    card = payment.payment_method.card
    assert (card.first6, card.last4, card.card_type) == ("555555", "4444", "MasterCard")
    assert payment.payment_method.saved is False
    assert payment.created_at <= payment.captured_at
    assert len(payment.authorization_details.rrn) == 12
    assert str(payment.income_amount.value) == "486.00"  # 500.00 - 2.8 %


def test_a_decline_says_who_and_why(bank: testing.Running) -> None:
    payment = create()
    bank.cancel(payment.id, "insufficient_funds")
    details = yookassa.Payment.find_one(payment.id).cancellation_details
    assert (details.party, details.reason) == ("payment_network", "insufficient_funds")


def test_the_list_turns_pages_by_cursor(bank: testing.Running) -> None:
    made = [create(f"sdk-{number}").id for number in range(5)]
    first = yookassa.Payment.list({"limit": 2})
    second = yookassa.Payment.list({"limit": 2, "cursor": first.next_cursor})
    third = yookassa.Payment.list({"limit": 2, "cursor": second.next_cursor})
    assert [item.id for page in (first, second, third) for item in page.items] == made[::-1]
    assert third.next_cursor is None


def test_a_held_payment_is_captured_whole(bank: testing.Running) -> None:
    held = paid(bank, capture=False)
    assert (held.status, held.paid) == ("waiting_for_capture", True)
    assert held.expires_at > held.created_at
    captured = yookassa.Payment.capture(held.id)
    assert (captured.status, str(captured.amount.value)) == ("succeeded", "500.00")


def test_a_held_payment_is_captured_in_part(bank: testing.Running) -> None:
    held = paid(bank, capture=False)
    captured = yookassa.Payment.capture(held.id, {"amount": shops.rub("120.50")}, "sdk-capture")
    again = yookassa.Payment.capture(held.id, {"amount": shops.rub("120.50")}, "sdk-capture")
    assert (captured.status, str(captured.amount.value)) == ("succeeded", "120.50")
    assert dict(again) == dict(captured)
    assert captured.captured_at is not None


def test_a_held_payment_is_let_go(bank: testing.Running) -> None:
    held = paid(bank, capture=False)
    canceled = yookassa.Payment.cancel(held.id)
    assert (canceled.status, canceled.paid) == ("canceled", False)
    assert (canceled.cancellation_details.party, canceled.cancellation_details.reason) == (
        "merchant",
        "canceled_by_merchant",
    )


def test_a_refund_in_parts_up_to_the_sum_and_not_a_kopeck_more(bank: testing.Running) -> None:
    payment = paid(bank)

    def refund(roubles: str, key: str) -> Any:
        return yookassa.Refund.create({"payment_id": payment.id, "amount": shops.rub(roubles)}, key)

    first = refund("200.00", "sdk-refund-1")
    assert (first.status, first.payment_id, str(first.amount.value)) == ("succeeded", payment.id, "200.00")
    assert refund("200.00", "sdk-refund-1").id == first.id
    with pytest.raises(BadRequestError) as over:
        refund("300.01", "sdk-refund-2")
    assert over.value.content["parameter"] == "amount.value"
    refund("300.00", "sdk-refund-3")
    returned = yookassa.Payment.find_one(payment.id)
    assert (str(returned.refunded_amount.value), returned.refundable) == ("500.00", False)
    assert [str(item.amount.value) for item in yookassa.Refund.list({"payment_id": payment.id}).items] == [
        "300.00",
        "200.00",
    ]
    assert dict(yookassa.Refund.find_one(first.id)) == dict(first)


def test_a_saved_method_pays_again_without_the_payer(bank: testing.Running) -> None:
    first = paid(bank, save_payment_method=True)
    assert first.payment_method.saved is True
    body = shops.body("350.00", payment_method_id=first.payment_method.id)
    second = yookassa.Payment.create(body, "sdk-recurring")
    assert (second.status, str(second.amount.value)) == ("succeeded", "350.00")
    assert (second.payment_method.id, second.payment_method.saved) == (first.payment_method.id, True)


def test_wrong_credentials_are_401(bank: testing.Running) -> None:
    yookassa.Configuration.configure(testing.SHOP_ID, "test_wrong", api_url=bank.api_url)
    with pytest.raises(UnauthorizedError) as refused:
        create()
    assert refused.value.content["code"] == "invalid_credentials"


def test_an_unknown_payment_is_404() -> None:
    with pytest.raises(NotFoundError) as missing:
        yookassa.Payment.find_one("22e12f66-000f-5000-8000-18db351245c7")
    assert missing.value.content["code"] == "not_found"


def test_a_bad_payment_is_400_and_makes_nothing(bank: testing.Running) -> None:
    with pytest.raises(BadRequestError) as refused:
        create("sdk-bad", amount=shops.rub("350000.01"))
    assert refused.value.content["parameter"] == "amount.value"
    assert bank.payments() == []


def test_the_shops_settings(bank: testing.Running) -> None:
    me = yookassa.Settings.get_account_settings()
    assert (me.account_id, me.status, me.test, me.payment_methods) == ("100500", "enabled", True, ["bank_card", "sbp"])


def test_the_sdk_reads_our_notifications(bank: testing.Running, receiver: Receiver) -> None:
    payment = paid(bank)
    yookassa.Refund.create({"payment_id": payment.id, "amount": shops.rub("1.00")}, "sdk-refund")
    read = [WebhookNotificationFactory().create(item) for item in receiver.wait_for(2)]
    assert [(item.event, item.type) for item in read] == [
        ("payment.succeeded", "notification"),
        ("refund.succeeded", "notification"),
    ]
    assert dict(read[0].object) == dict(payment)
    assert read[1].object.payment_id == payment.id


def test_a_payment_with_a_receipt_registers_it(bank: testing.Running) -> None:
    item = {"description": "Advance", "quantity": "1.00", "amount": shops.rub("500.00"), "vat_code": 1}
    receipt = {"customer": {"email": "anna@example.org"}, "items": [item]}
    assert create("sdk-receipt", receipt=receipt).receipt_registration == "pending"
    assert paid(bank, "sdk-receipt", receipt=receipt).receipt_registration == "succeeded"


def test_the_payers_page_is_where_the_api_says() -> None:
    answer = httpx.get(create().confirmation.confirmation_url, trust_env=False)
    assert answer.status_code == 200
