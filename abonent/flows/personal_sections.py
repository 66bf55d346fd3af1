"""What each room keeps about a person, a section a table: for the export of his data. Reads only.

A room that keeps something new about a person adds its section to SECTIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from abonent.billing.models import Change, Charge, Deferral, Document, Ending, Pause, Payout, Return, Subscription
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.identity.models import KnownDevice, SignInName
from abonent.ledger.models import Transfer
from abonent.notifications import texts
from abonent.notifications.models import Notice
from abonent.onboarding.models import ConnectionRequest
from abonent.payments.models import Payment
from abonent.payments.models_cards import Autopay, BoundCard, Consent
from abonent.payments.models_desk import Refund
from abonent.payments.models_receipts import Receipt
from abonent.subscribers.models import Contact, Contract, Customer, Line, PersonalConsent, Petition

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

_CHUNK = 500


class Whose(NamedTuple):
    """One person, and what leads to his rows."""

    customer_id: int
    user_id: int | None
    contract_ids: tuple[int, ...]
    account_ids: tuple[int, ...]
    names: tuple[str, ...]  # by which he acts: the numbers that sign him in
    phones: tuple[str, ...]  # confirmed by a code


class Section(NamedTuple):
    """What one table says of him."""

    key: str
    title: StrPromise
    columns: tuple[tuple[str, StrPromise], ...]  # key of a value, its name; keys end in `_kop`, `_at`, `_on` by meaning
    rows: Callable[[Whose, str], Iterable[tuple[Any, ...]]]  # takes the language too


def _table(found: Any, *fields: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a query, in pieces."""
    rows: Iterator[tuple[Any, ...]] = found.values_list(*fields).iterator(chunk_size=_CHUNK)
    return rows


def _named(prefix: str, language: str) -> str:
    return f"{prefix}name_en" if language == "en" else f"{prefix}name_ru"


