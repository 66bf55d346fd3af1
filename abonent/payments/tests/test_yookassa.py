"""Our client against the sandbox's bank over HTTP, and against servers that answer like no bank should."""

import contextlib
import http.server
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from abonent.payments.gateways import yookassa, yookassa_refunds
from abonent.payments.gateways import yookassa_objects as objects
from sandbox import testing
from tests.bank import Bank

BODY = yookassa.new_payment(
    amount_kop=12_345,
    description="Top-up of contract 100001",
    return_url="http://localhost:8000/cabinet/pay/",
    locale="ru_RU",
    metadata={"payment_id": "17"},
)
IMPATIENT = yookassa.Patience(connect_seconds=1, read_seconds=1)


def test_a_payment_is_made_paid_and_asked_about(bank: Bank) -> None:
    made = yookassa.create(BODY, key="pay-17")
    assert (made.status, made.paid, made.amount_kop, made.currency) == ("pending", False, 12_345, "RUB")
    assert (made.shop_id, made.test, made.metadata) == ("100500", True, {"payment_id": "17"})
    assert made.confirmation_url.startswith("http")
    bank.succeed(made.id)
    paid = yookassa.get(made.id)
    assert (paid.status, paid.paid, paid.amount_kop, paid.method_title) == ("succeeded", True, 12_345, "•• 4444")


def test_the_same_key_and_words_make_one_payment(bank: Bank) -> None:
    first = yookassa.create(BODY, key="pay-17")
    assert yookassa.create(BODY, key="pay-17").id == first.id
    assert len(bank.payments()) == 1


def test_another_key_makes_another_payment(bank: Bank) -> None:
    assert yookassa.create(BODY, key="pay-17").id != yookassa.create(BODY, key="pay-18").id


def test_the_same_key_with_other_words_is_refused(bank: Bank) -> None:
    yookassa.create(BODY, key="pay-17")
    other = {**BODY, "amount": {"value": "1.00", "currency": "RUB"}}
    with pytest.raises(yookassa.BankRefused) as refused:
        yookassa.create(other, key="pay-17")
    assert refused.value.code == "invalid_request"


def test_a_refusal_says_what_and_where(bank: Bank) -> None:
    body = {**BODY, "amount": {"value": "350000.01", "currency": "RUB"}}
    with pytest.raises(yookassa.BankRefused) as refused:
        yookassa.create(body, key="pay-17")
    assert (refused.value.code, refused.value.parameter) == ("invalid_request", "amount.value")
    assert refused.value.description


def test_another_shops_payment_is_not_found(bank: Bank) -> None:
    made = bank.create_directly(BODY, shop=(testing.OTHER_SHOP_ID, testing.OTHER_SECRET))
    with pytest.raises(yookassa.BankRefused) as refused:
        yookassa.get(made["id"])
    assert refused.value.code == "not_found"


def test_wrong_keys_are_refused(bank: Bank, settings: Any) -> None:
    settings.YOOKASSA_SECRET_KEY = "test_wrong"
    with pytest.raises(yookassa.BankRefused) as refused:
        yookassa.me()
    assert refused.value.code == "invalid_credentials"


def test_the_shop_is_known(bank: Bank) -> None:
    shop = yookassa.me()
    assert (shop.id, shop.test, shop.enabled) == ("100500", True, True)


def test_the_list_comes_page_by_page(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yookassa, "LIST_PAGE", 2)
    made = [yookassa.create(BODY, key=f"pay-{number}").id for number in range(5)]
    since, found, cursor = datetime.now(UTC) - timedelta(minutes=1), [], ""
    for _ in range(3):
        page = yookassa.page(created_since=since, cursor=cursor)
        found += [item.id for item in page.items]
        cursor = page.next_cursor
    assert (found, cursor) == (made[::-1], "")
    assert yookassa.page(created_since=datetime.now(UTC) + timedelta(minutes=1)).items == ()


def test_held_money_is_taken_or_let_go(bank: Bank) -> None:
    held = {**BODY, "capture": False}
    taken, let_go = (yookassa.create(held, key=key).id for key in ("pay-1", "pay-2"))
    for payment_id in (taken, let_go):
        bank.succeed(payment_id)
        assert yookassa.get(payment_id).status == "waiting_for_capture"
    assert yookassa.capture(taken, amount_kop=12_345, key="capture-1").status == "succeeded"
    assert yookassa.cancel(let_go, key="cancel-2").status == "canceled"


def test_money_is_given_back_once_for_a_key(bank: Bank) -> None:
    made = yookassa.create(BODY, key="pay-17")
    bank.succeed(made.id)
    for _ in range(2):
        body = yookassa_refunds.new_refund(
            payment_id=made.id, amount_kop=345, description="asked for", metadata={"refund_id": "1"}
        )
        back = yookassa_refunds.create(body, key="refund-1")
        assert yookassa_refunds.page(payment_id=made.id).items == (back,) == (yookassa_refunds.get(back.id),)
        assert back.metadata == {"refund_id": "1"}
        assert (back.payment_id, back.status, back.amount_kop, back.currency) == (made.id, "succeeded", 345, "RUB")
    assert bank.only_payment()["refunded_amount"]["value"] == "3.45"


