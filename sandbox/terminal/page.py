"""A terminal: pay in cash by the number of a contract, in either dialect; repeat, be late, come ten at once."""

import asyncio
import functools
import secrets
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import pages
from sandbox.store import Store
from sandbox.terminal import dialects

SHOWN_MAX = 20
AT_ONCE = 10
LATE_MS = 3 * 24 * 3_600_000
ANSWER_TIMEOUT_SECONDS = 60
WAYS = ("check", "pay", "repeat", "late", "at_once", "garbage")
GARBAGE = (
    {"command": "pay", "txn_id": "1' or '1'='1", "account": "x'; drop table payments_payment; --", "sum": "-1"},
    {"ACTION": "payment", "ACCOUNT": "\N{CYRILLIC CAPITAL LETTER ZHE}" * 40, "AMOUNT": "0.0000000001", "PAY_ID": "-7"},
)


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    return [
        Route("/terminal/", functools.partial(show, store, looks), methods=["GET", "HEAD"]),
        Route("/terminal/", functools.partial(act, store, looks), methods=["POST"]),
        Route("/terminal/exchanges.json", functools.partial(exchanges, store), methods=["GET"]),
    ]


async def show(store: Store, looks: pages.Pages, request: Request) -> Response:
    return looks.render(
        request,
        "terminal.html",
        exchanges=store.knob("terminal", []),
        typed={name: request.query_params.get(name, "")[:40] for name in ("account", "sum", "channel")},
        at_once=AT_ONCE,
    )


async def exchanges(store: Store, request: Request) -> Response:
    """What was said, the newest first."""
    return JSONResponse(store.knob("terminal", []))


async def act(store: Store, looks: pages.Pages, request: Request) -> Response:
    """One press of a button; what came of it stands on the page."""
    form = await request.form()
    said = {name: str(form.get(name, ""))[:40].strip() for name in ("account", "sum", "channel", "way", "number")}
    channel = said["channel"] if said["channel"] in dialects.CHANNELS else dialects.CHANNELS[0]
    number = said["number"] if said["way"] == "repeat" else str(secrets.randbelow(10**12) + 10**12)
    now_ms = store.now_ms()
    at_ms = now_ms - LATE_MS if said["way"] == "late" else now_ms
    amount = said["sum"].replace(",", ".")
    if said["way"] == "garbage":
        words = GARBAGE[dialects.CHANNELS.index(channel)]
    elif said["way"] == "check":
        words = dialects.check(channel, said["account"], amount, number)
    else:
        words = dialects.pay(channel, said["account"], amount, number, at_ms, looks.zone)
    times = AT_ONCE if said["way"] == "at_once" else 1
    heard = await _say(looks.provider_url, channel, words, times)
    kept = {
        "way": said["way"] if said["way"] in WAYS else "pay",
        "channel": channel,
        "account": said["account"],
        "sum": amount,
        "number": number,
        "at_ms": now_ms,
        "times": times,
        "answers": [{"text": text, **dialects.hear(body)._asdict()} for text, body in heard],
    }
    with store.transaction() as sql:
        store.set_knob(sql, "terminal", [kept, *store.knob("terminal", [])][:SHOWN_MAX])
    query = httpx.QueryParams(
        {"account": said["account"], "sum": said["sum"], "channel": channel, "lang": pages.language_of(request, "ru")}
    )
    return RedirectResponse(f"/terminal/?{query}", 303)


async def _say(provider_url: str, channel: str, words: dict[str, str], times: int) -> list[tuple[str, bytes]]:
    """The answers that differ, each as text and as octets."""
    async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_TIMEOUT_SECONDS) as client:
        answers = await asyncio.gather(*[_ask(client, provider_url, channel, words) for _ in range(times)])
    return list(dict(answers).items())


async def _ask(client: httpx.AsyncClient, provider_url: str, channel: str, words: dict[str, Any]) -> tuple[str, bytes]:
    try:
        answer = await client.get(f"{provider_url}/pay/{channel}/", params=words, auth=dialects.SECRETS[channel])
    except httpx.TransportError as error:
        return f"{type(error).__name__}: {error}", b""
    if answer.status_code != 200:
        return f"HTTP {answer.status_code}", b""
    encoding = answer.headers.get("content-type", "").partition("charset=")[2] or "utf-8"
    return answer.content.decode(encoding, "replace"), answer.content