def _lines(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Line.objects.filter(contract_id__in=one.contract_ids).select_related("contract", "premises__building")
    for line in found.order_by("id"):
        yield line.contract.number, str(line.premises) if line.premises else "", line.segment


def _charges(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    name = _named("subscription__version__offer__", language)
    found = Charge.objects.filter(account_id__in=one.account_ids).order_by("charged_on", "id")
    return _table(found, "charged_on", name, "period_start", "period_end", "amount_kop")


def _moves(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    mine = set(one.account_ids)
    found = Transfer.objects.filter(Q(debit_id__in=mine) | Q(credit_id__in=mine)).order_by("on", "id")
    for on, debit_id, credit_id, amount_kop, reason in _table(
        found, "on", "debit_id", "credit_id", "amount_kop", "reason"
    ):
        if debit_id in mine:
            yield on, -amount_kop, reason
        if credit_id in mine:
            yield on, amount_kop, reason


def _requests(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = ConnectionRequest.objects.filter(phone__in=one.phones).order_by("id")
    return _table(
        found, "created_at", "state", "full_name", "phone", "address", "flat", "wish", "consent_text", "client_address"
    )


def _notices(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Notice.objects.filter(contract_id__in=one.contract_ids).select_related("contract").order_by("id")
    for notice in found.iterator(chunk_size=_CHUNK):
        said = texts.render(
            notice.kind,
            notice.params,
            language=language,
            contract_number=notice.contract.number,
            today=clock.on_date(notice.created_at),
        )
        yield notice.created_at, notice.sent_at, notice.channel, notice.state, said.body


def _audit(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    subjects = [f"customer:{one.customer_id}", f"user:{one.user_id}"]
    subjects += [f"contract:{found}" for found in one.contract_ids] + [f"account:{found}" for found in one.account_ids]
    found = AuditEntry.objects.filter(subject__in=subjects).order_by("id")
    for at, actor, action, why, address in _table(found, "at", "actor", "action", "why", "address"):
        own = actor in one.names
        who = gettext("you") if own else gettext("our program") if actor.startswith("system:") else gettext("our staff")
        yield at, who, action, why, address if own else None


# Fields that stand in the model as the section says them.
def _fields(model: Any, by: str, order: str, *fields: str) -> Callable[[Whose, str], Iterator[tuple[Any, ...]]]:
    """by: the path to what is the person's: "customer_id", "contract_id", "account_id", "user_id"."""

    def rows(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
        wanted = {
            "customer": [one.customer_id],
            "contract": one.contract_ids,
            "account": one.account_ids,
            "user": [one.user_id],
        }[by.rsplit("__", 1)[-1].removesuffix("_id")]
        named = [_named(field.removesuffix("NAME"), language) if field.endswith("NAME") else field for field in fields]
        return _table(model.objects.filter(**{f"{by}__in": wanted}).order_by(order), *named)

    return rows


def _customer(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Customer.objects.filter(id=one.customer_id)
    return _table(
        found, "kind", "full_name", "given_name", "inn", "kpp", "registered_address", "language", "created_at"
    )


_WHEN, _SUM, _STATE = _("When"), _("Sum"), _("State")
SECTIONS: tuple[Section, ...] = (
    Section(
        "person",
        _("You"),
        (
            ("kind", _("Who")),
            ("full_name", _("Full name")),
            ("given_name", _("How we greet you")),
            ("inn", _("INN")),
            ("kpp", _("KPP")),
            ("registered_address", _("Registered address")),
            ("language", _("Language")),
            ("created_at", _("Since")),
        ),
        _customer,
    ),
    Section(
        "contacts",
        _("Phones and mail"),
        (("kind", _("What")), ("value", _("Value")), ("confirmed_at", _("Confirmed"))),
        _fields(Contact, "customer_id", "id", "kind", "value", "confirmed_at"),
    ),
    Section(
        "contracts",
        _("Contracts"),
        (("number", _("Number")), ("signed_on", _("Signed")), ("ended_on", _("Ended")), ("closed_on", _("Closed"))),
        _fields(Contract, "customer_id", "id", "number", "signed_on", "ended_on", "closed_on"),
    ),
    Section(
        "lines",
        _("Lines"),
        (("contract", _("Contract")), ("address", _("Address")), ("segment", _("Segment"))),
        _lines,
    ),
    Section(
        "sign_in_names",
        _("What signs you in"),
        (("name", _("Number")),),
        _fields(SignInName, "user_id", "name", "name"),
    ),
    Section(
        "browsers",
        _("Browsers that signed you in"),
        (("last_seen_at", _("Last seen")),),
        _fields(KnownDevice, "user_id", "id", "last_seen_at"),
    ),
    Section(
        "subscriptions",
        _("Services"),
        (
            ("name", _("Service")),
            ("price_kop", _("Price")),
            ("charging", _("Charged")),
            ("state", _STATE),
            ("started_on", _("From")),
            ("ended_on", _("Until")),
            ("paid_until_on", _("Paid until")),
        ),
        _fields(
            Subscription,
            "account_id",
            "id",
            "version__offer__NAME",
            "price_kop",
            "charging",
            "state",
            "started_on",
            "ended_on",
            "paid_until",
        ),
    ),
    Section(
        "changes",
        _("Changes of tariff and services"),
        (("made_at", _WHEN), ("what", _("What")), ("state", _STATE), ("effective_on", _("From"))),
        _fields(Change, "account_id", "id", "made_at", "what", "state", "effective_on"),
    ),
    Section(
        "payments",
        _("Payments"),
        (
            ("created_at", _WHEN),
            ("channel", _("Channel")),
            ("amount_kop", _SUM),
            ("state", _STATE),
            ("method", _("By what")),
            ("credited_on", _("Credited")),
        ),
        _fields(Payment, "account_id", "id", "created_at", "channel", "amount_kop", "state", "method_title", "on"),
    ),
    Section(
        "refunds",
        _("Refunds"),
        (("created_at", _WHEN), ("channel", _("Channel")), ("amount_kop", _SUM), ("state", _STATE)),
        _fields(Refund, "account_id", "id", "created_at", "channel", "amount_kop", "state"),
    ),
    Section(
        "charges",
        _("Charges"),
        (
            ("charged_on", _WHEN),
            ("name", _("Service")),
            ("from_on", _("From")),
            ("until_on", _("Until")),
            ("amount_kop", _SUM),
        ),
        _charges,
    ),
    Section(
        "returns",
        _("Returns for services"),
        (("returned_on", _WHEN), ("charged_kop", _("Charged")), ("amount_kop", _("Came back")), ("reason", _("Why"))),
        _fields(Return, "account_id", "id", "returned_on", "charged_kop", "amount_kop", "reason"),
    ),
    Section(
        "moves",
        _("Every movement of the account"),
        (("moved_on", _WHEN), ("amount_kop", _SUM), ("reason", _("Why"))),
        _moves,
    ),
    Section(
        "receipts",
        _("Receipts"),
        (("made_on", _WHEN), ("kind", _("What")), ("amount_kop", _SUM), ("state", _STATE), ("link", _("Link"))),
        _fields(Receipt, "account_id", "id", "on", "kind", "amount_kop", "state", "link"),
    ),
    Section(
        "documents",
        _("Documents"),
        (("issued_on", _WHEN), ("kind", _("What")), ("number", _("Number")), ("total_kop", _SUM)),
        _fields(Document, "contract_id", "id", "issued_on", "kind", "number", "total_kop"),
    ),
    Section(
        "cards",
        _("Cards"),
        (
            ("title", _("Card")),
            ("system", _("System")),
            ("name", _("Your word for it")),
            ("state", _STATE),
            ("bound_at", _("Bound")),
            ("unbound_at", _("Unbound")),
        ),
        _fields(BoundCard, "account_id", "id", "title", "system", "name", "state", "bound_at", "unbound_at"),
    ),
    Section(
        "autopay",
        _("Autopay"),
        (
            ("is_on", _("On")),
            ("before_days", _("Days before a charge")),
            ("below_kop", _("Below")),
            ("sum_kop", _SUM),
            ("month_limit_kop", _("A month at most")),
            ("changed_at", _("Changed")),
        ),
        _fields(
            Autopay,
            "account_id",
            "id",
            "is_on",
            "before_days",
            "below_kop",
            "sum_kop",
            "month_limit_kop",
            "changed_at",
        ),
    ),
    Section(
        "deferrals",
        _("Deferred payments"),
        (("granted_on", _WHEN), ("amount_kop", _SUM), ("until_on", _("Until"))),
        _fields(Deferral, "account_id", "id", "granted_on", "amount_kop", "ends_on"),
    ),
    Section(
        "pauses",
        _("Pauses"),
        (("asked_on", _WHEN), ("starts_on", _("From")), ("ends_on", _("Until")), ("state", _STATE)),
        _fields(Pause, "account_id", "id", "asked_on", "starts_on", "ends_on", "state"),
    ),
    Section(
        "endings",
        _("Ends of contracts"),
        (("asked_on", _WHEN), ("ends_on", _("From")), ("state", _STATE), ("returned_kop", _("Came back"))),
        _fields(Ending, "account_id", "id", "asked_on", "ends_on", "state", "returned_kop"),
    ),
    Section(
        "payouts",
        _("Money asked back"),
        (("asked_on", _WHEN), ("amount_kop", _SUM), ("state", _STATE)),
        _fields(Payout, "account_id", "id", "asked_on", "amount_kop", "state"),
    ),
    Section(
        "consents",
        _("Consents"),
        (
            ("purpose", _("What for")),
            ("version", _("Text")),
            ("given_at", _("Given")),
            ("address", _("From where")),
            ("withdrawn_at", _("Withdrawn")),
            ("text", _("The words")),
        ),
        _fields(
            PersonalConsent, "customer_id", "id", "purpose", "version", "given_at", "address", "withdrawn_at", "text"
        ),
    ),
    Section(
        "card_consents",
        _("Consents to cards and autopay"),
        (
            ("purpose", _("What for")),
            ("version", _("Text")),
            ("given_at", _("Given")),
            ("address", _("From where")),
            ("withdrawn_at", _("Withdrawn")),
            ("text", _("The words")),
        ),
        _fields(Consent, "account_id", "id", "purpose", "version", "given_at", "address", "withdrawn_at", "text"),
    ),
    Section(
        "requests",
        _("Requests to be connected"),
        (
            ("created_at", _WHEN),
            ("state", _STATE),
            ("full_name", _("Full name")),
            ("phone", _("Phone")),
            ("address", _("Address")),
            ("flat", _("Flat")),
            ("wish", _("Wish")),
            ("consent", _("Text")),
            ("client_address", _("From where")),
        ),
        _requests,
    ),
    Section(
        "petitions",
        _("What you asked of us"),
        (
            ("asked_at", _WHEN),
            ("kind", _("What")),
            ("text", _("The words")),
            ("state", _STATE),
            ("answered_at", _("Answered")),
            ("answer", _("Answer")),
        ),
        _fields(Petition, "contract_id", "id", "asked_at", "kind", "text", "state", "answered_at", "answer"),
    ),
    Section(
        "messages",
        _("What we wrote to you"),
        (
            ("made_at", _WHEN),
            ("sent_at", _("Sent")),
            ("channel", _("Channel")),
            ("state", _STATE),
            ("text", _("The words")),
        ),
        _notices,
    ),
    Section(
        "log",
        _("Who did what with your data"),
        (
            ("at", _WHEN),
            ("who", _("Who")),
            ("action", _("What")),
            ("why", _("Why")),
            ("address", _("From where")),
        ),
        _audit,
    ),
)
