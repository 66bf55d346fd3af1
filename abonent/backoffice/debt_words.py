"""What the workplace calls the stages of a debt, the acts on many, and why somebody is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# (mark of ui/components/mark.html, word), in the order of a debt's way
PLACES: dict[str, tuple[str, StrPromise]] = {
    "waiting": ("quiet", _("Nothing to do yet")),
    "notice": ("wait", _("To be told")),
    "suspension": ("warn", _("To be suspended")),
    "letter": ("warn", _("To get a letter")),
    "contract_end": ("warn", _("Contract to be ended")),
    "held": ("quiet", _("Has promised to pay")),
    "ended": ("quiet", _("Contract ended, owes")),
}
AGES: dict[str, StrPromise] = {
    "0": _("under 30 days"),
    "30": _("30 to 59 days"),
    "60": _("60 to 89 days"),
    "90": _("90 to 179 days"),
    "180": _("180 days and more"),
}
STEPS: dict[str, StrPromise] = {
    "notice": _("Notice sent"),
    "suspension": _("Suspended"),
    "letter": _("Letter given"),
    "contract_end": pgettext_lazy("step of a debt", "Contract ended"),
}
KINDS: dict[str, StrPromise] = {
    "debtors.notice": _("Send a notice of the debt"),
    "debtors.suspension": _("Suspend"),
    "debtors.letter": _("Give a letter with a demand"),
    "debtors.mail": _("Write to Mail"),
    "debtors.contract_end": _("End the contract"),
}
WHAT_HAPPENS: dict[str, StrPromise] = {
    "debtors.notice": _("Each gets a notice by SMS or e-mail and in Mail: what is owed, since when, by when to pay."),
    "debtors.suspension": _(
        "Service stops today, unused paid days come back to the balance, and the subscriber is told. It comes "
        "back with the payment."
    ),
    "debtors.letter": _(
        "A letter is made for each, to be printed and posted: one file for all of them. The subscriber is told of it."
    ),
    "debtors.mail": _("Each gets this letter in Mail, in his account."),
    "debtors.contract_end": _(
        "The contract ends today where nothing works, and tomorrow otherwise; the debt stays. It cannot be called back "
        "once it has ended."
    ),
}
STATES: dict[str, tuple[str, StrPromise]] = {
    "preview": ("quiet", _("not confirmed")),
    "running": ("wait", pgettext_lazy("batch", "goes on")),
    "stopped": ("warn", pgettext_lazy("batch", "stopped")),
    "done": ("ok", pgettext_lazy("batch", "done")),
}
ROWS: dict[str, StrPromise] = {
    "done": pgettext_lazy("rows of a batch", "Done"),
    "planned": pgettext_lazy("rows of a batch", "Waits"),
    "skipped": pgettext_lazy("rows of a batch", "Skipped"),
    "refused": pgettext_lazy("rows of a batch", "Refused"),
    "left_out": pgettext_lazy("rows of a batch", "Left out"),
}
MEANT = pgettext_lazy("rows of a batch", "Meant")
REASONS: dict[str, StrPromise] = {
    "paid": _("has paid, or owes nothing any more"),
    "held": _("has promised to pay, and the day has not passed"),
    "not_yet": _("the debt is too young or too small for this stage"),
    "earlier": _("an earlier stage comes first"),
    "done": _("this stage is done already"),
    "ended": _("the contract has ended, or ends"),
    "limit": _("more than your role moves at once"),
    "senseless": _("the account makes no sense: look at it"),
    "planned": _("an end is planned already"),
    "too_early": _("the end is not possible on this day"),
    "error": _("a mistake of the program: it stands in its log"),
}


def reason(code: str) -> str:
    return str(REASONS.get(code, code))
