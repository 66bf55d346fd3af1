"""What the codes of the domain are called on the page. Marked for translation here, translated when shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from abonent.ui import words as shared

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

KINDS = shared.KINDS
KIND_PROMISES: dict[str, StrPromise] = {
    "internet": _("At home, in a private house and in the office: by the month or by the day."),
    "tv": _("Channels on every screen of the house, with no aerial and no dish."),
    "telephony": _("A city number at home and in the office."),
    "video": _("Cameras whose picture is with you wherever you are."),
    "colocation": _("A place for your server: power, cooling and a wide channel."),
}
KIND_ICONS = {"internet": "wifi", "tv": "tv", "telephony": "phone", "video": "cctv", "colocation": "server"}
SEGMENTS: dict[str, StrPromise] = {
    "apartment": _("Internet in an apartment building"),
    "private": _("Internet in the private sector"),
    "business": _("Internet for corporate clients"),
}
SEGMENT_PROMISES: dict[str, StrPromise] = {
    "apartment": _("The cable comes to your flat; the price is the same on every floor."),
    "private": _("Fibre or radio to a house of your own, up to the room where you need it."),
    "business": _("A channel for an office or a shop, with invoices and acts every month."),
}
PER = shared.PER
ADDONS = _("Additional services")
ADDON = _("Additional service")
STATES = shared.STATES
# What moved money that was not a charge, by the ledger's reason; a payment by its channel.
REASONS: dict[str, StrPromise] = {
    "payment": _("Top-up"),
    "charge": _("Charge"),
    "fee": _("Fee"),
    "return": _("Return for a service"),
    "refund": _("Refund of a payment"),
    "bonus": _("Bonus"),
    "reversal": _("Correction"),
    "move": _("Move between contracts"),
    "write_off": _("Write-off"),
    "opening": _("Balance brought over"),
}
CHANNELS = shared.CHANNELS
METHODS: dict[str, StrPromise] = {
    "bank_card": _("Bank card"),
    "sbp": _("Fast payment system"),
}
# Autopay's debits: (mark of ui/components/mark.html, word)
ATTEMPTS: dict[str, tuple[str, StrPromise]] = {
    "planned": ("wait", _("will be debited")),
    "debiting": ("wait", _("waits for the bank's answer")),
    "paid": ("ok", _("debited")),
    "paid_late": ("ok", _("debited")),
    "declined": ("warn", _("did not go through")),
    "dropped": ("quiet", _("not debited")),
}
CALLED_OFF = _("called off by you")
_CANCEL_REASONS: dict[str, StrPromise] = {
    "insufficient_funds": _("There was not enough money on the card. Top the card up or take another one."),
    "card_expired": _("The card has expired. Take another one."),
    "invalid_card_number": _("The card's number was typed with a slip. Look at it and try again."),
    "invalid_csc": _("The code from the back of the card was typed with a slip. Try again."),
    "3d_secure_failed": _("The bank did not get its confirmation code. Try again and type the code from the bank."),
    "payment_method_limit_exceeded": _(
        "The card's limit is used up. Raise it in your bank's app or pay a smaller sum."
    ),
    "payment_method_restricted": _("The card's bank does not allow this payment. Call the bank or take another card."),
    "issuer_unavailable": _("The card's bank does not answer. Try again in a few minutes."),
    "fraud_suspected": _("The bank found this payment unusual. Call the bank or take another card."),
    "country_forbidden": _("Cards of this country are not accepted. Take another card."),
    "expired_on_confirmation": _("The payment was not confirmed in time. Nothing was taken: try again."),
    "canceled_by_merchant": _("The payment was called off. Nothing was taken."),
    "permission_revoked": _("Its owner has forbidden such debits at the bank. Bind the card anew or take another one."),
    "identification_required": _("The bank wants to know its client better. Ask at the bank or take another card."),
    "card_unbound": _("The card was unbound before the bank was asked. Nothing was taken."),
    "never_reached_bank": _("The bank did not get this payment. Nothing was taken: try again."),
}
_UNKNOWN_REASON = _("The bank did not say why. Try again, take another card, or call us.")


def cancel_reason(code: str) -> StrPromise:
    """The bank's word for why, in a person's: what happened and what to do. Unknown words have a line too."""
    return _CANCEL_REASONS.get(code, _UNKNOWN_REASON)
