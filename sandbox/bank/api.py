"""YooKassa's API v3 over HTTP: who calls, with which key, what he gets."""

import functools
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.bank import (
    errors,
    faults,
    idempotence,
    listing,
    methods,
    objects,
    payments,
    receipts,
    refunds,
    requests,
    shops,
)
from sandbox.bank.bank import Bank

BODY_MAX_BYTES = 1_000_000

Handler = Callable[[Bank, shops.Shop, Request], Awaitable[dict[str, Any]]]
Make = Callable[[sqlite3.Connection, dict[str, Any]], str]


def routes(bank: Bank) -> list[Route]:
    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(f"/v3{path}", functools.partial(_serve, bank, handler), methods=[method])

    return [
        route("/payments", "POST", create_payment),
        route("/payments", "GET", list_payments),
        route("/payments/{id}", "GET", get_payment),
        route("/payments/{id}/capture", "POST", capture_payment),
        route("/payments/{id}/cancel", "POST", cancel_payment),
        route("/payment_methods", "POST", create_method),
        route("/payment_methods/{id}", "GET", get_method),
        route("/refunds", "POST", create_refund),
        route("/refunds", "GET", list_refunds),
        route("/refunds/{id}", "GET", get_refund),
        route("/receipts", "POST", create_receipt),
        route("/receipts", "GET", list_receipts),
        route("/receipts/{id}", "GET", get_receipt),
        route("/me", "GET", me),
        Route(
            "/v3/{rest:path}",
            functools.partial(_serve, bank, unknown),
            methods=["GET", "POST", "PUT", "DELETE"],
        ),
    ]


async def create_payment(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        new = requests.new_payment(body)
        receipts.require(bank.store, new.receipt)
        payment_id = payments.create(sql, shop, new, bank.store.now_ms())
        bank.tell_payment(sql, payment_id)
        return payment_id

    return await _payment_made(bank, shop, request, make)


async def capture_payment(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        payment_id = str(payments.find_of(sql, shop, request.path_params["id"])["id"])
        payments.capture(sql, payment_id, requests.capture_amount(body), bank.store.now_ms())
        bank.tell_payment(sql, payment_id)
        return payment_id

    return await _payment_made(bank, shop, request, make)


async def cancel_payment(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        payment_id = str(payments.find_of(sql, shop, request.path_params["id"])["id"])
        payments.cancel_hold(sql, payment_id)
        bank.tell_payment(sql, payment_id)
        return payment_id

    return await _payment_made(bank, shop, request, make)


async def create_method(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        return methods.create(sql, shop, requests.new_method(body), bank.store.now_ms())

    method_id = await _once(bank, shop, request, make)
    with bank.store.transaction() as sql:
        return objects.saved_method(methods.find(sql, method_id), bank.port)


async def get_method(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    with bank.store.transaction() as sql:
        return objects.saved_method(methods.find_of(sql, shop, request.path_params["id"]), bank.port)


async def create_refund(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        outcome = bank.store.knob("refunds", "succeeded")
        new = requests.new_refund(body)
        receipts.require(bank.store, new.receipt)
        refund_id = refunds.create(sql, shop, new, outcome, bank.store.now_ms())
        bank.tell_refund(sql, refund_id)
        return refund_id

    refund_id = await _once(bank, shop, request, make)
    with bank.store.transaction() as sql:
        return objects.refund(refunds.find(sql, refund_id))


async def get_payment(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    with bank.store.transaction() as sql:
        return objects.payment(payments.find_of(sql, shop, request.path_params["id"]), bank.port)


async def get_refund(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    with bank.store.transaction() as sql:
        return objects.refund(refunds.find_of(sql, shop, request.path_params["id"]))


async def list_payments(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    rows, cursor = listing.page(bank.store, shop, "payment", request.query_params)
    return _list([objects.payment(row, bank.port) for row in rows], cursor)


async def list_refunds(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    rows, cursor = listing.page(bank.store, shop, "refund", request.query_params)
    return _list([objects.refund(row) for row in rows], cursor)


async def create_receipt(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    def make(sql: sqlite3.Connection, body: dict[str, Any]) -> str:
        return receipts.create(bank.store, sql, shop, body)

    return receipts.find_of(bank.store, shop, await _once(bank, shop, request, make))


async def get_receipt(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    return receipts.find_of(bank.store, shop, request.path_params["id"])


async def list_receipts(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    return _list(receipts.listed(bank.store, shop, request.query_params), None)


async def me(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    prints = receipts.is_demanded(bank.store)
    return {**objects.shop(shop), "fiscalization": {"enabled": prints}, "fiscalization_enabled": prints}


async def unknown(bank: Bank, shop: shops.Shop, request: Request) -> dict[str, Any]:
    raise errors.UnableToServe(404, f"No such address in this sandbox: {request.method} {request.url.path}")


async def _serve(bank: Bank, handler: Handler, request: Request) -> Response:
    async def serve(request: Request) -> Response:
        try:
            shop = shops.authenticate(request.headers.get("Authorization"))
            bank.expire_due()
            return JSONResponse(await handler(bank, shop, request))
        except errors.UnableToServe as refusal:
            return JSONResponse(refusal.body(), refusal.status)

    return await faults.through(bank.store, request, serve)


async def _payment_made(bank: Bank, shop: shops.Shop, request: Request, make: Make) -> dict[str, Any]:
    payment_id = await _once(bank, shop, request, make)
    with bank.store.transaction() as sql:
        return objects.payment(payments.find(sql, payment_id), bank.port)


async def _once(bank: Bank, shop: shops.Shop, request: Request, make: Make) -> str:
    """The id of the object that the call makes, or made when it came first under this key."""
    key = idempotence.check(request.headers.get(idempotence.HEADER))
    raw = await request.body()
    if len(raw) > BODY_MAX_BYTES:
        raise errors.invalid(None, "The request body is too large")
    body = requests.body_of(raw)
    request_hash = idempotence.hash_of(f"{request.method} {request.url.path}", body)
    with bank.store.transaction() as sql:
        now_ms = bank.store.now_ms()
        object_id = idempotence.known(sql, shop, key, request_hash, now_ms)
        if object_id is None:
            object_id = make(sql, body)
            idempotence.keep(sql, shop, key, request_hash, object_id, now_ms)
    await bank.told(object_id)
    return object_id


def _list(items: list[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"type": "list", "items": items}
    if cursor is not None:
        answer["next_cursor"] = cursor
    return answer
