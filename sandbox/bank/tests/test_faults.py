"""The bank is slow, down, or its answer is lost: what a caller sees, and that work is done once or not at all."""

import os
import time

import httpx
import pytest

from sandbox import testing
from sandbox.bank import faults
from sandbox.tests import shop as shops
from sandbox.tests.shop import Shop


def test_a_lost_answer_then_a_repeat_with_the_same_key_is_one_payment(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"lose_answer": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        shop.post("/payments", shops.body(), key="lost")
    (made,) = bank.payments()
    assert shop.post("/payments", shops.body(), key="lost").json()["id"] == made["id"]
    assert len(bank.payments()) == 1


def test_a_lost_answer_to_a_refund_returns_the_money_once(shop: Shop, bank: testing.Running) -> None:
    payment = shop.paid()
    bank.control("", {"lose_answer": 2})
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            shop.refund(payment, "100.00", key="lost")
    assert shop.refund(payment, "100.00", key="lost").status_code == 200
    assert shop.read(payment["id"])["refunded_amount"] == shops.rub("100.00")


def test_a_proxys_page_in_html(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"html_502": 1})
    answer = shop.post("/payments", shops.body(), key="html")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert bank.payments() == []
    assert shop.post("/payments", shops.body(), key="html").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("status_500", 500, "internal_server_error"), ("status_429", 429, "too_many_requests")],
)
def test_an_error_of_the_bank(shop: Shop, bank: testing.Running, fault: str, status: int, code: str) -> None:
    bank.control("", {fault: 2})
    for _ in range(2):
        answer = shop.post("/payments", shops.body(), key="error")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert bank.payments() == []
    assert shop.post("/payments", shops.body(), key="error").status_code == 200


def test_an_error_after_the_work_was_done(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"status_500": 1, "work_done": True})
    assert shop.post("/payments", shops.body(), key="done").status_code == 500
    (made,) = bank.payments()
    assert shop.post("/payments", shops.body(), key="done").json()["id"] == made["id"]


@pytest.mark.parametrize("name", ["202", "status_202"])
def test_accepted_but_not_yet(shop: Shop, bank: testing.Running, name: str) -> None:
    bank.control("", {name: 1})
    answer = shop.post("/payments", shops.body(), key="wait")
    assert (answer.status_code, answer.json()["type"], answer.json()["retry_after"]) == (202, "processing", 1000)
    assert shop.post("/payments", shops.body(), key="wait").json()["status"] == "pending"


def test_a_slow_bank(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"delay_ms": 300, "delay_calls": 1})
    begun = time.monotonic()
    shop.get("/me")
    assert time.monotonic() - begun >= 0.3
    assert bank.control()["faults"] == {}


def test_a_caller_who_does_not_wait_may_find_the_work_done(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"delay_ms": 400})
    with pytest.raises(httpx.ReadTimeout):
        shop.client.post("/v3/payments", json=shops.body(), headers={"Idempotence-Key": "impatient"}, timeout=0.1)
    # It waits as long as the first, and so comes after it: a call left behind would reach the next test's bank.
    made = shop.post("/payments", shops.body(), key="impatient").json()
    bank.control("", {"delay_ms": 0})
    assert [payment["id"] for payment in bank.payments()] == [made["id"]]


def test_a_fault_may_hit_one_kind_of_call_only(shop: Shop, bank: testing.Running) -> None:
    bank.control("", {"status_500": 1, "only": "POST /v3/refunds"})
    payment = shop.paid()
    assert shop.refund(payment, "1.00").status_code == 500
    assert shop.refund(payment, "1.00").status_code == 200


def test_the_pages_are_not_hit(shop: Shop, bank: testing.Running) -> None:
    payment = shop.create()
    bank.control("", {"status_500": 1})
    assert shop.client.get(shops.page(payment)).status_code == 200


def test_a_knob_that_is_not_there_is_refused_and_nothing_is_set(bank: testing.Running) -> None:
    for wrong in ({"loose_answer": 1}, {"html_502": -1}, {"html_502": "1"}, {"webhooks": "twice"}, {"refunds": "no"}):
        with pytest.raises(testing.UnableToControl):
            bank.control("", {"status_500": 1, **wrong})
    assert bank.control()["faults"] == {}


def test_the_control_takes_json_only(bank: testing.Running) -> None:
    answer = httpx.post(f"{bank.base_url}/control/reset", data={"keep_data": "1"}, trust_env=False)
    assert answer.status_code == 400


def test_a_foreign_name_for_this_machine_is_refused(bank: testing.Running) -> None:
    answer = httpx.get(f"{bank.base_url}/control/", headers={"Host": "evil.example"}, trust_env=False)
    assert answer.status_code == 400


def test_a_lost_answer_leaves_no_file_open_behind() -> None:
    """It looks at everything that is open: what is no connection once stayed open doubled, until nothing could be."""
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        faults.hang_up(httpx.URL("http://127.0.0.1:9"))
    assert len(os.listdir("/dev/fd")) == before
