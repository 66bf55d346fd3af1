"""Speak YooKassa's API v3: payments and refunds (saved methods: `yookassa_methods`). The only module that sends
anything to it; it stores nothing and decides nothing.

Two kinds of failure, never to be mixed up: `BankRefused` is the bank's own no, and nothing was done;
`BankUnknown` is everything else (no answer, 500, a proxy's HTML, a body we cannot read), and what was asked may
have been done: ask again with the SAME key, or look the payment up.
"""

import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from django.conf import settings

from abonent.core import kept_http, money
from abonent.payments.gateways import bodies
from abonent.payments.gateways import yookassa_objects as objects

log = logging.getLogger(__name__)

LIST_PAGE = 100
USUAL_RETRY_MILLISECONDS = 1_800  # the bank's own habit when it does not say

_KEY = re.compile(r"[0-9a-zA-Z+\-_.]{1,64}")


class BankRefused(Exception):
    """The bank's own no: nothing was done, and the same words will be refused again."""

    def __init__(self, code: str, description: str, parameter: str = "") -> None:
        super().__init__(f"{code}: {description}" + (f" ({parameter})" if parameter else ""))
        self.code, self.description, self.parameter = code, description, parameter


class BankUnknown(Exception):
    """Whether it was done is not known."""


class BankBusy(BankUnknown):
    """Accepted and not done yet, or too many calls: ask again in `retry_after_seconds` with the same key."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"busy, asks to come back in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for the connection, and for each next piece of the answer."""

    connect_seconds: int
    read_seconds: int


def is_test_shop() -> bool:
    """The bank gives test shops keys that begin so; their payments move no real money."""
    return str(settings.YOOKASSA_SECRET_KEY).startswith("test_")


