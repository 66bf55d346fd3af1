"""The reconciliation statement: what a client and the operator owe each other, by the ledger."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from abonent.billing import statement
from abonent.billing.documents import formats, printing, statements, words
from abonent.billing.models_documents import Document, DocumentKind
from abonent.core import documents, money, periods
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract

_TEMPLATE = Path(__file__).parent.joinpath("templates", "reconciliation.typ")
_SERVICES = frozenset({"charge", "fee", "return"})


class Entry(NamedTuple):
    """A row: debit is what the client came to owe, credit what he paid. One of them is 0."""

    on: date
    what: str
    debit_kop: int
    credit_kop: int


class Reconciled(NamedTuple):
    """A balance below 0 is the client's debt."""

    opening_kop: int
    entries: tuple[Entry, ...]  # the oldest first
    closing_kop: int

    @property
    def debit_kop(self) -> int:
        return sum(one.debit_kop for one in self.entries)

    @property
    def credit_kop(self) -> int:
        return sum(one.credit_kop for one in self.entries)


def pdf(contract_ids: Sequence[int], period: periods.Period, *, on: date, language: str) -> bytes:
    """Of one client's contracts together. Looked up by the caller through the signed-in user or a permission.

    period: of `statements.require_period`.   on: the operator's date it is made.
    Raises statements.UnableToMakeStatement where no contract has an account, core.documents.UnableToRender.
    """
    return documents.render(_TEMPLATE, printed(contract_ids, period, on=on, language=language))


def file_name(number: str, period: periods.Period) -> str:
    """number: of the first contract; Latin letters, digits and dashes."""
    return f"reconciliation-{number}-{period.start.isoformat()}-{period.last_day.isoformat()}.pdf"


def of_contracts(contract_ids: Sequence[int], period: periods.Period) -> Reconciled:
    """Months of services in one row each, with the act's number where there is one; every other transfer by itself.

    Texts in the language in force.   Raises statements.UnableToMakeStatement.
    """
    accounts = dict(
        Account.objects.filter(contract_id__in=contract_ids).order_by("contract_id").values_list("contract_id", "id")
    )
    numbers = dict(Contract.objects.filter(id__in=accounts).values_list("id", "number"))
    acts = _acts(list(accounts), period)
    opening_kop = closing_kop = 0
    entries: list[Entry] = []
    for contract_id, account_id in accounts.items():
        seen = statement.of_period(account_id, period)
        assert seen is not None, account_id
        opening_kop, closing_kop = opening_kop + seen.opening_kop, closing_kop + seen.closing_kop
        about = _(", contract No. %(number)s") % {"number": numbers[contract_id]} if len(accounts) > 1 else ""
        entries += _of_services(seen, contract_id, period, acts, about)
        entries += [
            _entry(one.on, f"{statements.what_moved(one)}{about}", one.amount_kop)
            for one in seen.lines
            if one.reason not in _SERVICES and one.amount_kop
        ]
    if not accounts:
        raise statements.UnableToMakeStatement(_("This contract has no account."))
    return Reconciled(opening_kop, tuple(sorted(entries, key=lambda one: one.on)), closing_kop)


