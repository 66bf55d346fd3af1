"""The payer's page where a card or an account of the fast payment system is bound and nothing is charged."""

import contextlib
import functools
import sqlite3
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import pages
from sandbox.bank import cards, errors, methods, pay_page
from sandbox.bank.bank import Bank

Handler = Callable[[Bank, pages.Pages, Request, sqlite3.Row], Awaitable[Response]]


def routes(bank: Bank, looks: pages.Pages) -> list[Route]:
    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(f"/bank/bind/{path}", functools.partial(_serve, bank, looks, handler), methods=[method])

    return [
        route("{id}/", "GET", show),
        route("{id}/", "POST", bind),
        route("{id}/3ds/", "GET", show_code),
        route("{id}/3ds/", "POST", take_code),
    ]


async def show(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    """?card=<name> fills the form with a test card."""
    if row["status"] != methods.PENDING:
        return _page(looks, request, row, "bank_bound.html")
    return _form(looks, request, row, pay_page.filled(bank, request), {})


async def bind(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["status"] != methods.PENDING:
        return _back(looks, request, row)
    if row["type"] == "sbp":
        agreed = (await request.form()).get("answer") == "yes"

        def answer(sql: sqlite3.Connection) -> None:
            methods.attach(sql, row["id"], cards.SBP[cards.SBP_PAYS], None)
            methods.confirm(sql, row["id"], passed=agreed)

        return await _finish(bank, looks, request, row, answer)
    typed, card, expiry, wrong = await pay_page.read_form(bank, request)
    if card is None or expiry is None or wrong:
        return _form(looks, request, row, typed, wrong)
    found, masked = card, cards.masked(card, *expiry)
    if card.three_d_secure:
        with contextlib.suppress(methods.UnableToBind), bank.store.transaction() as sql:
            methods.attach(sql, row["id"], found, masked)
        return RedirectResponse(f"{request.url.path}3ds/{pay_page.language_query(request)}", 303)

    def keep(sql: sqlite3.Connection) -> None:
        methods.attach(sql, row["id"], found, masked)
        methods.confirm(sql, row["id"])

    return await _finish(bank, looks, request, row, keep)


async def show_code(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["status"] != methods.PENDING:
        return _page(looks, request, row, "bank_bound.html")
    if row["three_d_secure"] != "asked":
        return RedirectResponse(f"/bank/bind/{row['id']}/{pay_page.language_query(request)}", 303)
    return _page(looks, request, row, "bank_bind_code.html", wrong={})


async def take_code(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["status"] != methods.PENDING or row["three_d_secure"] != "asked":
        return _back(looks, request, row)
    code = str((await request.form()).get("code", "")).strip()
    if not code:
        wrong = {"code": "Type the code from the message"}
        return _page(looks, request, row, "bank_bind_code.html", status=422, wrong=wrong)
    passed = code == pay_page.THREE_D_SECURE_CODE
    return await _finish(bank, looks, request, row, lambda sql: methods.confirm(sql, row["id"], passed=passed))


async def _finish(
    bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row, change: Callable[[sqlite3.Connection], None]
) -> Response:
    with contextlib.suppress(methods.UnableToBind):  # the other submit was first
        await bank.finish_method(row["id"], change)
    with bank.store.transaction() as sql:
        return _back(looks, request, methods.find(sql, row["id"]))


async def _serve(bank: Bank, looks: pages.Pages, handler: Handler, request: Request) -> Response:
    bank.expire_due()
    try:
        with bank.store.transaction() as sql:
            row = methods.find(sql, request.path_params["id"])
    except errors.UnableToServe:
        return looks.render(request, "not_found.html", status=404)
    if row["confirmation"] is None:  # bound by a payment: there is no page
        return looks.render(request, "not_found.html", status=404)
    return await handler(bank, looks, request, row)


def _form(
    looks: pages.Pages, request: Request, row: sqlite3.Row, typed: dict[str, str], wrong: dict[str, str]
) -> Response:
    return _page(
        looks,
        request,
        row,
        "bank_bind.html",
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        first_wrong=next((name for name in pay_page.FIELDS if name in wrong), None),
        groups=cards.GROUPS,
    )


def _page(
    looks: pages.Pages, request: Request, row: sqlite3.Row, template: str, status: int = 200, **values: object
) -> Response:
    return looks.render(
        request,
        template,
        status=status,
        language=pay_page.LANGUAGE[row["locale"]],
        forms_lead_to=row["return_url"],
        binding=row,
        language_query=pay_page.language_query(request),
        **values,
    )


def _back(looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["return_url"] is None:  # by a QR code: the shop's page is on another screen
        return _page(looks, request, row, "bank_bound.html")
    return RedirectResponse(row["return_url"], 303)
