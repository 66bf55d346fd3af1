"""Faults of the API, set by the control interface: the bank is slow, down, or its answer is lost.

{"lose_answer": n}  the next n calls do their work, then the connection closes without an answer
{"html_502": n}     they get a proxy's page in HTML
{"status_500": n}   they get YooKassa's error
{"status_429": n}   too many requests
{"status_202": n}   "not processed yet"; "202" says the same
{"work_done": true} the four above do the work before they answer; without it they do nothing
{"delay_ms": m}     every call waits first (the next {"delay_calls": n} calls, where given)
{"only": "POST /v3/payments"}  faults hit only calls whose method and path begin so
{"chaos_percent": p, "chaos_seed": s}  of all calls, so many in a hundred are hit, the same ones for the same seed:
                    the answer is lost before the work or after it, comes late, or the call arrives twice
"""

import asyncio
import dataclasses
import hashlib
import os
import socket
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox import instants
from sandbox.bank import errors
from sandbox.store import Store

KINDS = ("lose_answer", "html_502", "status_500", "status_429", "status_202")
NUMBERS = (*KINDS, "delay_ms", "delay_calls", "chaos_percent", "chaos_seed")
RETRY_AFTER_MS = 1000
CHAOS = ("lost_before", "lose_answer", "late", "twice")
LATE_MS = 400


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: str | None
    delay_ms: int
    work_done: bool


def take(store: Store, method: str, path: str) -> Fault:
    """What this call meets; counted down at once, so that two calls never share one fault."""
    knobs: dict[str, Any] = store.knob("faults", {})
    if not knobs or not f"{method} {path}".startswith(knobs.get("only", "")):
        return Fault(None, 0, False)
    left = dict(knobs)
    if knobs.get("chaos_percent"):
        left["chaos_calls"] = knobs.get("chaos_calls", 0) + 1
        with store.transaction() as sql:
            store.set_knob(sql, "faults", left)
        return _chaos(knobs)
    kind = next((name for name in KINDS if left.get(name, 0) > 0), None)
    if kind is not None:
        left[kind] -= 1
    delay_ms = left.get("delay_ms", 0)
    if delay_ms and "delay_calls" in left:
        left["delay_calls"] -= 1
        if left["delay_calls"] <= 0:
            del left["delay_ms"], left["delay_calls"]
    if left != knobs:
        with store.transaction() as sql:
            store.set_knob(sql, "faults", left)
    return Fault(kind, delay_ms, bool(left.get("work_done")))


def _chaos(knobs: dict[str, Any]) -> Fault:
    """Of the n-th call: the seed and n decide, nothing else."""
    said = f"{knobs.get('chaos_seed', 0)}:{knobs.get('chaos_calls', 0)}"
    draw = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4])
    if draw % 100 >= knobs["chaos_percent"]:
        return Fault(None, 0, False)
    kind = CHAOS[draw // 100 % len(CHAOS)]
    return Fault(None, LATE_MS, False) if kind == "late" else Fault(kind, 0, False)


async def through(store: Store, request: Request, serve: Callable[[Request], Awaitable[Response]]) -> Response:
    """Serves one API call through whatever fault waits for it."""
    fault = take(store, request.method, request.url.path)
    if fault.delay_ms:
        await asyncio.sleep(instants.seconds(fault.delay_ms))
    if fault.kind is None:
        return await serve(request)
    if fault.kind == "twice":  # something on the way has repeated it
        await serve(request)
        return await serve(request)
    if fault.kind == "lose_answer" or fault.work_done:
        await serve(request)
    if fault.kind in ("lose_answer", "lost_before"):
        hang_up(request.client)
        return Response()
    if fault.kind == "html_502":
        return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
    if fault.kind == "status_202":
        waiting = {"type": "processing", "description": "Request accepted, but not processed yet"}
        return JSONResponse({**waiting, "id": str(uuid.uuid4()), "retry_after": RETRY_AFTER_MS}, 202)
    status = int(fault.kind.removeprefix("status_"))
    refusal = errors.UnableToServe(status, "Technical problems of the sandbox, as ordered")
    return JSONResponse({**refusal.body(), "retry_after": RETRY_AFTER_MS}, status)


def hang_up(client: Any) -> None:
    """Closes the caller's connection under the server, which has no way to answer nothing.

    client: (host, port) of the caller.
    """
    for name in os.listdir("/dev/fd"):
        try:
            copy = os.dup(int(name))
        except OSError:
            continue  # closed meanwhile
        try:
            connection = socket.socket(fileno=copy)
        except OSError:
            os.close(copy)  # not a socket
            continue
        with connection:
            try:
                if connection.getpeername()[:2] == (client.host, int(client.port)):
                    connection.shutdown(socket.SHUT_RDWR)
            except (OSError, IndexError):
                continue  # a listening socket has no peer