def printed(contract_ids: Sequence[int], period: periods.Period, *, on: date, language: str) -> dict[str, Any]:
    """What the template prints: texts only, ready."""
    contracts = list(Contract.objects.select_related("customer").filter(id__in=contract_ids).order_by("number"))
    profile = settings.PROFILE
    with translation.override(language):
        seen = of_contracts(contract_ids, period)
        spoken = formats.language()
        seller, buyer = profile.legal_name.get(spoken), contracts[0].customer.full_name
        named = [
            _("No. %(number)s of %(day)s") % {"number": one.number, "day": formats.day(one.signed_on)}
            for one in contracts
        ]
        title = _("Reconciliation statement")
        return {
            "language": spoken,
            "issued": on.isoformat(),
            "title": title,
            "correction": "",
            "foot": f"{title}, {buyer}, {formats.period(period)}",
            "page": formats.page(),
            "between": _(
                "of mutual settlements for %(period)s between %(seller)s and %(buyer)s, %(contracts)s"
            ) % {
                "period": formats.period(period),
                "seller": seller,
                "buyer": buyer,
                "contracts": _("contracts %(list)s") % {"list": ", ".join(named)}
                if len(named) > 1
                else _("contract %(list)s") % {"list": named[0]},
            },
            "sides": [_("By the data of %(side)s, RUB") % {"side": one} for one in (seller, buyer)],
            "columns": [_("Date"), pgettext("document", "What"), _("Debit"), pgettext("books", "Credit")],
            "opening": [_("Balance on %(day)s") % {"day": formats.day(period.start)}, *_two(-seen.opening_kop)],
            "rows": [
                [formats.numeric_day(one.on), one.what, _number(one.debit_kop), _number(one.credit_kop)]
                for one in seen.entries
            ],
            "turnover": [_("Turnover"), formats.number(seen.debit_kop), formats.number(seen.credit_kop)],
            "closing": [_("Balance on the end of %(day)s") % {"day": formats.day(period.last_day)},
                        *_two(-seen.closing_kop)],
            "conclusion": _conclusion(seen.closing_kop, period.last_day, seller, buyer),
            "signers": [
                {"side": pgettext("act", "Contractor"), "name": seller,
                 "person": _director(spoken)},
                {"side": pgettext("act", "Customer"), "name": buyer, "person": ""},
            ],
            "signature": pgettext("document", "signature"),
            "person": pgettext("document", "name"),
            "stamp": pgettext("document", "Stamp"),
        }  # fmt: skip


def _director(language: str) -> str:
    """Who signs for the operator; who serves no legal entities may have named nobody."""
    requisites = settings.PROFILE.requisites
    return requisites.director.get(language) if requisites is not None else ""


def _of_services(
    seen: statement.Statement,
    contract_id: int,
    period: periods.Period,
    acts: dict[tuple[int, date], Document],
    about: str,
) -> list[Entry]:
    """The month's charges less what came back of them: what an act says, or will say."""
    found = []
    moved = [one for one in seen.lines if one.reason in _SERVICES]
    for first, lines in itertools.groupby(moved, key=lambda one: one.on.replace(day=1)):
        amount_kop = sum(one.amount_kop for one in lines)
        if not amount_kop:
            continue
        month = periods.calendar_month(first)
        act = acts.get((contract_id, first))
        if act is not None and act.total_kop == -amount_kop:
            what = printing.title(act)
        else:
            what = _("Services, %(period)s") % {
                "period": formats.period(periods.Period(max(month.start, period.start), min(month.end, period.end)))
            }
        found.append(_entry(min(month.last_day, period.last_day), f"{what}{about}", amount_kop))
    return found


def _acts(contract_ids: Sequence[int], period: periods.Period) -> dict[tuple[int, date], Document]:
    """The acts that hold, by contract and month."""
    found = Document.objects.filter(
        contract_id__in=contract_ids,
        kind=DocumentKind.ACT,
        month__gte=period.start.replace(day=1),
        month__lt=period.end,
    )
    return {(one.contract_id, one.month): one for one in found.defer("data").order_by("correction")}


def _entry(on: date, what: str, amount_kop: int) -> Entry:
    return Entry(on, what, max(-amount_kop, 0), max(amount_kop, 0))


def _number(amount_kop: int) -> str:
    return formats.number(amount_kop) if amount_kop else ""


def _two(debt_kop: int) -> list[str]:
    """Debit and credit of a balance."""
    return [_number(max(debt_kop, 0)), _number(max(-debt_kop, 0))]


def _conclusion(closing_kop: int, last: date, seller: str, buyer: str) -> str:
    said = {"day": formats.day(last), "sum": money.show(abs(closing_kop)),
            "words": words.of_sum(abs(closing_kop), formats.language())}  # fmt: skip
    if not closing_kop:
        return _("On %(day)s nobody owes anything.") % said
    said["side"] = seller if closing_kop < 0 else buyer
    return _("On %(day)s the debt in favour of %(side)s is %(sum)s (%(words)s).") % said
