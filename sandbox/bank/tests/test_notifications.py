"""What the shop is told, when, how often; and what it can find out at that moment."""

from typing import Any

import pytest

from sandbox import testing
from sandbox.bank import notifications
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver
from sandbox.tests.shop import Shop


def test_a_payment_is_told_once_as_the_api_shows_it(shop: Shop, receiver: Receiver) -> None:
    payment = shop.paid()
    assert receiver.wait_for(1) == [
        {"type": "notification", "event": "payment.succeeded", "object": payment},
    ]
    marker = shop.paid(card="insufficient_funds")
    told = receiver.wait_for(2)
    assert [item["object"]["id"] for item in told] == [payment["id"], marker["id"]]
    assert told[1]["event"] == "payment.canceled"


def test_hold_capture_and_refund_are_told(shop: Shop, receiver: Receiver) -> None:
    held = shop.paid(capture=False)
    receiver.wait_for(1)
    captured = shop.post(f"/payments/{held['id']}/capture").json()
    receiver.wait_for(2)
    refund = shop.refund(captured, "10.00").json()
    receiver.wait_for(3)
    assert receiver.events == ["payment.waiting_for_capture", "payment.succeeded", "refund.succeeded"]
    assert receiver.notifications[2]["object"] == refund


def test_a_canceled_refund_is_not_told(shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
    payment = shop.paid()
    receiver.wait_for(1)
    bank.control("", {"refunds": "canceled"})
    assert shop.refund(payment, "10.00").json()["status"] == "canceled"
    shop.paid()
    receiver.wait_for(2)
    assert receiver.events == ["payment.succeeded"] * 2


def test_an_expired_payment_is_told_without_being_asked_for(
    shop: Shop, bank: testing.Running, receiver: Receiver
) -> None:
    payment = shop.create()
    bank.control("clock", {"advance_seconds": 3_600})
    (told,) = receiver.wait_for(1)
    assert told["object"]["id"] == payment["id"]
    assert told["object"]["cancellation_details"]["reason"] == "expired_on_confirmation"


def test_what_is_not_answered_200_comes_again_until_it_is(
    shop: Shop, bank: testing.Running, receiver: Receiver
) -> None:
    receiver.answers = [500, 302]
    payment = shop.paid()
    told = receiver.wait_for(3)
    assert told == [told[0]] * 3
    (kept,) = until_closed(bank, 1)
    assert (kept["object_id"], kept["attempts"], kept["closed"]) == (payment["id"], 3, "delivered")


def test_a_receiver_that_is_down_hears_it_later(shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
    dead = f"http://127.0.0.1:{testing.free_ports()[0]}/"
    bank.control("webhook_url", {"url": dead})
    payment = shop.paid()
    until(lambda: [item["attempts"] for item in bank.control("notifications")] >= [1])
    bank.control("webhook_url", {"url": receiver.url})
    assert receiver.wait_for(1)[0]["object"]["id"] == payment["id"]


def test_after_a_day_the_bank_gives_up(shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
    receiver.answers = [500] * 100
    shop.paid()
    receiver.wait_for(1)
    bank.control("clock", {"advance_seconds": 86_401})
    assert [item["closed"] for item in until_closed(bank, 1)] == ["given_up"]


@pytest.mark.parametrize(
    ("attempts", "pause_ms"), [(1, 1000), (2, 2000), (3, 3000), (4, 5000), (5, 8000), (40, 600_000)]
)
def test_the_pauses_grow_and_stay_bounded(attempts: int, pause_ms: int) -> None:
    assert notifications.pause_ms(attempts) == pause_ms


class TestModes:
    def test_double(self, shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        bank.control("", {"webhooks": "double", "times": 3})
        shop.paid()
        told = receiver.wait_for(3)
        assert told == [told[0]] * 3

    def test_none(self, shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        bank.control("", {"webhooks": "none"})
        silent = shop.paid()
        bank.control("", {"webhooks": "normal"})
        loud = shop.paid()
        assert [item["object"]["id"] for item in receiver.wait_for(1)] == [loud["id"]]
        kept = {item["object_id"]: item["closed"] for item in until_closed(bank, 2)}
        assert kept == {silent["id"]: "withheld", loud["id"]: "delivered"}

    def test_late(self, shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        bank.control("", {"webhooks": "late", "late_seconds": 3_000})
        late = shop.paid()
        bank.control("", {"webhooks": "normal"})
        marker = shop.paid()
        assert [item["object"]["id"] for item in receiver.wait_for(1)] == [marker["id"]]
        bank.control("clock", {"advance_seconds": 3_000})
        assert receiver.wait_for(2)[1]["object"]["id"] == late["id"]

    def test_early_the_shop_is_told_before_the_bank_itself_knows(
        self, shop: Shop, bank: testing.Running, receiver: Receiver
    ) -> None:
        seen: list[str] = []
        receiver.on_request = lambda told: seen.append(shop.read(told["object"]["id"])["status"])
        bank.control("", {"webhooks": "early", "early_seconds": 0})
        payment = shop.paid()
        assert payment["status"] == "succeeded"
        assert seen == ["pending"]
        assert receiver.notifications[0]["object"]["status"] == "succeeded"
        assert [item["closed"] for item in bank.control("notifications")] == ["delivered"]

    def test_early_but_refused_it_comes_again(self, shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        receiver.answers = [503]
        bank.control("", {"webhooks": "early", "early_seconds": 0})
        shop.paid()
        receiver.wait_for(2)
        assert [item["closed"] for item in until_closed(bank, 1)] == ["delivered"]

    def test_early_the_shop_hears_of_a_charge_before_its_own_call_is_answered(
        self, shop: Shop, bank: testing.Running, receiver: Receiver
    ) -> None:
        method_id = shop.paid(save_payment_method=True)["payment_method"]["id"]
        receiver.wait_for(1)
        bank.control("", {"webhooks": "early"})
        charged = shop.create(payment_method_id=method_id)
        assert [item["object"]["id"] for item in receiver.notifications[1:]] == [charged["id"]]

    @pytest.mark.parametrize(("card", "count"), [("double", 2), ("silent", 0)])
    def test_some_cards_have_a_mode_of_their_own(
        self, shop: Shop, receiver: Receiver, bank: testing.Running, card: str, count: int
    ) -> None:
        odd = shop.paid(card=card)
        assert odd["status"] == "succeeded"
        shop.paid()
        told = receiver.wait_for(count + 1)
        assert [item["object"]["id"] for item in told].count(odd["id"]) == count

    def test_the_late_card_comes_after_ten_seconds(self, shop: Shop, receiver: Receiver, bank: testing.Running) -> None:
        late = shop.paid(card="late")
        shop.paid()
        receiver.wait_for(1)
        bank.control("clock", {"advance_seconds": 10})
        assert receiver.wait_for(2)[1]["object"]["id"] == late["id"]

    def test_charges_without_the_payer_forget_the_cards_mode(self, shop: Shop, receiver: Receiver) -> None:
        method_id = shop.paid(card="silent", save_payment_method=True)["payment_method"]["id"]
        charged = shop.create(payment_method_id=method_id)
        assert [item["object"]["id"] for item in receiver.wait_for(1)] == [charged["id"]]


class TestForged:
    def test_any_body_at_all(self, bank: testing.Running, receiver: Receiver) -> None:
        forged = {"type": "notification", "event": "payment.succeeded", "object": {"id": "no such payment"}}
        assert bank.control("webhook", {"body": forged, "times": 2}) == {"answers": ["200", "200"]}
        assert receiver.notifications == [forged, forged]
        bank.control("webhook", {"body": "not { json"})
        assert receiver.bodies[2] == b"not { json"

    def test_a_true_payment_under_a_false_event(self, shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        payment = shop.create()
        bank.control("webhook", {"payment_id": payment["id"], "event": "payment.succeeded"})
        (told,) = receiver.notifications
        assert (told["event"], told["object"]["status"]) == ("payment.succeeded", "pending")

    def test_another_shops_payment(self, other_shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
        theirs = other_shop.paid()
        assert receiver.bodies == []
        bank.control("webhook", {"payment_id": theirs["id"]})
        assert receiver.notifications[0]["object"]["recipient"]["account_id"] == "100501"

    def test_nothing_leaves_this_machine(self, bank: testing.Running) -> None:
        with pytest.raises(testing.UnableToControl, match="not an address on this machine"):
            bank.control("webhook_url", {"url": "http://example.org/"})


def test_a_slow_receiver_does_not_hold_the_payer(shop: Shop, bank: testing.Running, receiver: Receiver) -> None:
    paid: list[Any] = []
    receiver.on_request = lambda told: paid.append(shop.paid()) if len(paid) < 1 else None
    shop.paid()
    receiver.wait_for(2)
    assert paid[0]["status"] == "succeeded"


def until_closed(bank: testing.Running, count: int) -> list[dict[str, Any]]:
    """Newest first."""
    until(lambda: len([item for item in bank.control("notifications") if item["closed"]]) >= count)
    return [item for item in bank.control("notifications") if item["closed"]]


until = shops.until
