"""What notices are about, as a person chooses: a few subjects, each of many kinds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise


class Subject(NamedTuple):
    name: str
    label: StrPromise
    what: StrPromise
    begins: tuple[str, ...]  # how the names of its kinds begin
    why_required: StrPromise | None = None  # None: may be switched off everywhere but in Mail
    push: StrPromise = _("There is a new message for you.")  # says nothing about a person


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "charges",
        _("Charges and suspension"),
        _("Money is short for the next charge, the service is suspended, a deferred payment ends"),
        ("suspended", "charge_soon", "money_ends", "deferral", "credit", "debt"),
        _("the law asks us to warn you before a suspension (126-FZ, Art. 44)"),
        _("News about your charges. Open Mail to read it."),
    ),
    Subject(
        "security",
        _("Signing in and contacts"),
        _("The password, a phone or the way you sign in was changed"),
        ("password", "contact", "security", "one_time"),
        _("it is how you learn that somebody else is at your account"),
        _("Something was changed in how you sign in. Open Mail to read it."),
    ),
    Subject(
        "autopay",
        _("Autopay and cards"),
        _("A debit is coming, went through or did not; a card was bound or unbound"),
        ("autopay", "card"),
        _("you agreed to debits of which we tell before"),
        _("News about autopay. Open Mail to read it."),
    ),
    Subject(
        "contract",
        _("Contract and tariff"),
        _("The tariff has changed or will change, the contract has ended"),
        ("contract", "tariff"),
        _("changes of the contract are told to you in person"),
        _("News about your contract. Open Mail to read it."),
    ),
    Subject(
        "payments",
        _("Payments and refunds"),
        _("A payment has come, a receipt, a refund"),
        ("payment", "refund", "receipt"),
        push=_("News about your payments. Open Mail to read it."),
    ),
    Subject(
        "works",
        _("Outages and works"),
        _("No connection at your address, works on the line, when it will be mended"),
        ("outage", "works"),
        push=_("News about the connection at your address. Open Mail to read it."),
    ),
    Subject(
        "documents",
        _("Documents"),
        _("Invoices, acts and statements are ready"),
        ("document", "invoice"),
        push=_("A new document is ready. Open Mail to read it."),
    ),
    Subject(
        "answers",
        _("Answers of support"),
        _("Somebody has answered your question"),
        ("answer", "talk"),
        push=_("Your question is answered."),
    ),
    Subject(
        "services",
        _("Services"),
        _("Services were connected, disconnected, are on again; other news of the operator for its subscribers"),
        (),  # everything else
    ),
)
BY_NAME = {one.name: one for one in SUBJECTS}
OFFERS_PUSH = _("An offer for you.")


def of_kind(kind: str) -> Subject:
    return next((one for one in SUBJECTS if kind.startswith(one.begins)), SUBJECTS[-1]) if kind else SUBJECTS[-1]