def new_payment(
    *,
    amount_kop: int,
    description: str,
    return_url: str,
    locale: str,
    metadata: Mapping[str, str],
    kind: str = "",
    save_method: bool = False,
    receipt: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of `create`: one stage, confirmed on the bank's page.

    locale: "ru_RU" or "en_US".   kind: "bank_card", "sbp", or "": the payer chooses on the bank's page.
    save_method: the bank keeps the method, as its owner has agreed.
    receipt: of `yookassa_receipts.body`, where this shop's payments carry one.
    """
    body: dict[str, Any] = {
        **({"receipt": dict(receipt)} if receipt else {}),
        "amount": amount(amount_kop),
        "capture": True,
        "description": description[:128],
        "confirmation": {"type": "redirect", "return_url": return_url, "locale": locale},
        "metadata": dict(metadata),
    }
    if kind:
        body["payment_method_data"] = {"type": kind}
    if save_method:
        body["save_payment_method"] = True
    return body


def create(body: Mapping[str, Any], *, key: str, patience: Patience | None = None) -> objects.BankPayment:
    """Make the payment; the same key with the same body gives the same payment for 24 hours."""
    return _payment(call("POST", "/payments", body=body, key=key, patience=patience))


def get(payment_id: str) -> objects.BankPayment:
    """The truth about a payment. BankRefused with code "not_found" for another shop's and for nobody's."""
    return _payment(call("GET", f"/payments/{checked(payment_id)}"))


def page(*, created_since: datetime, cursor: str = "") -> objects.Page:
    """The shop's payments made at `created_since` and later, a page of them."""
    return _page({"created_at.gte": created_since.isoformat(timespec="milliseconds")}, cursor)


def succeeded_page(*, since: datetime, before: datetime, cursor: str = "") -> objects.Page:
    """The shop's payments whose money was taken in `[since, before)`, a page of them."""
    bounds = {"captured_at.gte": since, "captured_at.lt": before}
    said = {name: instant.isoformat(timespec="milliseconds") for name, instant in bounds.items()}
    return _page({**said, "status": objects.SUCCEEDED}, cursor)


def _page(params: Mapping[str, str], cursor: str) -> objects.Page:
    asked = {**params, "limit": str(LIST_PAGE)} | ({"cursor": cursor} if cursor else {})
    answer = call("GET", "/payments", params=asked)
    try:
        return objects.read_page(answer)
    except objects.UnableToRead as error:
        raise BankUnknown(str(error)) from error


def capture(payment_id: str, *, amount_kop: int, key: str) -> objects.BankPayment:
    """Take the money that a payment in `waiting_for_capture` holds."""
    body = {"amount": amount(amount_kop)}
    return _payment(call("POST", f"/payments/{checked(payment_id)}/capture", body=body, key=key))


def cancel(payment_id: str, *, key: str) -> objects.BankPayment:
    """Let go what a payment in `waiting_for_capture` holds."""
    return _payment(call("POST", f"/payments/{checked(payment_id)}/cancel", body={}, key=key))


def me() -> objects.Shop:
    """Who we are to the bank: the test of the connection and of the keys."""
    answer = call("GET", "/me")
    try:
        return objects.read_shop(answer)
    except objects.UnableToRead as error:
        raise BankUnknown(str(error)) from error


# Kept shorter than any server does: one that is closing as we write looks like a lost answer.
_peer = kept_http.to(patience=httpx.Timeout(30), limits=httpx.Limits(max_connections=20, keepalive_expiry=3))


def close() -> None:
    """Let the kept connections go."""
    _peer.close()


def call(
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    key: str = "",
    params: Mapping[str, str] | None = None,
    patience: Patience | None = None,
) -> dict[str, Any]:
    """The object the bank answers with. Raises BankRefused or BankUnknown, and nothing else."""
    wait = patience or Patience(settings.YOOKASSA_CONNECT_SECONDS, settings.YOOKASSA_READ_SECONDS)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    content = None
    if body is not None:
        assert _KEY.fullmatch(key), key  # whatever is posted can be asked again
        headers |= {"Idempotence-Key": key, "Content-Type": "application/json"}
        # In one order always: a repeat must be the same octets, also when the body comes out of jsonb.
        content = json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
    try:
        status, text = _send(method, path, content, headers, params, wait)
        return _read_answer(status, text)
    except (BankUnknown, BankRefused) as error:
        log.warning("the bank: %s %s: %s", method, path, error)
        raise


def _send(
    method: str,
    path: str,
    content: bytes | None,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None,
    wait: Patience,
) -> tuple[int, bytes]:
    try:
        with _peer.client().stream(
            method,
            f"{settings.YOOKASSA_API_URL}{path}",
            params=params,
            content=content,
            headers=headers,
            auth=(settings.YOOKASSA_SHOP_ID, settings.YOOKASSA_SECRET_KEY),
            timeout=httpx.Timeout(wait.read_seconds, connect=wait.connect_seconds, pool=wait.connect_seconds),
        ) as response:
            return response.status_code, bodies.read(
                response, until=time.monotonic() + wait.read_seconds, unknown=BankUnknown
            )
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise BankUnknown(type(error).__name__) from error


def _read_answer(status: int, text: bytes) -> dict[str, Any]:
    try:
        answer = objects.read_json(text)
    except objects.UnableToRead as error:
        raise BankUnknown(f"status {status}, {error}") from error
    if status in {202, 429} or answer.get("type") == "processing":
        raise BankBusy(_seconds(answer.get("retry_after")))
    if 400 <= status < 500 and answer.get("type") == "error":
        raise BankRefused(*(objects.short(answer, name) for name in ("code", "description", "parameter")))
    if status != 200 or answer.get("type") == "error":
        raise BankUnknown(f"status {status} {objects.short(answer, 'code')}")
    return answer


def _payment(answer: dict[str, Any]) -> objects.BankPayment:
    try:
        return objects.read_payment(answer)
    except objects.UnableToRead as error:
        raise BankUnknown(str(error)) from error


def _seconds(milliseconds: object) -> int:
    """Whole seconds, upwards."""
    known = type(milliseconds) is int and 0 < milliseconds <= 600_000
    return ((milliseconds if known else USUAL_RETRY_MILLISECONDS) + 999) // 1000  # type: ignore[operator]


def checked(payment_id: str) -> str:
    assert objects.is_id(payment_id), "what has not the shape of an id is never asked about"
    return payment_id


def amount(amount_kop: int) -> dict[str, str]:
    """A sum as the API writes it."""
    assert amount_kop > 0, amount_kop
    return {"value": money.plain(amount_kop), "currency": objects.CURRENCY}
