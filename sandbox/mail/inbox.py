"""The mailbox of everybody: every letter that was sent, newest first."""

import functools

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import instants, pages
from sandbox.mail import letters
from sandbox.store import Store

SHOWN_MAX = 100


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    return [
        Route("/mail/", functools.partial(show, store, looks)),
        Route("/mail/messages.json", functools.partial(messages, store)),
        Route("/mail/{id:int}/", functools.partial(show_one, store, looks)),
    ]


async def show(store: Store, looks: pages.Pages, request: Request) -> Response:
    rows = store.rows("select * from mail order by seq desc limit ?", SHOWN_MAX)
    found = [letters.read(row) for row in rows]
    return looks.render(request, "mail.html", letters=found, shown_max=SHOWN_MAX)


async def show_one(store: Store, looks: pages.Pages, request: Request) -> Response:
    row = store.row("select * from mail where seq = ?", min(request.path_params["id"], 2**62))
    if row is None:
        return looks.render(request, "not_found.html", status=404)
    return looks.render(request, "letter.html", letter=letters.read(row))


async def messages(store: Store, request: Request) -> Response:
    """All of them, newest first; ?to= one recipient's."""
    wanted = request.query_params.get("to", "")
    found = [letters.read(row) for row in store.rows("select * from mail order by seq desc")]
    return JSONResponse(
        [
            {
                "id": letter.id,
                "received_at": instants.iso(letter.received_ms),
                "from": letter.mail_from,
                "to": letter.rcpt_to,
                "subject": letter.subject,
                "headers": dict(letter.headers),
                "text": letter.text,
                "attachments": letter.attachments,
            }
            for letter in found
            if not wanted or wanted in letter.rcpt_to
        ]
    )
