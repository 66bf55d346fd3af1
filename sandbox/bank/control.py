"""The control interface for tests and the curious: faults, notifications, the clock. JSON, loopback only.

GET  /control/            what is set
POST /control/            sets any of: the faults of sandbox.bank.faults; "webhooks": a mode of
                          sandbox.bank.notifications, with "times", "late_seconds", "early_seconds";
                          "refunds": succeeded | pending | canceled
POST /control/reset       clears all that is set, and all data unless {"keep_data": true}
POST /control/clock       {"advance_seconds": n}
GET  /control/payments, refunds, notifications      newest first
POST /control/payments/{id}/succeed   {"card": name}, default "pays"; a card that declines, declines
POST /control/payments/{id}/cancel    {"reason": …}, default general_decline
POST /control/refunds/{id}/succeed, cancel          a pending refund
POST /control/payment_methods/{id}    {"declines_with": reason or null, "times": n} for charges without the payer
POST /control/payment_methods/{id}/bind, refuse, revoke     the payer binds ({"card": name}), does not, or takes it back
GET  /control/payment_methods                       newest first
POST /control/webhook     {"body": any JSON or text, "times": 1}: posted as it is, never repeated;
                          or {"payment_id": …, "event": …}: a true object under any event
POST /control/webhook_url {"url": …}: where notifications go from now on, until a restart
"""

import datetime
import functools
import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import loopback
from sandbox.bank import cards, errors, faults, methods, notifications, objects, payments, refunds, requests
from sandbox.bank.bank import Bank

Handler = Callable[[Bank, dict[str, Any], Request], Awaitable[Any]]
MODE_NUMBERS = ("times", "late_seconds", "early_seconds")
DAY_SECONDS = 86_400


def routes(bank: Bank) -> list[Route]:
    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(f"/control/{path}", functools.partial(_serve, bank, handler), methods=[method])

    return [
        route("", "GET", show),
        route("", "POST", turn),
        route("reset", "POST", reset),
        route("clock", "POST", clock),
        route("payments", "GET", list_payments),
        route("refunds", "GET", list_refunds),
        route("notifications", "GET", list_notifications),
        route("payments/{id}/succeed", "POST", succeed),
        route("payments/{id}/cancel", "POST", cancel),
        route("refunds/{id}/{outcome:str}", "POST", finish_refund),
        route("payment_methods", "GET", list_methods),
        route("payment_methods/{id}", "POST", payment_method),
        route("payment_methods/{id}/{outcome:str}", "POST", finish_method),
        route("webhook", "POST", webhook),
        route("webhook_url", "POST", webhook_url),
    ]


