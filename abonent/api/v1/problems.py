"""What went wrong, as application/problem+json (RFC 9457): a sentence in the person's language and a code for the app.

A verb's refusal is found here by its class; its dates and sums go along under their own names.
"""

from __future__ import annotations

import enum
import json
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import errors as ninja_errors

from abonent.billing import addons, changes, deferrals, obstacles, pauses, quotes, tariff_prices
from abonent.billing.documents import statements
from abonent.conversations import files, talks
from abonent.flows import autopay as autopay_flow
from abonent.flows import bind_card, own_contacts, resume_now, topup
from abonent.identity import codes, limits
from abonent.network import devices
from abonent.payments import autopay, cards
from abonent.subscribers import contacts

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

    Text = StrPromise | str

CONTENT_TYPE = "application/problem+json"


class Problem(NamedTuple):
    status: int
    code: str
    title: Text
    more: dict[str, Any] = {}


class Refused(Exception):
    """What an operation itself refuses."""

    def __init__(self, status: int, code: str, title: Text, **more: Any) -> None:
        super().__init__(code)
        self.problem = Problem(status, code, title, more)


class ConfirmFirst(Exception):
    """The password is asked for once more."""


NOT_SIGNED_IN = Problem(401, "not_signed_in", gettext_lazy("Sign in first."))
CHANGE_PASSWORD = Problem(
    403, "password_must_change", gettext_lazy("Type the password you will sign in with from now on.")
)
NO_KEY = Problem(
    400, "no_idempotency_key", gettext_lazy("The header Idempotency-Key is missing: 8 to 80 visible characters.")
)
KEY_USED = Problem(422, "idempotency_key_used", gettext_lazy("This key was sent before with something else."))
BEING_WORKED_ON = Problem(
    409, "being_worked_on", gettext_lazy("This very request is being worked on: ask in a second.")
)
NOT_FOUND = Problem(404, "not_found", gettext_lazy("There is no such thing here."))
INVALID = Problem(422, "invalid", gettext_lazy("Some fields are not right."))
NOT_SO = Problem(405, "not_so", gettext_lazy("This address is not asked so."))
NOT_UNDERSTOOD = Problem(400, "not_understood", gettext_lazy("We did not understand this request"))
OVERLOAD = Problem(503, "overload", gettext_lazy("Too many people at once"))
BROKEN = Problem(500, "broken", gettext_lazy("Something broke on our side"))

_CARDS_OFF = (503, "cards_off", gettext_lazy("Card payment is switched off just now."))
_BANK_NO = (409, "bank_refused", gettext_lazy("The bank has refused. No money was taken."))
_OLD_FORM = (409, "form_used", gettext_lazy("This form is out of date. Send it once more."))
_TOO_MANY = (429, "too_many", gettext_lazy("Too many tries. Wait, or call us."))