@pytest.mark.parametrize("fault", ["html_502", "status_500", "lose_answer"])
def test_no_answer_and_a_strange_one_are_unknown(bank: Bank, fault: str) -> None:
    bank.control("", {fault: 1})
    with pytest.raises(yookassa.BankUnknown) as unknown:
        yookassa.create(BODY, key="pay-17")
    assert not isinstance(unknown.value, yookassa.BankBusy)


@pytest.mark.parametrize("fault", ["status_202", "status_429"])
def test_a_busy_bank_says_when_to_come_back(bank: Bank, fault: str) -> None:
    bank.control("", {fault: 1})
    with pytest.raises(yookassa.BankBusy) as busy:
        yookassa.create(BODY, key="pay-17")
    assert 1 <= busy.value.retry_after_seconds <= 2


def test_a_lost_answer_is_found_by_the_same_key(bank: Bank) -> None:
    bank.control("", {"lose_answer": 1})
    with pytest.raises(yookassa.BankUnknown):
        yookassa.create(BODY, key="pay-17")
    assert yookassa.create(BODY, key="pay-17").id == bank.only_payment()["id"]


def test_a_slow_bank_is_waited_for_no_longer_than_said(slow_bank: Bank) -> None:
    slow_bank.control("", {"delay_ms": 8000})
    began = time.monotonic()
    with pytest.raises(yookassa.BankUnknown):
        yookassa.create(BODY, key="pay-17", patience=IMPATIENT)
    assert time.monotonic() - began < 8


def test_a_bank_that_is_down_is_unknown(settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.YOOKASSA_API_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}/v3"
        with pytest.raises(yookassa.BankUnknown):
            yookassa.me()


def test_secrets_stay_out_of_the_log(bank: Bank, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.YOOKASSA_SECRET_KEY = "test_very_secret"
    with caplog.at_level(logging.DEBUG), pytest.raises(yookassa.BankRefused):
        yookassa.me()
    assert "the bank: GET /me: invalid_credentials" in caplog.text
    assert "very_secret" not in caplog.text


def test_connections_are_kept(bank: Bank) -> None:
    yookassa.me()
    kept = yookassa._peer.client()
    yookassa.me()
    assert yookassa._peer.client() is kept


def test_a_path_is_never_made_of_what_is_no_id() -> None:
    with pytest.raises(AssertionError):
        yookassa.get("../refunds/1")


# --- servers that are no bank -----------------------------------------------------------------------------
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that answers every GET so; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):  # the client has had enough and gone
                answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v3"
        finally:
            server.shutdown()
            thread.join()
            yookassa.close()


def _with(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _endless(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" " * 100_000)


def _drop_by_drop(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize(
    "answer",
    [
        _with(200, b""),
        _with(200, b"<html>Welcome to nginx!</html>"),
        _with(200, b'{"type": "error", "code": "internal_server_error"}'),
        _with(200, b"[]"),
        _with(200, b'{"id": "2d0f", "status": "succeeded"}'),
        _with(200, b'{"id": "2d0f"', Content_Length="500"),
        _with(301, b"", Location="http://127.0.0.1:9/elsewhere"),
        _with(404, b"<html>404 Not Found</html>"),
        _with(403, b'{"message": "blocked by the firewall"}'),
        _with(503, b'{"type": "error", "code": "service_unavailable"}'),
        _endless,
        _drop_by_drop,
    ],
)
def test_what_is_not_the_banks_word_is_unknown(answer: Answer, settings: Any) -> None:
    """A proxy's 404 in particular: it must not close a payment as one the bank does not know."""
    settings.YOOKASSA_READ_SECONDS = 1
    with answering(answer) as settings.YOOKASSA_API_URL, pytest.raises(yookassa.BankUnknown):
        yookassa.get("2d0f0f5c")


def test_the_body_of_a_repeat_is_the_same_octets_whatever_the_order_of_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[object] = []

    def send(method: str, path: str, content: bytes | None, *rest: object) -> tuple[int, bytes]:
        sent.append(content)
        return 500, b"{}"

    monkeypatch.setattr(yookassa, "_send", send)
    for body in (BODY, dict(reversed(BODY.items()))):
        with pytest.raises(yookassa.BankUnknown):
            yookassa.create(body, key="pay-17")
    assert sent[0] == sent[1]


def test_a_currency_is_named_with_every_sum() -> None:
    assert BODY["amount"] == {"value": "123.45", "currency": objects.CURRENCY}
