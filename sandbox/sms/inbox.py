"""The phone: every message that was sent, newest first."""

import functools
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import instants, pages
from sandbox.store import Store

SHOWN_MAX = 100


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    return [
        Route("/sms/", functools.partial(show, store, looks)),
        Route("/sms/messages.json", functools.partial(messages, store)),
    ]


async def show(store: Store, looks: pages.Pages, request: Request) -> Response:
    """?phone= any part of a number."""
    phone = request.query_params.get("phone", "")[:20]
    digits = re.sub(r"\D", "", phone)
    rows = store.rows(
        "select * from sms where instr(phone, ?) > 0 or ? = '' order by seq desc limit ?",
        digits,
        digits,
        SHOWN_MAX,
    )
    return looks.render(request, "sms.html", messages=rows, phone=phone, shown_max=SHOWN_MAX)


async def messages(store: Store, request: Request) -> Response:
    """All of them, newest first; ?phone= exactly, digits only."""
    phone = request.query_params.get("phone", "")
    rows = store.rows("select * from sms where phone = ? or ? = '' order by seq desc", phone, phone)
    return JSONResponse(
        [
            {
                "id": row["id"],
                "phone": row["phone"],
                "sender": row["sender"],
                "text": row["text"],
                "parts": row["parts"],
                "received_at": instants.iso(row["received_ms"]),
            }
            for row in rows
        ]
    )