SAID: dict[type[Exception], tuple[int, str, Text]] = {
    Http404: (404, "not_found", NOT_FOUND.title),
    ObjectDoesNotExist: (404, "not_found", NOT_FOUND.title),
    RequestDataTooBig: (413, "too_large", gettext_lazy("That is too much at once.")),
    ConfirmFirst: (403, "confirm_first", gettext_lazy("Once more, please: type your password.")),
    limits.TooManyTries: _TOO_MANY,
    own_contacts.TooManyCodes: _TOO_MANY,
    topup.CardsAreOff: _CARDS_OFF,
    topup.UnderTheLimit: (422, "under_the_limit", gettext_lazy("The sum is less than a card can pay.")),
    topup.OverTheLimit: (422, "over_the_limit", gettext_lazy("The sum is more than a card pays at once.")),
    topup.CardGone: (409, "card_gone", gettext_lazy("This card is unbound. Choose another way to pay.")),
    topup.FormUsed: _OLD_FORM,
    topup.BankSaidNo: _BANK_NO,
    bind_card.CardsAreOff: _CARDS_OFF,
    bind_card.BankSaidNo: _BANK_NO,
    bind_card.BankDoesNotAnswer: (503, "bank_silent", gettext_lazy("The bank does not answer. Ask again in a minute.")),
    cards.TooManyCards: (409, "too_many_cards", gettext_lazy("Too many cards are bound. Unbind one of them first.")),
    cards.TokenUsed: _OLD_FORM,
    autopay_flow.LimitTooSmall: (422, "limit_too_small", gettext_lazy("The month's limit is too small.")),
    autopay_flow.SumOutOfBounds: (422, "sum_out_of_bounds", gettext_lazy("A card cannot pay this sum at once.")),
    autopay.NoRule: (422, "no_rule", gettext_lazy("Tick at least one of the two.")),
    quotes.QuoteUnknown: (404, "not_found", NOT_FOUND.title),
    quotes.UnableToConfirm: (409, "quote_changed", gettext_lazy("The price became another. Nothing was done.")),
    tariff_prices.LimitReached: (
        409, "limit_reached", gettext_lazy("It was changed as often as is possible this month."),
    ),
    tariff_prices.MoneyShort: (409, "money_short", gettext_lazy("There is not enough money. Nothing was changed.")),
    tariff_prices.TariffWithdrawn: (
        404, "not_offered", gettext_lazy("This service is not offered any more. Nothing was done."),
    ),
    tariff_prices.SameTariff: (409, "same_tariff", gettext_lazy("You have this tariff already. Nothing was done.")),
    tariff_prices.AskedAlready: (
        409, "asked_already",
        gettext_lazy("A request for a change waits already: withdraw it first, if you want another."),
    ),
    obstacles.Paused: (
        409, "paused",
        gettext_lazy("The service is paused at your wish. End the pause first, then change what you like."),
    ),
    obstacles.ContractEnds: (409, "contract_ends", gettext_lazy("The contract ends. Call the end off first.")),
    obstacles.PlannedAlready: (
        409, "planned_already",
        gettext_lazy("A future tariff is approved already: take it back first, if you want another."),
    ),
    addons.CannotStand: (
        409, "cannot_stand",
        gettext_lazy("This service is connected already, or cannot stand beside what you have. Nothing was done."),
    ),
    addons.TariffAsleep: (
        409, "tariff_asleep",
        gettext_lazy("Its tariff does not work now: top up first, or connect the service from the next period."),
    ),
    changes.NotOpen: (409, "nothing_to_take_back", gettext_lazy("There was nothing to take back any more.")),
    tariff_prices.UnableToChange: (
        409, "not_now", gettext_lazy("That is not possible just now. Try in some minutes, or call us."),
    ),
    resume_now.NothingToResume: (409, "nothing_to_resume", gettext_lazy("Nothing waits to go on.")),
    resume_now.CostChanged: (
        409, "cost_changed",
        gettext_lazy("The sums have changed since the page was opened. Look at them once more."),
    ),
    devices.UnableToReadMac: (
        422, "not_a_mac",
        gettext_lazy("This is not a MAC address: it has 12 digits and letters from A to F, like A4:83:E7:12:34:56."),
    ),
    devices.TooMany: (409, "too_many_devices", gettext_lazy("Your line has all its devices: take one off first.")),
    devices.TakenElsewhere: (
        409, "taken_elsewhere",
        gettext_lazy(
            "This device is registered at another line. Plug it in here, and register it by one tap, or call us."
        ),
    ),
    devices.NotSeen: (
        409, "not_seen", gettext_lazy("This device is not seen on your line any more. Plug it in and look again."),
    ),
    talks.NothingSaid: (422, "nothing_said", gettext_lazy("Write something, or attach a file.")),
    talks.TooLong: (422, "too_long", gettext_lazy("Too long: 4,000 characters at most.")),
    talks.UnableToSay: (409, "not_now", gettext_lazy("That does not fit this conversation any more.")),
    own_contacts.NotMobile: (
        422, "not_mobile",
        gettext_lazy("A code comes by SMS, and SMS come to mobile phones only: write one that begins with 9."),
    ),
    own_contacts.TooManyContacts: (409, "too_many_contacts", gettext_lazy("Too many contacts. Remove one first.")),
    contacts.LastPhone: (
        409, "last_phone",
        gettext_lazy("This is your last mobile phone: add another one first, or nobody could let you in again."),
    ),
    codes.WrongCode: (422, "wrong_code", gettext_lazy("That is not the code.")),
    codes.NoOpenCode: (409, "no_open_code", gettext_lazy("The code is good no more. Ask for a new one.")),
    statements.UnableToMakeStatement: (422, "no_statement", gettext_lazy("There is no statement of these days.")),
}  # fmt: skip
# Their own text is for the person.
_SPEAK = (files.UnableToAccept, contacts.UnableToReadContact, statements.BadFrom, statements.BadTo)
_FACTS = (
    "limit_kop", "missing_kop", "possible_on", "again_on", "ends_on", "starts_on", "minutes", "tries_left",
)  # fmt: skip
_WHYS: dict[str, Text] = {
    "deferral": gettext_lazy("A deferred payment is not possible now."),
    "pause": gettext_lazy("A pause is not possible so."),
}


def of(error: Exception) -> Problem | None:
    """None: it is our fault, and no business of the app's."""
    if isinstance(error, Refused):
        return error.problem
    if isinstance(error, ninja_errors.ValidationError):
        return INVALID._replace(more={"errors": [_field(one) for one in error.errors]})
    if isinstance(error, ninja_errors.HttpError):
        base = {400: NOT_UNDERSTOOD, 401: NOT_SIGNED_IN}.get(error.status_code, NOT_UNDERSTOOD)
        return base._replace(status=error.status_code)
    if isinstance(error, deferrals.UnableToDefer | pauses.UnableToPause):
        what = "deferral" if isinstance(error, deferrals.UnableToDefer) else "pause"
        return Problem(409, f"{what}_refused", _WHYS[what], {"why": str(error.why), **_facts(error)})
    known = next((SAID[one] for one in type(error).__mro__ if one in SAID), None)
    if isinstance(error, _SPEAK):
        return Problem(422, "not_accepted", str(error))
    if known is None:
        return None
    return Problem(*known, _facts(error))


def answer(problem: Problem) -> HttpResponse:
    body = {
        "type": f"urn:abonent:{problem.code}",
        "title": str(problem.title),
        "status": problem.status,
        "code": problem.code,
        **problem.more,
    }
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=problem.status, content_type=CONTENT_TYPE)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if "minutes" in problem.more:
        response.headers["Retry-After"] = str(problem.more["minutes"] * 60)
    elif problem.status in (503, 409) and problem.code in ("overload", "being_worked_on"):
        response.headers["Retry-After"] = "1"
    return response


def _facts(error: Exception) -> dict[str, Any]:
    found = {}
    for name in _FACTS:
        value = getattr(error, name, None)
        if isinstance(value, enum.Enum):
            value = str(value)
        if value is not None and value != 0:
            found[name] = value.isoformat() if isinstance(value, date) else value
    return found


def _field(one: dict[str, Any]) -> dict[str, str]:
    """Where, and what is wrong with it."""
    place = [str(part) for part in one.get("loc", ()) if part not in ("body", "path", "query")]
    said = {
        "missing": _("This is required."),
        "string_too_long": _("This is too long."),
        "string_too_short": _("This is too short."),
    }.get(str(one.get("type")), _("This is not what is expected here."))
    return {"field": ".".join(place), "text": said}