async def show(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    store = bank.store
    return {
        **{"webhooks": "normal"},
        **store.knob("webhooks", {}),
        "faults": store.knob("faults", {}),
        "refunds": store.knob("refunds", "succeeded"),
        "clock_ahead_seconds": store.knob("clock_offset_ms", 0) // 1000,
        "webhook_url": bank.sender.url,
    }


async def turn(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    store = bank.store
    broken, told = dict(store.knob("faults", {})), dict(store.knob("webhooks", {}))
    with store.transaction() as sql:
        for name, value in body.items():
            name = "status_202" if name == "202" else name
            if name in faults.NUMBERS:
                broken[name] = _whole(name, value)
            elif name in MODE_NUMBERS:
                told[name] = _whole(name, value)
            elif name == "webhooks":
                told[name] = _one_of(name, value, notifications.MODES)
            elif name == "refunds":
                store.set_knob(sql, name, _one_of(name, value, refunds.OUTCOMES))
            elif name in ("only", "work_done"):
                broken[name] = value
            else:
                known = [*faults.NUMBERS, "only", "work_done", "webhooks", *MODE_NUMBERS, "refunds"]
                raise errors.invalid(name, f"Not a knob: {name}. There are: {', '.join(known)}")
        store.set_knob(sql, "faults", broken)
        store.set_knob(sql, "webhooks", told)
    return await show(bank, {}, request)


async def reset(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    bank.store.forget(data=not body.get("keep_data", False))
    return {}


async def clock(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    bank.store.advance_clock(_whole("advance_seconds", body.get("advance_seconds")))
    bank.expire_due()
    bank.sender.wake()
    return {"clock_ahead_seconds": bank.store.knob("clock_offset_ms", 0) // 1000}


async def list_payments(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    bank.expire_due()
    return [objects.payment(row, bank.port) for row in bank.store.rows("select * from payment order by seq desc")]


async def list_methods(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    bank.expire_due()
    rows = bank.store.rows("select * from payment_method order by created_ms desc, rowid desc")
    return [objects.saved_method(row, bank.port) for row in rows]


async def list_refunds(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    return [objects.refund(row) for row in bank.store.rows("select * from refund order by seq desc")]


async def list_notifications(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    names = ("event", "object_id", "attempts", "last_answer", "closed")
    return [
        {**{name: row[name] for name in names}, "body": json.loads(row["body"])}
        for row in bank.store.rows("select * from notification order by seq desc")
    ]


async def succeed(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    payment_id = request.path_params["id"]
    card = cards.CARDS.get(body.get("card", "pays"))
    if card is None:
        raise errors.invalid("card", f"Not a test card. There are: {', '.join(cards.CARDS)}")

    def change(sql: sqlite3.Connection) -> None:
        if payments.find(sql, payment_id)["method_type"] == "sbp":
            payments.attach_sbp(sql, payment_id, agreed=card.declines_with is None)
        else:
            payments.attach_card(sql, payment_id, card, _example_expiry())
        payments.authorise(sql, payment_id, bank.store.now_ms())

    return await _finished(bank, payment_id, change)


async def cancel(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    payment_id = request.path_params["id"]

    def change(sql: sqlite3.Connection) -> None:
        payments.decline(sql, payment_id, str(body.get("reason", "general_decline")))

    return await _finished(bank, payment_id, change)


async def finish_refund(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    refund_id = request.path_params["id"]
    outcome = _one_of("outcome", request.path_params["outcome"], ("succeed", "cancel"))
    with bank.store.transaction() as sql:
        refunds.finish(sql, refund_id, succeeded=outcome == "succeed")
        bank.tell_refund(sql, refund_id)
        answer = objects.refund(refunds.find(sql, refund_id))
    await bank.told(refund_id)
    return answer


async def payment_method(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    with bank.store.transaction() as sql:
        times = None if body.get("times") is None else _whole("times", body["times"])
        methods.set_behaviour(sql, request.path_params["id"], body.get("declines_with"), times)
    return {}


async def finish_method(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    method_id = request.path_params["id"]
    outcome = _one_of("outcome", request.path_params["outcome"], ("bind", "refuse", "revoke"))
    card = cards.CARDS.get(body.get("card", "pays"))
    if card is None:
        raise errors.invalid("card", f"Not a test card. There are: {', '.join(cards.CARDS)}")
    year, month = _example_expiry()

    def change(sql: sqlite3.Connection) -> None:
        if outcome == "revoke":
            methods.revoke(sql, method_id)
        elif methods.find(sql, method_id)["type"] == "sbp":
            methods.attach(sql, method_id, cards.SBP[cards.SBP_PAYS], None)
            methods.confirm(sql, method_id, passed=outcome == "bind")
        else:
            methods.attach(sql, method_id, card, cards.masked(card, year, month))
            methods.confirm(sql, method_id, passed=outcome == "bind")

    await bank.finish_method(method_id, change)
    with bank.store.transaction() as sql:
        return objects.saved_method(methods.find(sql, method_id), bank.port)


async def webhook(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    if "payment_id" in body:
        with bank.store.transaction() as sql:
            about = objects.payment(payments.find(sql, body["payment_id"]), bank.port)
        content = notifications.body(body.get("event", f"payment.{about['status']}"), about)
    elif isinstance(body.get("body"), str):
        content = body["body"]
    else:
        content = json.dumps(body.get("body"), ensure_ascii=False)
    times = _whole("times", body.get("times", 1))
    return {"answers": [await bank.sender.post(content) for _ in range(times)]}


async def webhook_url(bank: Bank, body: dict[str, Any], request: Request) -> Any:
    try:
        bank.sender.url = loopback.check_url(body.get("url"))
    except loopback.UnableToLeaveLoopback as error:
        raise errors.invalid("url", str(error)) from error
    return {"webhook_url": bank.sender.url}


async def _finished(bank: Bank, payment_id: str, change: Callable[[sqlite3.Connection], None]) -> Any:
    bank.expire_due()
    await bank.finish(payment_id, change)
    with bank.store.transaction() as sql:
        return objects.payment(payments.find(sql, payment_id), bank.port)


async def _serve(bank: Bank, handler: Handler, request: Request) -> Response:
    if request.method == "POST" and not request.headers.get("Content-Type", "").startswith("application/json"):
        # A page of another site can post a form here, but not JSON.
        return JSONResponse(errors.invalid("Content-Type", "Content-Type must be application/json").body(), 400)
    try:
        body = requests.body_of(await request.body())
        return JSONResponse(await handler(bank, body, request))
    except errors.UnableToServe as refusal:
        return JSONResponse(refusal.body(), refusal.status)
    except (payments.UnableToPay, methods.UnableToBind, refunds.UnableToFinishRefund) as error:
        return JSONResponse(errors.invalid("status", str(error)).body(), 400)


def _example_expiry() -> tuple[int, int]:
    today = datetime.datetime.now(datetime.UTC)
    return cards.example_expiry((today.year, today.month))


def _whole(name: str, value: object) -> int:
    if type(value) is not int or not 0 <= value <= 366 * DAY_SECONDS:
        raise errors.invalid(name, f"{name} must be a whole number, not negative")
    return value


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if type(value) is not str or value not in allowed:
        raise errors.invalid(name, f"{name} must be one of: {', '.join(allowed)}")
    return value
