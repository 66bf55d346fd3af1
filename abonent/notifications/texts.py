"""What a notice says: its subject and body by kind, in the customer's language. No network, no database."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.core import money
from abonent.notifications import texts_cards, texts_network, texts_prices, texts_security
from abonent.notifications.text_shape import Kind as Kind
from abonent.notifications.text_shape import Text as Text
from abonent.notifications.text_shape import day as _date
from abonent.notifications.text_shape import show_date as _show_date

MAILING, MAILING_OFFER = "mailing", "mailing_offer"


def render(kind: str, params: dict[str, Any], *, language: str, contract_number: str, today: date) -> Text:
    """The text of one notice. today: the operator's date; a date of another year shows its year."""
    with spoken(language):
        return KINDS[kind].write(params, contract_number, today)


def spoken(language: str) -> translation.override:
    return translation.override("en" if language.startswith("en") else "ru")


def is_english() -> bool:
    """What the reader of the text being made reads."""
    return (translation.get_language() or "").startswith("en")


def sms(text: Text, *, language: str = "ru", refusal_url: str = "") -> str:
    """refusal_url: of marketing, where one tap stops it."""
    said = f"{settings.PROFILE.brand}: {text.body}"
    if not refusal_url:
        return said
    with spoken(language):
        refusal = _("No more: %(url)s") % {"url": refusal_url}
    return f"{said} {refusal}"


def letter(text: Text, *, language: str, refusal_url: str = "") -> str:
    """The body of an e-mail: the paragraph, where to go, whom to call."""
    with spoken(language):
        contacts = settings.PROFILE.contacts
        lines = [
            _("Good day!"),
            "",
            text.body,
            "",
            _("Your account: %(url)s") % {"url": f"{settings.PUBLIC_URL}/cabinet/"},
            _("Support: %(phone)s") % {"phone": contacts.support_phone},
            "",
            f"-- \n{settings.PROFILE.brand}",
        ]
        if refusal_url:
            lines.append(_("You agreed to get offers. No more of them: %(url)s") % {"url": refusal_url})
        return "\n".join([*lines, ""])


def check(kind: str, params: dict[str, Any], *, has_secret: bool = False) -> None:
    """A kind without what its text needs is a bug of the caller, and must stop there, not at sending."""
    assert kind in KINDS, kind
    missing = KINDS[kind].params - set(params)
    assert not missing, f"{kind} lacks {sorted(missing)}"
    assert KINDS[kind].secret == has_secret, f"{kind}: a secret goes by itself, and where it is meant to"


def _payment_received(params: dict[str, Any], number: str, today: date) -> Text:
    amount = money.show(params["amount_kop"])
    return Text(
        _("Payment received: %(amount)s") % {"amount": amount},
        _("Payment of %(amount)s received. Balance of contract %(number)s: %(balance)s.")
        % {"amount": amount, "number": number, "balance": money.show(params["balance_kop"])},
    )


def _payment_refunded(params: dict[str, Any], number: str, today: date) -> Text:
    amount = money.show(params["amount_kop"])
    return Text(
        _("Refund: %(amount)s") % {"amount": amount},
        _("%(amount)s of contract %(number)s goes back to you. Balance: %(balance)s.")
        % {"amount": amount, "number": number, "balance": money.show(params["balance_kop"])},
    )


def _suspended(params: dict[str, Any], number: str, today: date) -> Text:
    since = _show_date(params["on"], today)
    return Text(
        _("Service is suspended from %(since)s") % {"since": since},
        _(
            "Service of contract %(number)s is suspended from %(since)s: %(missing)s is missing. "
            "It comes back as soon as you top up."
        )
        % {"number": number, "since": since, "missing": money.show(params["missing_kop"])},
    )


def _charge_soon(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "number": number,
        "day": _show_date(params["stops_on"], today),
        "missing": money.show(params["missing_kop"]),
    }
    return Text(
        _("%(missing)s is missing for the charge of %(day)s") % facts,
        _("Contract %(number)s is charged on %(day)s, and %(missing)s is missing. Top up in time.") % facts,
    )


def _money_ends(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"number": number, "day": _show_date(_date(params["stops_on"]) - timedelta(days=1), today)}
    return Text(
        _("The money is enough through %(day)s") % facts,
        _("The money on contract %(number)s is enough through %(day)s. Top up in time.") % facts,
    )


def _resumed(params: dict[str, Any], number: str, today: date) -> Text:
    paid_until = _date(params["paid_until"])
    return Text(
        _("Service is on again"),
        _("Service of contract %(number)s is on again, paid through %(through)s.")
        % {"number": number, "through": _show_date(paid_until - timedelta(days=1), today)},
    )


def _activated(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("Service is on"),
        _("Service of contract %(number)s is on. Welcome!") % {"number": number},
    )


def _tariff_changed(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "sum": money.show(abs(params["total_kop"]))}
    if params["total_kop"] > 0:
        body = _("The tariff of contract %(number)s is «%(name)s» now. %(sum)s is charged.")
    elif params["total_kop"] < 0:
        body = _("The tariff of contract %(number)s is «%(name)s» now. %(sum)s came back to the balance.")
    else:
        body = _("The tariff of contract %(number)s is «%(name)s» now.")
    return Text(_("The tariff is changed: %(name)s") % facts, body % facts)


