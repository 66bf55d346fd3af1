"""What the terminal has taken on a day, as the agent sends it to the provider each night: a registry in CSV.

A payment stands in it when the provider said yes, and when nobody knows what he said: the money is in the box. What
he refused for good went back to the payer. Of the last exchanges only, as many as the terminal's page keeps.
"""

import datetime
import functools
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import instants, pages
from sandbox.store import Store
from sandbox.terminal import dialects
from sandbox.terminal.page import LATE_MS

TAKEN = {None, 0, 1, 8, 90}  # yes; not final; known already (8 of Sberbank's)
PAYS = ("pay", "repeat", "late", "at_once")


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    return [Route("/terminal/registry/{channel}.csv", functools.partial(registry, store, looks), methods=["GET"])]


async def registry(store: Store, looks: pages.Pages, request: Request) -> Response:
    """?on=2026-11-10: of that date; without it of all that is kept."""
    channel, on = request.path_params["channel"], request.query_params.get("on", "")
    if channel not in dialects.CHANNELS:
        return PlainTextResponse("no such channel\n", 404)
    rows: dict[str, str] = {}
    for one in reversed(store.knob("terminal", [])):
        paid_at = _paid_at(one, looks)
        if one["channel"] == channel and _is_taken(one) and on in {"", paid_at.date().isoformat()}:
            line = (one["number"], one["account"], one["sum"], f"{paid_at:%Y-%m-%d %H:%M:%S}")
            rows.setdefault(one["number"], ";".join(line))
    text = "\n".join(["txn_id;account;sum;txn_date", *rows.values(), ""])
    return Response(text, media_type="text/csv; charset=utf-8")


def _is_taken(one: dict[str, Any]) -> bool:
    return one["way"] in PAYS and any(answer["code"] in TAKEN for answer in one["answers"])


def _paid_at(one: dict[str, Any], looks: pages.Pages) -> datetime.datetime:
    at_ms = one["at_ms"] - (LATE_MS if one["way"] == "late" else 0)
    return (instants.EPOCH + datetime.timedelta(milliseconds=at_ms)).astimezone(looks.zone)
