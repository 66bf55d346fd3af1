"""The test cards and what each does. Of a number only the first six and last four digits are stored."""

import dataclasses
import re
from typing import Any


@dataclasses.dataclass(frozen=True)
class Card:
    name: str
    number: str
    title: str  # English; the page translates it
    three_d_secure: bool = False
    declines_with: str | None = None  # reason of cancellation_details
    declined_by: str = "payment_network"
    webhooks: str | None = None  # a mode of sandbox.bank.notifications; none: as the knob says
    recurring_declines_with: str | None = None  # pays once with the payer present, then refuses without him
    recurring_declines: int | None = None  # so many times, and pays after that; none: always

    @property
    def kind(self) -> str:
        return {"2": "Mir", "4": "Visa", "5": "MasterCard"}[self.number[0]]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


def _declined(reason: str, number: str, title: str, by: str = "payment_network") -> Card:
    return Card(reason, number, title, declines_with=reason, declined_by=by)


# Those that the bank itself documents keep their numbers; the rest begin with 2202 00.
CARDS = {
    card.name: card
    for card in (
        Card("pays", "5555555555554444", "Pays at once"),
        Card("pays_visa", "4242424242424242", "Pays at once"),
        Card("pays_mir", "2202474301322987", "Pays at once"),
        Card("three_d_secure", "5555555555554477", "Asks for a code (3-D Secure)", three_d_secure=True),
        Card("three_d_secure_mir", "2200000000000004", "Asks for a code (3-D Secure)", three_d_secure=True),
        _declined("insufficient_funds", "5555555555554600", "Declined: not enough money"),
        _declined("general_decline", "5555555555554527", "Declined without a reason"),
        _declined("card_expired", "5555555555554543", "Declined: the card has expired"),
        _declined("fraud_suspected", "5555555555554568", "Declined: fraud suspected"),
        _declined("invalid_csc", "5555555555554626", "Declined: wrong CVC"),
        _declined("invalid_card_number", "5555555555554618", "Declined: wrong card number"),
        _declined("call_issuer", "5555555555554535", "Declined: call the card's bank"),
        _declined("issuer_unavailable", "5555555555554501", "Declined: the card's bank does not answer"),
        _declined("payment_method_limit_exceeded", "5555555555554576", "Declined: over the card's limit"),
        _declined("payment_method_restricted", "5555555555554550", "Declined: the card is blocked"),
        _declined("country_forbidden", "5555555555554584", "Declined: the card's country", by="yoo_money"),
        _declined("3d_secure_failed", "5555555555554592", "Declined: 3-D Secure failed"),
        Card("late", "2202000000000101", "Notification 10 seconds late", webhooks="late"),
        Card("double", "2202000000000200", "Notification twice", webhooks="double"),
        Card("silent", "2202000000000309", "No notification", webhooks="none"),
        Card("early", "2202000000000408", "Notification before the payment", webhooks="early"),
        Card(
            "poor_later",
            "2202000000000507",
            "Later: not enough money",
            recurring_declines_with="insufficient_funds",
        ),
        Card(
            "revoked_later",
            "2202000000000606",
            "Later: permission revoked",
            recurring_declines_with="permission_revoked",
        ),
        Card(
            "poor_twice",
            "2202000000000705",
            "Later: not enough money twice, then pays",
            recurring_declines_with="insufficient_funds",
            recurring_declines=2,
        ),
        Card(
            "silent_later",
            "2202000000000804",
            "Later: the card's bank does not answer, then pays",
            recurring_declines_with="issuer_unavailable",
            recurring_declines=1,
        ),
        Card(
            "expired_later",
            "2202000000000903",
            "Later: the card has expired",
            recurring_declines_with="card_expired",
        ),
        Card(
            "blocked_later",
            "2202000000001000",
            "Later: the card is blocked",
            recurring_declines_with="payment_method_restricted",
        ),
        Card(
            "code_later",
            "2202000000001109",
            "Later: the bank wants a code (3-D Secure)",
            recurring_declines_with="3d_secure_failed",
        ),
    )
}
# The fast payment system has no card: the payer says yes or no in his bank's app.
SBP_PAYS, SBP_REFUSES = "sbp", "sbp_refused"
SBP = {
    SBP_PAYS: Card(SBP_PAYS, "", "Confirmed in the bank's app"),
    SBP_REFUSES: Card(SBP_REFUSES, "", "Refused in the bank's app", declines_with="general_decline"),
}
SBP_BANK = {"bank_id": "100000000111", "bic": "044525225"}
GROUPS = (
    (
        "Pay",
        [card for card in CARDS.values() if not (card.declines_with or card.webhooks or card.recurring_declines_with)],
    ),
    ("Are declined", [card for card in CARDS.values() if card.declines_with]),
    ("Try the shop's patience", [card for card in CARDS.values() if card.webhooks]),
    ("Pay now, refuse autopayments later", [card for card in CARDS.values() if card.recurring_declines_with]),
)
BY_NUMBER = {card.number: card for card in CARDS.values()}

# Who says no, by the reason; all others come from the payment network.
PARTY = {
    "expired_on_confirmation": "yoo_money",
    "expired_on_capture": "yoo_money",
    "country_forbidden": "yoo_money",
    "internal_timeout": "yoo_money",
    "identification_required": "yoo_money",
    "canceled_by_merchant": "merchant",
}


def named(name: str) -> Card:
    """A test card, or what stands for one."""
    return CARDS.get(name) or SBP[name]


class UnableToReadCard(Exception):
    """`field` is the form's field; `message` is English, the page translates it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def party(reason: str) -> str:
    return PARTY.get(reason, "payment_network")


def luhn_holds(number: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(number)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def read_number(typed: str) -> Card:
    number = re.sub(r"[\s\-]", "", typed)
    if not number:
        raise UnableToReadCard("card_number", "Type the card's number")
    if not re.fullmatch(r"[0-9]{13,19}", number):
        raise UnableToReadCard("card_number", "A card's number has 13 to 19 digits")
    if not luhn_holds(number):
        raise UnableToReadCard("card_number", "The number does not add up: check its digits")
    card = BY_NUMBER.get(number)
    if card is None:
        raise UnableToReadCard("card_number", "This is a sandbox: take a test card from the list on this page")
    return card


def read_expiry(typed: str, today: tuple[int, int]) -> tuple[int, int]:
    """ "12/29" → (2029, 12). today: (year, month); a card is good through the last day of its month."""
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*[/.\-\s]?\s*(?:20)?([0-9]{2})\s*", typed)
    if match is None or not 1 <= int(match[1]) <= 12:
        raise UnableToReadCard("expiry", "Type month and year, for example 12/29")
    year, month = 2000 + int(match[2]), int(match[1])
    if (year, month) < today:
        raise UnableToReadCard("expiry", "The card has expired: check the date or take another card")
    return year, month


def read_cvc(typed: str) -> None:
    if not re.fullmatch(r"\s*[0-9]{3,4}\s*", typed):
        raise UnableToReadCard("cvc", "Three digits from the back of the card")


def masked(card: Card, year: int, month: int) -> dict[str, Any]:
    """What may be kept and told of a card."""
    return {
        "first6": card.number[:6],
        "last4": card.number[-4:],
        "expiry_year": str(year),
        "expiry_month": f"{month:02}",
        "card_type": card.kind,
        "issuer_country": "RU",
        "issuer_name": "Sandbox Bank",
    }


def example_expiry(today: tuple[int, int]) -> tuple[int, int]:
    """(year, month) that a test card shows: always three years ahead."""
    return today[0] + 3, 12
