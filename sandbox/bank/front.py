"""The bank's first page: the latest payments, the test cards, the shops."""

import functools

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import pages
from sandbox.bank import cards, objects, shops
from sandbox.bank.bank import Bank

SHOWN_MAX = 50


def routes(bank: Bank, looks: pages.Pages) -> list[Route]:
    return [Route("/bank/", functools.partial(show, bank, looks))]


async def show(bank: Bank, looks: pages.Pages, request: Request) -> Response:
    bank.expire_due()
    rows = bank.store.rows("select * from payment order by seq desc limit ?", SHOWN_MAX)
    return looks.render(
        request,
        "bank_front.html",
        payments=[(row, objects.page_address(row, bank.port) if row["status"] == "pending" else None) for row in rows],
        groups=cards.GROUPS,
        shops=shops.SHOPS.values(),
        api_url=f"http://127.0.0.1:{bank.port}/v3",
    )
