"""Make a month's documents of a legal entity: invoice, act, VAT invoice; and correct them.

Each call is a transaction of its own, because its last statement takes the numbers (numbering.py).
"""

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.billing.documents import lines, numbering, queries
from abonent.billing.models import ChargedThrough
from abonent.billing.models_documents import Document, DocumentKind
from abonent.core import alarms, audit, db, periods
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract, CustomerKind, Line

LAYOUT = 1  # of `data`: a later one gets a printer of its own beside this one's
OUTDATED_MONTHS = 12  # how far back make_due looks for months that the ledger has overtaken

log = logging.getLogger(__name__)


class UnableToMakeDocuments(Exception):
    """The message says why, and what to do. Nothing is written, no number is taken."""


class NothingToCorrect(UnableToMakeDocuments):
    """The documents say what the ledger and the requisites say."""


def make_month(contract_id: int, month: date, *, on: date, actor: str) -> list[Document]:
    """Invoice, act and VAT invoice of a contract's month, from its charges less what came back of them.

    A repeat gives what was made: of each kind the last correction. Nothing for a month without charges.

    month: any date of it; it must be over.   on: the operator's date.
    Raises UnableToMakeDocuments.
    """
    period = periods.calendar_month(month)
    with db.atomic():
        contract = _locked(contract_id)
        made = queries.last_of_month(contract_id, period.start)
        if made:
            return made
        _require_closed(period, on)
        vat_rate = settings.PROFILE.vat_rate
        kinds = [kind for kind in DocumentKind if vat_rate != "none" or kind != DocumentKind.VAT_INVOICE]
        composed = _composed(
            contract,
            period,
            kinds,
            vat_rate=vat_rate,
            pay_until=on + timedelta(days=settings.PROFILE.overdue_days),
        )
        if not composed or composed[0].total_kop == 0:
            return []
        audit.record(
            actor=actor,
            action="documents.make",
            subject=f"contract:{contract_id}",
            new={"month": f"{period.start:%Y-%m}", "total_kop": composed[0].total_kop, "kinds": list(kinds)},
        )
        return numbering.take(composed)


def correct(document_id: int, *, on: date, actor: str, why: str) -> list[Document]:
    """Correct all documents of that document's month: they share their lines. The first ones stay as they are.

    What is printed is taken anew from the ledger, the customer and the profile; number, date, VAT rate and the date
    to pay by stay those of the first. A month whose charges all came back is corrected to nothing.

    on: the operator's date of the correction.   why: for the log.
    Raises UnableToMakeDocuments, NothingToCorrect.
    """
    with db.atomic():
        document = Document.objects.filter(id=document_id).first()
        if document is None:
            raise UnableToMakeDocuments(_("There is no document %(id)s.") % {"id": document_id})
        contract = _locked(document.contract_id)
        last = {one.kind: one for one in queries.last_of_month(document.contract_id, document.month)}
        newest = max(last.values(), key=lambda one: one.correction)
        _require_after(newest, on)
        composed = _composed(
            contract,
            periods.calendar_month(document.month),
            [kind for kind in DocumentKind if kind in last],
            vat_rate=newest.data["vat_rate"],
            pay_until=date.fromisoformat(newest.data["pay_until"]),
        )
        if all(one.data == last[one.kind].data for one in composed):
            raise NothingToCorrect(_("The documents of this month are right: there is nothing to correct."))
        audit.record(
            actor=actor,
            action="documents.correct",
            subject=f"contract:{document.contract_id}",
            old={"total_kop": newest.total_kop, "correction": newest.correction},
            new={"month": f"{document.month:%Y-%m}", "total_kop": composed[0].total_kop},
            why=why,
        )
        firsts = {
            one.kind: one
            for one in Document.objects.filter(contract_id=contract.pk, month=document.month, correction=0)
        }
        return [
            numbering.correct(firsts[one.kind], composed=one, correction=newest.correction + 1, corrected_on=on)
            for one in composed
        ]


def make_due(on: date) -> list[Document]:
    """The documents that are due by `on`: of postpaid legal entities, for months that are over and charged.

    Safe twice, and after a kill: what is made is not made again. A contract that cannot be documented raises an alarm
    and stops no other; so does a month whose documents the ledger has overtaken: a person decides on the correction.

    on: the operator's date.   Call it outside a transaction.
    """
    months = queries.closed_months(on)
    made: list[Document] = []
    for due in queries.due(months):
        try:
            made += make_month(due.contract_id, due.month, on=on, actor="system:documents")
        except Exception as error:
            why = str(error) if isinstance(error, UnableToMakeDocuments) else type(error).__name__
            log.exception("contract %s has no documents of %s", due.contract_id, due.month)
            _alarm(f"documents:{due.contract_id}:{due.month:%Y-%m}", f"no documents of {due.month:%Y-%m}: {why}")
    if months:
        for one in queries.outdated(queries.months_before(months[-1], OUTDATED_MONTHS)):
            what = f"the documents of contract {one.contract_id} for {one.month:%Y-%m} want a correction"
            _alarm(f"documents_outdated:{one.document_id}", what)
    return made


