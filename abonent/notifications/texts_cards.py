"""What notices say of bound cards and autopay: before each debit and after it, and what to do when the bank says no."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.core import money
from abonent.notifications.text_shape import Kind, Text, show_date


def _card_bound(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("A card is bound: %(card)s") % params,
        _("Card %(card)s is bound to contract %(number)s. If it was not you, call %(phone)s.")
        % {"card": params["card"], "number": number, "phone": settings.PROFILE.contacts.support_phone},
    )


def _card_unbound(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("A card is unbound: %(card)s") % params,
        _("Card %(card)s is unbound from contract %(number)s. Nothing will be debited from it any more.")
        % {"card": params["card"], "number": number},
    )


def _autopay_on(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("Autopay is on"),
        _(
            "Autopay of contract %(number)s is on: card %(card)s, no more than %(limit)s a month. We tell of each "
            "debit a day before it; you can switch it off in your account."
        )
        % {"number": number, "card": params["card"], "limit": money.show(params["month_limit_kop"])},
    )


def _autopay_off(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"number": number}
    if params["why"] == "card_unbound":
        body = _("Autopay of contract %(number)s is off: its card was unbound. Bind another one to switch it on again.")
    elif params["why"] == "contract_ended":
        body = _("Autopay of contract %(number)s is off: the contract has ended, nothing will be debited any more.")
    else:
        body = _("Autopay of contract %(number)s is off. Nothing will be debited by itself any more.")
    return Text(_("Autopay is off"), body % facts)


def _autopay_ahead(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "day": show_date(params["on"], today),
        "amount": money.show(params["amount_kop"]),
        "card": params["card"],
        "number": number,
    }
    return Text(
        _("Autopay on %(day)s: %(amount)s") % facts,
        _(
            "%(day)s: autopay will debit %(amount)s from card %(card)s for contract %(number)s. "
            "You can call it off in your account until then."
        )
        % facts,
    )


def _autopay_paid(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "amount": money.show(params["amount_kop"]),
        "card": params["card"],
        "number": number,
        "balance": money.show(params["balance_kop"]),
    }
    return Text(
        _("Autopay: %(amount)s") % facts,
        _("Autopay debited %(amount)s from card %(card)s. Balance of contract %(number)s: %(balance)s.") % facts,
    )


def _autopay_declined(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"amount": money.show(params["amount_kop"]), "card": params["card"], "number": number}
    what = _("Autopay could not debit %(amount)s from card %(card)s for contract %(number)s.") % facts
    if params["group"] == "later":
        then = _("We will try again on %(day)s. Put money on the card or top up in another way.") % {
            "day": show_date(params["next_on"], today)
        }
    elif params["group"] == "off":
        then = _("Autopay is off now: bind another card and switch it on again.")
    else:
        then = _("Top up in your account yourself, or take another card for autopay.")
    return Text(_("Autopay did not go through"), f"{what} {_why(params['reason'])} {then}")


def _autopay_limit(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "amount": money.show(params["amount_kop"]),
        "limit": money.show(params["limit_kop"]),
        "number": number,
    }
    return Text(
        _("Autopay has reached its limit"),
        _(
            "Autopay did not debit %(amount)s for contract %(number)s: it would be more than your limit of %(limit)s a "
            "month. Top up yourself, or raise the limit in your account."
        )
        % facts,
    )


def _why(reason: str) -> str:
    """The bank's word in a person's."""
    said = {
        "insufficient_funds": _("There was not enough money on the card."),
        "payment_method_limit_exceeded": _("The card's limit is used up."),
        "issuer_unavailable": _("The card's bank did not answer."),
        "card_expired": _("The card has expired."),
        "permission_revoked": _("Its owner has forbidden such debits at the bank; the card is unbound."),
        "payment_method_restricted": _("The card's bank does not allow such payments."),
        "fraud_suspected": _("The bank found the payment unusual."),
        "country_forbidden": _("Cards of this country are not accepted."),
        "3d_secure_failed": _("The bank wants a code from you each time."),
        "identification_required": _("The bank wants to know its client better."),
    }
    return said.get(reason, _("The bank did not say why."))


KINDS: dict[str, Kind] = {
    "card_bound": Kind(frozenset({"card"}), _card_bound, at_any_hour=True),
    "card_unbound": Kind(frozenset({"card"}), _card_unbound, at_any_hour=True),
    "autopay_on": Kind(frozenset({"card", "month_limit_kop"}), _autopay_on, at_any_hour=True),
    "autopay_off": Kind(frozenset({"why"}), _autopay_off, at_any_hour=True),
    "autopay_ahead": Kind(frozenset({"amount_kop", "on", "card"}), _autopay_ahead),
    "autopay_paid": Kind(frozenset({"amount_kop", "balance_kop", "card"}), _autopay_paid),
    "autopay_declined": Kind(
        frozenset({"amount_kop", "card", "reason", "group", "next_on"}), _autopay_declined, sms_first=True
    ),
    "autopay_limit": Kind(frozenset({"amount_kop", "limit_kop"}), _autopay_limit, sms_first=True),
}