def _tariff_planned(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "day": _show_date(params["on"], today)}
    return Text(
        _("Future tariff: %(name)s from %(day)s") % facts,
        _(
            "The tariff of contract %(number)s will be «%(name)s» from %(day)s. "
            "Until then you can take it back in your account, free."
        )
        % facts,
    )


def _tariff_to_agree(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "sum": money.show(params["total_kop"])}
    return Text(
        _("Your change of tariff is approved: look at the sum"),
        _(
            "The change of contract %(number)s to «%(name)s» is approved, but today it costs %(sum)s, "
            "more than you agreed to. Confirm it in your account, or withdraw it."
        )
        % facts,
    )


def _tariff_refused(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "why": params["why"]}
    return Text(
        _("The tariff cannot be changed"),
        _("The change of contract %(number)s to «%(name)s» was not approved: %(why)s. Nothing was charged.") % facts,
    )


def _tariff_began(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "day": _show_date(params["on"], today)}
    facts["price"] = money.show(params["price_kop"])
    return Text(
        _("Your tariff is «%(name)s» now") % facts,
        _("From %(day)s the tariff of contract %(number)s is «%(name)s», %(price)s, as you chose.") % facts,
    )


def _tariff_expired(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number}
    if params["why"] == "withdrawn":
        body = _(
            "«%(name)s» is not offered any more: the request of contract %(number)s is closed. "
            "Nothing was charged; choose another tariff in your account."
        )
    else:
        body = _(
            "The request of contract %(number)s for «%(name)s» was not confirmed in time and is closed. "
            "Nothing was charged; you can send it once more in your account."
        )
    return Text(_("The request for a tariff is closed"), body % facts)


def _addon_connected(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "day": _show_date(params["on"], today)}
    return Text(
        _("%(name)s: connected") % facts,
        _("«%(name)s» of contract %(number)s is connected from %(day)s.") % facts,
    )


def _addon_ordered(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "sum": money.show(params["total_kop"])}
    return Text(
        _("%(name)s: ordered") % facts,
        _("«%(name)s» of contract %(number)s is ordered and paid: %(sum)s. We will call you to agree on the day.")
        % facts,
    )


def _addon_disconnected(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "day": _show_date(params["on"], today)}
    return Text(
        _("%(name)s: disconnected") % facts,
        _("«%(name)s» of contract %(number)s is disconnected from %(day)s.") % facts,
    )


def _name(params: dict[str, Any]) -> str:
    """Of an offer, in the language of the text."""
    return str(params["name_en" if is_english() else "name_ru"])


def _deferral_granted(params: dict[str, Any], number: str, today: date) -> Text:
    last = _show_date(_date(params["ends_on"]) - timedelta(days=1), today)
    return Text(
        _("Deferred payment through %(day)s") % {"day": last},
        _("Deferred payment of %(amount)s on contract %(number)s: top up through %(day)s, and the service goes on.")
        % {"amount": money.show(params["amount_kop"]), "number": number, "day": last},
    )


def _deferral_given(params: dict[str, Any], number: str, today: date) -> Text:
    last = _show_date(_date(params["ends_on"]) - timedelta(days=1), today)
    facts = {"number": number, "day": last, "sum": money.show(params["amount_kop"])}
    body = _("There was not enough money on contract %(number)s: we put %(sum)s off through %(day)s. Top up by then.")
    fee = _("Its fee: %(sum)s.") % {"sum": money.show(params["fee_kop"])} if params["fee_kop"] else ""
    return Text(_("The service goes on: payment is put off through %(day)s") % facts, f"{body % facts} {fee}".strip())


def _credit_stopped(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "number": number,
        "invoice": params["number"],
        "day": _show_date(params["pay_until"], today),
        "sum": money.show(params["unpaid_kop"]),
    }
    return Text(
        _("Invoice No. %(invoice)s is not paid: credit is stopped") % facts,
        _(
            "Invoice No. %(invoice)s of contract %(number)s was to be paid by %(day)s; %(sum)s is owed. "
            "Until it is paid, nothing is served on credit."
        )
        % facts,
    )


def _debt_notice(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "number": number,
        "sum": money.show(params["owed_kop"]),
        "since": _show_date(params["since_on"], today),
        "day": _show_date(params["pay_until"], today),
    }
    return Text(
        _("%(sum)s is owed on contract %(number)s") % facts,
        _(
            "%(sum)s has been owed on contract %(number)s since %(since)s. Please pay by %(day)s: "
            "after it the service may be suspended."
        )
        % facts,
    )


def _debt_letter(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "number": number,
        "sum": money.show(params["owed_kop"]),
        "day": _show_date(params["pay_until"], today),
        "demand": params["number"],
    }
    return Text(
        _("A demand to pay a debt goes to you by post"),
        _(
            "Demand No. %(demand)s to pay %(sum)s on contract %(number)s by %(day)s goes to you by post. "
            "Once the debt is paid, nothing follows."
        )
        % facts,
    )


