"""A document on paper: from its stored data to PDF, in either language. What is printed depends on nothing else."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from abonent.billing import rules
from abonent.billing.documents import codes, formats, lines, queries, words
from abonent.billing.models_documents import Document, DocumentKind
from abonent.core import documents, money, periods

TEMPLATES = Path(__file__).parent.joinpath("templates")
DASH = formats.EN_DASH
_VAT_COLUMNS = ("1", "1a", "1b", "2", "2a", "3", "4", "5", "6", "7", "8", "9", "10", "10a", "11")
_MONTH_CODE, _PIECE_CODE, _ROUBLE_CODE = "362", "642", "643"  # of the classifiers of units and of currencies


def pdf(document: Document, language: str) -> bytes:
    """language: "ru" (what the law asks for) or "en" (to read).   Raises core.documents.UnableToRender."""
    return documents.render(TEMPLATES.joinpath(f"{document.kind}.typ"), printed(document, language))


def file_name(document: Document) -> str:
    """ "invoice-2026-42.pdf", "act-2026-42-correction-1.pdf"."""
    correction = f"-correction-{document.correction}" if document.correction else ""
    kind = str(document.kind).replace("_", "-")
    return f"{kind}-{document.year}-{document.number}{correction}.pdf"


def printed(document: Document, language: str) -> dict[str, Any]:
    """What the template prints: texts only, ready."""
    with translation.override(language):
        return {**_common(document), **_BY_KIND[DocumentKind(document.kind)](document)}


def title(document: Document) -> str:
    """In the language in force: "Invoice No. 42 of 30 November 2026"."""
    spoken = {"number": document.number, "day": formats.day(document.issued_on)}
    match DocumentKind(document.kind):
        case DocumentKind.INVOICE:
            return _("Invoice No. %(number)s of %(day)s") % spoken
        case DocumentKind.ACT:
            return _("Act of services rendered No. %(number)s of %(day)s") % spoken
        case DocumentKind.VAT_INVOICE:
            return _("VAT invoice No. %(number)s of %(day)s") % spoken


def correction(document: Document) -> str:
    """ "Correction No. 1 of 5 December 2026"; nothing for a first document."""
    if document.corrected_on is None:
        return ""
    spoken = {"number": document.correction, "day": formats.day(document.corrected_on)}
    return _("Correction No. %(number)s of %(day)s") % spoken


def _common(document: Document) -> dict[str, Any]:
    data = document.data
    rows = [row for number, line in enumerate(data["lines"], 1) for row in _rows(number, line)]
    spoken = {"count": len(rows), "sum": money.show(document.total_kop)}
    contract = {"number": data["contract"]["number"], "day": _day(data["contract"]["signed_on"])}
    return {
        "language": formats.language(),
        "issued": document.issued_on.isoformat(),
        "title": title(document),
        "foot": " · ".join(filter(None, [title(document), correction(document)])),
        "correction": correction(document),
        "seller_label": _("Seller"),
        "seller": _party(_said(data["seller"]["name"]), data["seller"], _said(data["seller"]["address"])),
        "buyer_label": _("Buyer"),
        "buyer": _party(data["buyer"]["name"], data["buyer"], _buyer_address(data)),
        "basis_label": pgettext("document", "Basis"),
        "basis": _("Contract No. %(number)s of %(day)s") % contract,
        "columns": [
            pgettext("document", "No."),
            pgettext("document", "Service"),
            pgettext("document", "Quantity"),
            pgettext("document", "Unit"),
            _("Price a month, RUB"),
            _("Sum, RUB"),
        ],
        "rows": rows,
        "totals": [[pgettext("document", "Total"), formats.number(document.total_kop)], _vat_total(document)],
        "counted": ngettext("%(count)s line, %(sum)s in all", "%(count)s lines, %(sum)s in all", len(rows)) % spoken,
        "words": words.of_sum(document.total_kop, formats.language()),
        "vat_words": _vat_words(document),
        "notes": _notes(data),
        "page": formats.page(),
    }


def _invoice(document: Document) -> dict[str, Any]:
    data = document.data
    bank = data["seller"]["bank"]
    with translation.override("ru"):
        purpose = _purpose(document, formats.numeric_day(document.issued_on))
    return {
        "code": codes.to_pay(document, purpose),
        "code_label": _("To pay from a bank's app"),
        "bank": [
            [_("Bank of the payee"), bank["name"]],
            [pgettext("bank", "BIK"), bank["bik"]],
            [_("Correspondent account"), bank["correspondent_account"]],
            [_("Payee"), _said(data["seller"]["name"])],
            [_("INN / KPP"), f"{data['seller']['inn']} / {data['seller']['kpp'] or DASH}"],
            [pgettext("bank", "Account"), bank["account"]],
        ],
        "pay_until": _("Pay by %(day)s.") % {"day": _day(data["pay_until"])},
        "purpose_label": _("Purpose of the payment"),
        "purpose": _purpose(document, formats.day(document.issued_on)),
        "signatures": _signatures(data),
    }


def _purpose(document: Document, day: str) -> str:
    return _("Payment of invoice No. %(number)s of %(day)s, contract No. %(contract)s. %(vat)s") % {
        "number": document.number,
        "day": day,
        "contract": document.data["contract"]["number"],
        "vat": _vat_words(document),
    }


def _act(document: Document) -> dict[str, Any]:
    data = document.data
    return {
        "seller_label": pgettext("act", "Contractor"),
        "buyer_label": pgettext("act", "Customer"),
        "accepted": _(
            "The services above were rendered in full and in time. The customer has no claims to their volume, "
            "quality or terms."
        ),
        "sides": [
            {
                "side": pgettext("act", "Contractor"),
                "name": _said(data["seller"]["name"]),
                "position": _said(data["seller"]["director_position"]),
                "person": _said(data["seller"]["director"]),
            },
            {"side": pgettext("act", "Customer"), "name": data["buyer"]["name"], "position": "", "person": ""},
        ],
        "signature": pgettext("document", "signature"),
        "person": pgettext("document", "name"),
        "stamp": pgettext("document", "Stamp"),
    }


def _vat_invoice(document: Document) -> dict[str, Any]:
    data = document.data
    act = queries.act_of(document)
    shipped = DASH
    if act is not None:
        numbers = "1" if len(data["lines"]) == 1 else f"1{DASH}{len(data['lines'])}"
        shipped = _("Act of services rendered, lines %(numbers)s, No. %(number)s of %(day)s") % {
            "numbers": numbers,
            "number": act.number,
            "day": formats.day(act.issued_on),
        }
        shipped += f" ({correction(act)})" if act.correction else ""
    seller, buyer = data["seller"], data["buyer"]
    return {
        "correction": correction(document) or _("Correction No. %(number)s of %(day)s") % {"number": DASH, "day": DASH},
        "correction_code": f"({_code('1a')})",
        "facts": [
            [_("Seller"), _said(seller["name"]), "2"],
            [_("Address"), _said(seller["address"]), _code("2a")],
            [_("Seller's INN/KPP"), _inn_kpp(seller), _code("2b")],
            [_("Consignor and address"), DASH, "3"],
            [_("Consignee and address"), DASH, "4"],
            [_("To payment document No."), DASH, "5"],
            [_("Document of shipment: name, No."), shipped, _code("5a")],
            [_("Buyer"), buyer["name"], "6"],
            [_("Address"), _buyer_address(data), _code("6a")],
            [_("Buyer's INN/KPP"), _inn_kpp(buyer), _code("6b")],
            [_("Currency: name, code"), _("Russian rouble, %(code)s") % {"code": _ROUBLE_CODE}, "7"],
            [_("Identifier of a state contract (if any)"), DASH, "8"],
        ],
        "columns": [
            pgettext("document", "No."),
            _("Name of goods (description of works done, services rendered), of a property right"),
            _("Code of the kind of goods"),
            [_("Unit of measure"), pgettext("unit", "code"), pgettext("unit", "symbol (national)")],
            _("Quantity (volume)"),
            _("Price (tariff) per unit"),
            _("Cost of goods (works, services), property rights without tax"),
            _("Including excise"),
            _("Tax rate"),
            _("Tax charged to the buyer"),
            _("Cost of goods (works, services), property rights with tax"),
            [_("Country of origin"), pgettext("country", "code"), pgettext("country", "short name")],
            _("Number of the customs declaration"),
        ],
        "column_codes": [_code(one) for one in _VAT_COLUMNS],
        "rows": [_vat_row(number, line, data["vat_rate"]) for number, line in enumerate(data["lines"], 1)],
        "total": [
            _("In all to be paid (9)"),
            formats.number(document.total_kop - document.vat_kop),
            "X",
            formats.number(document.vat_kop),
            formats.number(document.total_kop),
        ],
        "signatures": [
            [_("Head of the organisation or another authorised person"), _said(seller["director"])],
            [_("Chief accountant or another authorised person"), _said(seller["accountant"] or seller["director"])],
        ],
        "signature": pgettext("document", "signature"),
        "person": pgettext("document", "name"),
    }


_BY_KIND: dict[DocumentKind, Callable[[Document], dict[str, Any]]] = {
    DocumentKind.INVOICE: _invoice,
    DocumentKind.ACT: _act,
    DocumentKind.VAT_INVOICE: _vat_invoice,
}


def _rows(number: int, line: dict[str, Any]) -> list[dict[str, str]]:
    """A service, and what its discount took off on a row of its own."""
    off_kop = line.get("discount_kop", 0)
    if not off_kop:
        return [_row(number, line)]
    discount = {
        "number": "",
        "name": _("Discount for «%(name)s»") % {"name": _name(line)},
        "period": formats.period(_period(line["period"])),
        "how": "",
        "quantity": "",
        "unit": "",
        "price": "",
        "amount": formats.number(-off_kop),
    }
    return [_row(number, {**line, "amount_kop": line["amount_kop"] + off_kop}), discount]


def _row(number: int, line: dict[str, Any]) -> dict[str, str]:
    period, whole = _period(line["period"]), _period(line["whole"])
    charging = line["charging"]
    quantity, unit, how = "1", pgettext("unit", "month"), ""
    if charging in (lines.FEE, rules.ONCE):
        unit = pgettext("unit", "piece")
    elif charging in rules.BY_DAYS:
        quantity, unit = str(period.days), pgettext("unit", "days")
        if charging == rules.DAY:
            how = _("charged by the day, %(price)s a month") % {"price": money.show(line["price_kop"])}
    elif period != whole:
        quantity, unit = str(period.days), pgettext("unit", "days")
        how = _part_of(line, period, whole)
    return {
        "number": str(number),
        "name": _name(line),
        "period": formats.period(period),
        "how": how,
        "quantity": quantity,
        "unit": unit,
        "price": formats.number(line["price_kop"]),
        "amount": formats.number(line["amount_kop"]),
    }


def _name(line: dict[str, Any]) -> str:
    if line["charging"] == lines.FEE:
        return _("Fee for a change of the service's terms")
    return _said(line["name"])


def _part_of(line: dict[str, Any], period: periods.Period, whole: periods.Period) -> str:
    """How a part of a period was counted; of one that came back in part, what was left."""
    policy = line.get("proration_days", rules.OF_PERIOD)
    numerator, _of = rules.share(rules.Due(period, whole), policy)
    spoken = {
        "price": money.show(line["price_kop"]),
        "days": formats.days(numerator if policy == rules.THIRTY else period.days),
        "of_days": formats.days(whole.days),
        "shares": " + ".join(f"{days} ÷ {of_days}" for days, of_days in rules.by_months(period)),
    }
    if policy == rules.THIRTY:
        return _("a part of the month: %(price)s × %(days)s ÷ 30, every month counted as 30 days") % spoken
    if policy == rules.OF_CALENDAR_MONTH:
        return _("a part of the month: %(price)s × (%(shares)s), each month by its own days") % spoken
    return _("a part of the month: %(price)s × %(days)s ÷ %(of_days)s") % spoken


def _vat_row(number: int, line: dict[str, Any], vat_rate: int) -> list[str]:
    row = _row(number, line)
    net_kop = line["amount_kop"] - line["vat_kop"]
    off_kop = line.get("discount_kop", 0)  # the law knows no line below zero: the price is said after the discount
    discounted = "\n" + _("with a discount of %(sum)s") % {"sum": money.show(off_kop)} if off_kop else ""
    unit = [DASH] * 4  # a part of a month has no price per unit
    if line["charging"] in (lines.FEE, rules.ONCE):
        unit = [_PIECE_CODE, row["unit"], "1", formats.number(net_kop)]
    elif line["charging"] == rules.MONTH and line["period"] == line["whole"]:
        unit = [_MONTH_CODE, pgettext("unit", "month"), "1", formats.number(net_kop)]
    return [
        row["number"],
        f"{row['name']}\n{row['period']}{discounted}",
        DASH,
        *unit,
        formats.number(net_kop),
        _("without excise"),
        f"{vat_rate}%",
        formats.number(line["vat_kop"]),
        row["amount"],
        DASH,
        DASH,
        DASH,
    ]


def _notes(data: dict[str, Any]) -> list[str]:
    """How the sums were rounded: said on the paper itself."""
    notes = []
    if data["vat_rate"] != "none":
        rate = data["vat_rate"]
        notes.append(
            _(
                "VAT is included in the price and counted in each line: sum × %(rate)s ÷ %(whole)s, rounded once to "
                "the nearest kopeck, a half goes up. The total is the sum of the lines."
            )
            % {"rate": rate, "whole": 100 + rate}
        )
    if any(line["period"] != line["whole"] for line in data["lines"]):
        notes.append(
            _("A part of a month is rounded once to the nearest kopeck, a half goes up; a whole month costs its price.")
        )
    return notes


def _vat_total(document: Document) -> list[str]:
    rate = document.data["vat_rate"]
    if rate == "none":
        return [_("VAT"), _("not charged")]
    return [_("Including VAT %(rate)s%%") % {"rate": rate}, formats.number(document.vat_kop)]


def _vat_words(document: Document) -> str:
    rate = document.data["vat_rate"]
    if rate == "none":
        return _("VAT is not charged.")
    return _("Including VAT %(rate)s%%: %(sum)s.") % {"rate": rate, "sum": money.show(document.vat_kop)}


def _signatures(data: dict[str, Any]) -> list[list[str]]:
    seller = data["seller"]
    found = [[_said(seller["director_position"]), _said(seller["director"])]]
    if seller["accountant"]:
        found.append([_("Chief accountant"), _said(seller["accountant"])])
    return found


def _party(name: str, party: dict[str, Any], address: str) -> str:
    said = [name, _("INN %(inn)s") % party]
    if party["kpp"]:
        said.append(_("KPP %(kpp)s") % party)
    return ", ".join([*said, address] if address != DASH else said)


def _buyer_address(data: dict[str, Any]) -> str:
    address = data["buyer"]["address"]
    if isinstance(address, str):  # as in the register
        return address
    return formats.address(address) if address else DASH


def _inn_kpp(party: dict[str, Any]) -> str:
    return f"{party['inn']}/{party['kpp']}" if party["kpp"] else str(party["inn"])


def _code(code: str) -> str:
    """A row or column of the form that the law gives, by its letters."""
    return code.replace("a", pgettext("letter of a form", "a")).replace("b", pgettext("letter of a form", "b"))


def _said(text: dict[str, str]) -> str:
    return text[formats.language()]


def _day(iso: str) -> str:
    return formats.day(date.fromisoformat(iso))


def _period(isos: list[str]) -> periods.Period:
    return periods.Period(*map(date.fromisoformat, isos))
