"""A cash order on paper: its stored data to PDF. What is printed depends on nothing else."""

from datetime import date
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from abonent.billing.documents import formats, lines, words
from abonent.core import documents
from abonent.payments.models_desk import CashOrder, CashOrderKind

TEMPLATE = Path(__file__).parent.joinpath("templates", "cash_order.typ")


def pdf(order: CashOrder, language: str = "ru") -> bytes:
    """language: "ru" (what the law asks for) or "en" (to read).   Raises core.documents.UnableToRender."""
    return documents.render(TEMPLATE, printed(order, language))


def file_name(order: CashOrder) -> str:
    """ "cash-in-2026-17.pdf"."""
    return f"cash-{order.kind}-{order.year}-{order.number}.pdf"


def printed(order: CashOrder, language: str) -> dict[str, Any]:
    """What the template prints: texts only, ready."""
    with translation.override(language):
        return _in(order) if order.kind == CashOrderKind.IN else _out(order)


def _in(order: CashOrder) -> dict[str, Any]:
    facts = [
        [_("Received from"), order.data["customer"]],
        [pgettext("cash order", "Basis"), _basis(order)],
        [pgettext("cash order", "Sum"), words.of_sum(order.amount_kop, formats.language())],
        [pgettext("cash order", "Including"), _vat(order)],
    ]
    accountant = [_("Chief accountant"), _accountant(order)]
    cashier = [pgettext("cash order", "Received by the cashier"), order.cashier]
    return {
        **_common(order),
        "title": _("Cash receipt order"),
        "form": _("Form KO-1, OKUD 0310001"),
        "facts": facts,
        "signatures": [accountant, cashier],
        "receipt": {
            "title": _("Receipt to cash receipt order No. %(number)s") % {"number": order.number},
            "facts": [*facts, [pgettext("cash order", "Date"), formats.day(order.on)]],
            "signatures": [accountant, [pgettext("cash order", "Cashier"), order.cashier]],
        },
    }


def _out(order: CashOrder) -> dict[str, Any]:
    return {
        **_common(order),
        "title": _("Cash expense order"),
        "form": _("Form KO-2, OKUD 0310002"),
        "facts": [
            [_("Give to"), order.data["customer"]],
            [pgettext("cash order", "Basis"), _why_out(order) % {"basis": _basis(order)}],
            [pgettext("cash order", "Sum"), words.of_sum(order.amount_kop, formats.language())],
        ],
        "signatures": [
            [_("Chief accountant"), _accountant(order)],
            [pgettext("cash order", "Given by the cashier"), order.cashier],
            [pgettext("cash order", "Received, signature"), order.data["customer"]],
        ],
        "receipt": None,
    }


def _common(order: CashOrder) -> dict[str, Any]:
    inn = order.data["inn"]
    name = order.data["operator"][formats.language()]
    return {
        "language": formats.language(),
        "operator": ", ".join([name, _("INN %(inn)s") % {"inn": inn}] if inn else [name]),
        "columns": [pgettext("document", "No."), pgettext("cash order", "Date"), _("Sum, RUB")],
        "number": str(order.number),
        "day": formats.numeric_day(order.on),
        "sum": formats.number(order.amount_kop),
        "stamp": pgettext("document", "Stamp"),
    }


def _basis(order: CashOrder) -> str:
    signed = formats.day(date.fromisoformat(order.data["signed_on"]))
    return _("payment for communication services, contract No. %(number)s of %(day)s") % {
        "number": order.data["contract"],
        "day": signed,
    }


def _why_out(order: CashOrder) -> str:
    if order.reversal_id is not None:
        return _("correction of a mistaken receipt order No. %(number)s, %%(basis)s") % {"number": order.data["order"]}
    if order.payout_id is not None:
        return _("what is left after the contract's end, %(basis)s")
    return _("refund, %(basis)s")


def _vat(order: CashOrder) -> str:
    rate = order.data["vat_rate"]
    if rate == "none":
        return _("VAT is not charged.")
    vat = formats.number(lines.vat_kop(order.amount_kop, rate))
    return _("VAT %(rate)s/%(whole)s: %(sum)s") % {"rate": rate, "whole": 100 + rate, "sum": vat}


def _accountant(order: CashOrder) -> str:
    found = order.data["accountant"]
    return found[formats.language()] if found else ""