def _locked(contract_id: int) -> Contract:
    """The contract, its account locked: nothing is charged or returned while its month is summed."""
    contract = Contract.objects.select_related("customer", "account").filter(id=contract_id).first()
    if contract is None or not hasattr(contract, "account"):
        raise UnableToMakeDocuments(_("There is no contract %(id)s with an account.") % {"id": contract_id})
    if contract.customer.kind != CustomerKind.LEGAL_ENTITY:
        raise UnableToMakeDocuments(
            _("Contract %(number)s is a person's: such documents are made for legal entities.")
            % {"number": contract.number}
        )
    db.lock(Account, [contract.account.pk])
    return contract


def _require_closed(period: periods.Period, on: date) -> None:
    if on < period.end:
        raise UnableToMakeDocuments(
            _("The month is not over: documents can be made from %(day)s.") % {"day": period.end.isoformat()}
        )
    through = ChargedThrough.objects.values_list("on", flat=True).first()
    if through is None or through < period.last_day:
        raise UnableToMakeDocuments(_("The charge run has not finished this month yet: wait for it, then try again."))


def _require_after(newest: Document, on: date) -> None:
    before = newest.corrected_on or newest.issued_on
    if on < before:
        raise UnableToMakeDocuments(
            _("A correction cannot be older than what it corrects, of %(day)s.") % {"day": before.isoformat()}
        )


def _composed(
    contract: Contract,
    period: periods.Period,
    kinds: Sequence[DocumentKind],
    *,
    vat_rate: lines.VatRate,
    pay_until: date,
) -> list[numbering.Composed]:
    """One for each kind, all of the same lines. Dated by the month's last day, when its services were rendered."""
    found = lines.of(lines.of_month(contract.account.pk, period), vat_rate)
    data = {
        "layout": LAYOUT,
        "vat_rate": vat_rate,
        "pay_until": pay_until.isoformat(),
        "seller": _seller(),
        "buyer": _buyer(contract),
        "contract": {"number": contract.number, "signed_on": contract.signed_on.isoformat()},
        "lines": [_line(one) for one in found],
    }
    total_kop, vat_kop = sum(one.amount_kop for one in found), sum(one.vat_kop for one in found)
    return [
        numbering.Composed(contract.pk, kind, period.start, period.last_day, total_kop, vat_kop, data) for kind in kinds
    ]


def _seller() -> dict[str, Any]:
    profile = settings.PROFILE
    if profile.requisites is None:
        raise UnableToMakeDocuments(
            _("The operator's profile has no requisites: fill in the table [requisites] of profile.toml.")
        )
    return {
        "brand": profile.brand,
        "name": profile.legal_name.model_dump(),
        "phone": profile.contacts.support_phone,
        "email": profile.contacts.support_email,
        **profile.requisites.model_dump(),
    }


def _buyer(contract: Contract) -> dict[str, Any]:
    customer = contract.customer
    if not customer.inn:
        raise UnableToMakeDocuments(
            _("%(name)s has no INN: write it down, documents cannot be made without it.") % {"name": customer.full_name}
        )
    address = customer.registered_address or first_place(contract)
    return {"name": customer.full_name, "inn": customer.inn, "kpp": customer.kpp, "address": address}


def first_place(contract: Contract) -> list[str] | None:
    """Where the contract's first line enters, in parts: for who gave no address in the register."""
    found = Line.objects.filter(contract=contract, premises__isnull=False).select_related("premises__building")
    line = found.order_by("id").first()
    if line is None or line.premises is None:
        return None
    one = line.premises.building
    return [one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter, line.premises.flat]


def _line(one: lines.Line) -> dict[str, Any]:
    """As JSON gives it back: dates as text, lists for tuples."""
    return {
        "name": {"ru": one.name_ru, "en": one.name_en},
        "charging": one.charging,
        "price_kop": one.price_kop,
        "discount_kop": one.discount_kop,
        "proration_days": one.proration_days,
        "period": [one.period.start.isoformat(), one.period.end.isoformat()],
        "whole": [one.whole.start.isoformat(), one.whole.end.isoformat()],
        "amount_kop": one.amount_kop,
        "vat_kop": one.vat_kop,
        "charges": [[on.isoformat(), number] for on, number in one.charges],
        "returns": [[on.isoformat(), number] for on, number in one.returns],
    }


def _alarm(key: str, what: str) -> None:
    with db.atomic():
        alarms.raise_alarm(key=key, what=what)