def _credit_restored(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("Credit is back"),
        _("The overdue invoice of contract %(number)s is paid: the credit limit counts again.") % {"number": number},
    )


def _deferral_ends(params: dict[str, Any], number: str, today: date) -> Text:
    last = _show_date(_date(params["ends_on"]) - timedelta(days=1), today)
    return Text(
        _("The deferred payment ends on %(day)s") % {"day": last},
        _("%(day)s is the last day of the deferred payment on contract %(number)s. Top up in time.")
        % {"number": number, "day": last},
    )


def _deferral_ended(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("The deferred payment has ended"),
        _(
            "The deferred payment on contract %(number)s has ended, and %(sum)s is owed. Paid days that were not "
            "used came back. The service is on again as soon as you top up."
        )
        % {"number": number, "sum": money.show(params["owed_kop"])},
    )


def _contract_ended(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"number": number, "day": _show_date(_date(params["on"]) - timedelta(days=1), today)}
    balance_kop = params["balance_kop"]
    rest = ""
    if balance_kop < 0:
        rest = _("%(sum)s is left to pay.") % {"sum": money.show(-balance_kop)}
    elif balance_kop > 0:
        rest = _("%(sum)s is left: ask for it in your account.") % {"sum": money.show(balance_kop)}
    body = _("Contract %(number)s has ended; %(day)s was its last day.") % facts
    return Text(_("The contract has ended"), f"{body} {rest}".strip())


def _answer_waits(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("Your question is answered"),
        _("Your question is answered. Read it: %(url)s") % {"url": f"{settings.PUBLIC_URL}/mail/"},
    )


def _mailing(params: dict[str, Any], number: str, today: date) -> Text:
    """Written by one of the staff; the person's facts were put in when it was queued."""
    return Text(params["subject"], params["body"])


_OFFER = frozenset({"name_ru", "name_en"})
KINDS: dict[str, Kind] = {
    "payment_received": Kind(frozenset({"amount_kop", "balance_kop"}), _payment_received, at_any_hour=True),
    "payment_refunded": Kind(frozenset({"amount_kop", "balance_kop"}), _payment_refunded, at_any_hour=True),
    "suspended": Kind(frozenset({"missing_kop", "on"}), _suspended, sms_first=True),
    "charge_soon": Kind(frozenset({"missing_kop", "stops_on"}), _charge_soon, sms_first=True),
    "money_ends": Kind(frozenset({"stops_on"}), _money_ends, sms_first=True),
    "resumed": Kind(frozenset({"paid_until"}), _resumed),
    "activated": Kind(frozenset(), _activated),
    "deferral_granted": Kind(frozenset({"amount_kop", "ends_on"}), _deferral_granted, at_any_hour=True),
    "deferral_given": Kind(frozenset({"amount_kop", "fee_kop", "ends_on"}), _deferral_given, sms_first=True),
    "credit_stopped": Kind(frozenset({"number", "pay_until", "unpaid_kop"}), _credit_stopped, sms_first=True),
    "debt_notice": Kind(frozenset({"owed_kop", "since_on", "pay_until"}), _debt_notice, sms_first=True),
    "debt_letter": Kind(frozenset({"owed_kop", "pay_until", "number"}), _debt_letter),
    "credit_restored": Kind(frozenset(), _credit_restored),
    "deferral_ends": Kind(frozenset({"ends_on"}), _deferral_ends, sms_first=True),
    "deferral_ended": Kind(frozenset({"owed_kop", "on"}), _deferral_ended, sms_first=True),
    "contract_ended": Kind(frozenset({"on", "returned_kop", "balance_kop"}), _contract_ended),
    "tariff_changed": Kind(_OFFER | {"total_kop"}, _tariff_changed, at_any_hour=True),
    "tariff_planned": Kind(_OFFER | {"on"}, _tariff_planned, at_any_hour=True),
    "tariff_to_agree": Kind(_OFFER | {"total_kop"}, _tariff_to_agree, sms_first=True),
    "tariff_began": Kind(_OFFER | {"on", "price_kop"}, _tariff_began),
    "tariff_expired": Kind(_OFFER | {"why"}, _tariff_expired),
    "addon_connected": Kind(_OFFER | {"on"}, _addon_connected, at_any_hour=True),
    "addon_ordered": Kind(_OFFER | {"total_kop"}, _addon_ordered, at_any_hour=True),
    "addon_disconnected": Kind(_OFFER | {"on"}, _addon_disconnected, at_any_hour=True),
    "tariff_refused": Kind(_OFFER | {"why"}, _tariff_refused),
    "answer_waits": Kind(frozenset(), _answer_waits, sms_first=True, inbox=""),
    MAILING: Kind(frozenset({"subject", "body"}), _mailing),
    MAILING_OFFER: Kind(frozenset({"subject", "body"}), _mailing),
    **texts_cards.KINDS,
    **texts_network.KINDS,
    **texts_prices.KINDS,
    **texts_security.KINDS,
}
