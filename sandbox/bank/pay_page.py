"""The payer's page: a card is typed, 3-D Secure is met, the payer goes back to the shop."""

import contextlib
import functools
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import instants, pages
from sandbox.bank import cards, errors, payments
from sandbox.bank.bank import Bank

THREE_D_SECURE_CODE = "123"
FIELDS = ("card_number", "expiry", "cvc")
LANGUAGE = {"ru_RU": "ru", "en_US": "en"}

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[[Bank, pages.Pages, Request, sqlite3.Row], Awaitable[Response]]


def routes(bank: Bank, looks: pages.Pages) -> list[Route]:
    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(f"/bank/pay/{path}", functools.partial(_serve, bank, looks, handler), methods=[method])

    return [
        route("{id}/", "GET", show),
        route("{id}/", "POST", pay),
        route("{id}/3ds/", "GET", show_code),
        route("{id}/3ds/", "POST", take_code),
    ]


async def show(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    """?card=<name> fills the form with a test card."""
    if row["status"] != payments.PENDING:
        return _page(looks, request, row, "bank_done.html")
    if row["three_d_secure"] == "asked" and row["method_id"] != row["id"]:  # a saved card: only its code is wanted
        return RedirectResponse(f"{request.url.path}3ds/{language_query(request)}", 303)
    return _form(looks, request, row, filled(bank, request), {})


async def pay(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    """A second submit finds the payment done and only leads back: nothing is paid twice."""
    if row["status"] != payments.PENDING:
        return _back(looks, request, row)
    if row["method_type"] == "sbp":
        return await _pay_by_sbp(bank, looks, request, row)
    typed, card, expiry, wrong = await read_form(bank, request)
    if card is None or expiry is None or wrong:
        return _form(looks, request, row, typed, wrong)

    def attach(sql: sqlite3.Connection) -> None:
        payments.attach_card(sql, row["id"], card, expiry)

    def charge(sql: sqlite3.Connection) -> None:
        attach(sql)
        payments.authorise(sql, row["id"], bank.store.now_ms())

    try:
        if card.three_d_secure:
            with bank.store.transaction() as sql:
                attach(sql)
            return RedirectResponse(f"{request.url.path}3ds/{language_query(request)}", 303)
        await bank.finish(row["id"], charge)
    except payments.UnableToPay:
        pass  # the other submit was first; it has paid or declined
    return _back(looks, request, row)


async def _pay_by_sbp(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    """The payer's bank asks him; here are its two buttons."""
    agreed = (await request.form()).get("answer") == "yes"

    def answer(sql: sqlite3.Connection) -> None:
        payments.attach_sbp(sql, row["id"], agreed=agreed)
        payments.authorise(sql, row["id"], bank.store.now_ms())

    with contextlib.suppress(payments.UnableToPay):  # the other submit was first
        await bank.finish(row["id"], answer)
    return _back(looks, request, row)


async def show_code(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["status"] != payments.PENDING:
        return _page(looks, request, row, "bank_done.html")
    if row["three_d_secure"] != "asked":
        return RedirectResponse(f"/bank/pay/{row['id']}/{language_query(request)}", 303)
    return _page(looks, request, row, "bank_code.html", wrong={})


async def take_code(bank: Bank, looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    """The right code pays, a wrong one cancels the payment; nothing typed is asked again."""
    if row["status"] != payments.PENDING or row["three_d_secure"] != "asked":
        return _back(looks, request, row)
    code = str((await request.form()).get("code", "")).strip()
    if not code:
        wrong = {"code": "Type the code from the message"}
        return _page(looks, request, row, "bank_code.html", status=422, wrong=wrong)

    def answer(sql: sqlite3.Connection) -> None:
        payments.answer_three_d_secure(sql, row["id"], passed=code == THREE_D_SECURE_CODE)
        payments.authorise(sql, row["id"], bank.store.now_ms())

    with contextlib.suppress(payments.UnableToPay):  # the other submit was first
        await bank.finish(row["id"], answer)
    return _back(looks, request, row)


async def _serve(bank: Bank, looks: pages.Pages, handler: Handler, request: Request) -> Response:
    bank.expire_due()
    try:
        with bank.store.transaction() as sql:
            row = payments.find(sql, request.path_params["id"])
    except errors.UnableToServe:
        return looks.render(request, "not_found.html", status=404)
    if row["confirmation"] is None:  # charged without the payer: there is no page
        return looks.render(request, "not_found.html", status=404)
    return await handler(bank, looks, request, row)


def _form(
    looks: pages.Pages, request: Request, row: sqlite3.Row, typed: dict[str, str], wrong: dict[str, str]
) -> Response:
    return _page(
        looks,
        request,
        row,
        "bank_pay.html",
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        first_wrong=next((name for name in FIELDS if name in wrong), None),
        groups=cards.GROUPS,
    )


def _page(looks: pages.Pages, request: Request, row: sqlite3.Row, template: str, **values: Any) -> Response:
    return looks.render(
        request,
        template,
        language=LANGUAGE[row["locale"]],
        forms_lead_to=row["return_url"],
        payment=row,
        language_query=language_query(request),
        **values,
    )


def _back(looks: pages.Pages, request: Request, row: sqlite3.Row) -> Response:
    if row["return_url"] is None:  # by a QR code: the shop's page is on another screen, this one is the phone
        return RedirectResponse(f"/bank/pay/{row['id']}/{language_query(request)}", 303)
    return RedirectResponse(row["return_url"], 303)


def filled(bank: Bank, request: Request) -> dict[str, str]:
    """The card's form, empty or with the test card that the address names."""
    card = cards.CARDS.get(request.query_params.get("card", ""))
    if card is None:
        return dict.fromkeys(FIELDS, "")
    year, month = cards.example_expiry(_today(bank))
    return {"card_number": card.spaced, "expiry": f"{month:02}/{year % 100:02}", "cvc": "123"}


async def read_form(
    bank: Bank, request: Request
) -> tuple[dict[str, str], cards.Card | None, tuple[int, int] | None, dict[str, str]]:
    """(what was typed, the card, its (year, month), what is wrong by field)."""
    form = await request.form()
    typed = {name: str(form.get(name, ""))[:64] for name in FIELDS}
    wrong: dict[str, str] = {}
    card = _read(wrong, cards.read_number, typed["card_number"])
    expiry = _read(wrong, cards.read_expiry, typed["expiry"], _today(bank))
    _read(wrong, cards.read_cvc, typed["cvc"])
    return typed, card, expiry, wrong


def language_query(request: Request) -> str:
    """Keeps a chosen language from page to page."""
    asked = pages.language_of(request, "")
    return f"?lang={asked}" if asked else ""


def _today(bank: Bank) -> tuple[int, int]:
    return instants.month(bank.store.now_ms())


def _read(wrong: dict[str, str], read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    try:
        return read(*args, **kwargs)
    except cards.UnableToReadCard as error:
        wrong[error.field] = error.message
        return None
