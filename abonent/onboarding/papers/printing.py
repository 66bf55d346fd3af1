"""The papers of a contract, from what was kept at its signing to PDF. What is printed depends on nothing else.

The letter alone holds a password: it is handed in by who has just seen it, and kept nowhere.
"""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from abonent.billing.documents import formats
from abonent.core import documents, money
from abonent.subscribers import contacts

TEMPLATES = Path(__file__).parent.joinpath("templates")
KINDS = ("contract", "act")


def pdf(kind: str, data: dict[str, Any], language: str) -> bytes:
    """kind: of KINDS.   data: of a ContractPaper.   language: "ru", "en".   Raises core.documents.UnableToRender."""
    with translation.override(language):
        said = _contract(data) if kind == "contract" else _act(data)
    return documents.render(TEMPLATES.joinpath(f"{kind}.typ"), said)


def letter(data: dict[str, Any], password: str | None, language: str) -> bytes:
    """A page of its own, folded in three.   password: None: a further contract, the customer's own stays.

    data: of a ContractPaper, or of flows.issue_letter.paper: one who signed long ago.

    Raises core.documents.UnableToRender.
    """
    with translation.override(language):
        said = _letter(data, password)
    return documents.render(TEMPLATES.joinpath("letter.typ"), said)


def _common(data: dict[str, Any], title: str) -> dict[str, Any]:
    number = {"number": data["number"], "day": _day(data["signed_on"])}
    return {
        "language": formats.language(),
        "issued": data["signed_on"],
        "title": title,
        "brand": data["seller"]["brand"],
        "basis": _("Contract No. %(number)s of %(day)s") % number,
        "page": formats.page(),
        "foot": f"{title} · {data['seller']['brand']}",
        "signatures": [
            [_("Operator"), _said(data["seller"]["name"]), *_director(data)],
            [_("Subscriber"), data["buyer"]["name"], data["buyer"]["represented_by"], ""],
        ],
        "signature": pgettext("document", "signature"),
    }


def _contract(data: dict[str, Any]) -> dict[str, Any]:
    spoken = {"number": data["number"], "day": _day(data["signed_on"])}
    title = _("Contract for communication services No. %(number)s") % spoken
    return {
        **_common(data, title),
        "day": spoken["day"],
        "parties": _parties(data),
        "columns": [_("Service"), _("Terms"), _("Price")],
        "services": [_service(one) for one in data["services"]],
        "sections": _sections(data),
        "sides": [
            [_("Operator"), _seller_lines(data)],
            [_("Subscriber"), _buyer_lines(data)],
        ],
    }


def _act(data: dict[str, Any]) -> dict[str, Any]:
    spoken = {"number": data["number"], "day": _day(data["signed_on"])}
    visit = data["visit"]
    facts = [
        [_("Address of the line"), _where(data)],
        [_("Subscriber"), data["buyer"]["name"]],
        [_("Basis"), _("Contract No. %(number)s of %(day)s") % spoken],
    ]
    if data["line"]["technology"]:
        facts.append([_("Technology"), data["line"]["technology"].upper()])
    if visit:
        facts.append([_("Work done on"), _day(visit["on"])])
    if visit and visit["report"]:
        facts.append([_("What was done"), visit["report"]])
    return {
        **_common(data, _("Act of connection to the network")),
        "day": spoken["day"],
        "facts": facts,
        "columns": [pgettext("document", "No."), _("Equipment"), "MAC", _("Serial number")],
        "equipment": [
            [str(n), str(_equipment(one["kind"])), one["mac"] or formats.EN_DASH, one["serial"] or formats.EN_DASH]
            for n, one in enumerate(data["equipment"], 1)
        ],
        "no_equipment": _("No equipment was left."),
        "accepted": [
            _("The line is laid to the premises, connected and checked in the presence of the subscriber."),
            _("The equipment above was handed over in working order. The parties have no claims to one another."),
        ],
    }


def _letter(data: dict[str, Any], password: str | None) -> dict[str, Any]:
    site = settings.PUBLIC_URL.removeprefix("https://").removeprefix("http://")
    support = settings.PROFILE.contacts
    steps = [_("Open %(site)s/login/ and type the contract's number and the password.") % {"site": site}]
    if not data.get("again"):
        steps.append(
            _("Top up the account by %(sum)s: the access opens by itself.")
            % {"sum": money.show(data["first_top_up_kop"])}
            if data["first_top_up_kop"]
            else _("Top up the account: the access opens by itself.")
        )
    if password is not None and settings.PROFILE.password_must_change:
        steps.insert(1, _("The site asks for a password of your own at once: this one ends then."))
    return {
        "language": formats.language(),
        "issued": data["signed_on"],
        "title": _("A new password for your account") if data.get("again") else _("Your access to the account"),
        "brand": data["seller"]["brand"],
        "to": data["buyer"]["name"],
        "where": _where(data),
        "number_label": _("Contract and login"),
        "number": data["number"],
        "password_label": _("Password"),
        "password": password or "",
        "stays": ""
        if password is not None
        else _("The password is the one you sign in with already: it stays. One sign-in opens all your contracts."),
        "steps_label": _("What to do"),
        "steps": steps,
        "secret": _("Do not show this page to anybody. Our staff never ask for the password."),
        "help": _("Help: %(phone)s, %(hours)s")
        % {"phone": support.support_phone, "hours": support.support_hours.get(formats.language())},
        "fold": _("fold here"),
    }


def _sections(data: dict[str, Any]) -> list[list[Any]]:
    credit_kop = data.get("credit_limit_kop", 0)  # papers signed before have none
    spoken = {
        "sum": money.show(data["first_top_up_kop"]),
        "where": _where(data),
        "brand": data["seller"]["brand"],
        "site": settings.PUBLIC_URL,
        "credit": money.show(credit_kop),
        "days": data.get("overdue_days", 0),
    }
    on_credit = _(
        "The balance may go below zero by %(credit)s; an invoice not paid within %(days)s days ends that until it is."
    )
    begins = (
        _("The access opens at once: the services are paid afterwards, by the invoice of each month.")
        if credit_kop
        else _("The access opens when payments since the signing reach %(sum)s.")
        if data["first_top_up_kop"]
        else _("The access opens with the first payment that covers a charge.")
    )
    charged = (
        _("Charges are made in advance: from the first day of each calendar month, the first month in part.")
        if data["billing_cycle"] == "calendar"
        else _("Charges are made in advance: a month from the day of activation, and so on from that day.")
    )
    sections: list[tuple[str, list[str]]] = [
        (
            _("Subject"),
            [
                _("Services are given by the line at %(where)s; the subscriber pays for them."),
                _("The operator's public offer and tariffs, published on its site, are a part of this contract."),
            ],
        ),
        (
            _("Payment"),
            [
                begins,
                charged,
                _("A service charged by the day costs its share of the month for each day it works."),
                _("A service that the balance does not cover is suspended and costs nothing until it is resumed."),
                *([on_credit] if credit_kop else []),
            ],
        ),
        (
            _("Rights and duties"),
            [
                _("The operator keeps the services working round the clock, but for works announced in advance."),
                _("The subscriber keeps the password secret and gives the line to nobody for money."),
                _("Equipment that belongs to the operator is returned at the end of the contract in working order."),
                _("The subscriber may change the tariff, pause and end services in the account on the site."),
            ],
        ),
        (
            _("Personal data"),
            [
                _("The operator keeps the data named here to perform this contract and as long as the law demands."),
                _("Messages other than about the services are sent only with a consent of their own."),
            ],
        ),
        (
            _("Term and end"),
            [
                _("The contract is in force from its signing, without a term."),
                _("The subscriber may end it on any day; money not spent is returned."),
                _("Disputes are settled by claims within the law's terms, then by a court."),
            ],
        ),
    ]
    return [[title, [text % spoken for text in texts]] for title, texts in sections]


def _parties(data: dict[str, Any]) -> str:
    buyer = data["buyer"]
    spoken = {
        "operator": _said(data["seller"]["name"]),
        "buyer": buyer["name"],
        "by": f", {buyer['represented_by']}" if buyer["represented_by"] else "",
    }
    return _("%(operator)s (the operator) and %(buyer)s%(by)s (the subscriber) have concluded this contract.") % spoken


def _service(one: dict[str, Any]) -> list[str]:
    per = {
        "month": _("a month"),
        "day": _("a month, charged by the day"),
        "per_day": _("a day"),
        "once": _("once"),
    }[one["charging"]]
    terms = []
    if one["down_mbps"]:
        terms.append(_("up to %(speed)s Mbit/s") % {"speed": one["down_mbps"]})
    if one["channels"]:
        terms.append(_("channels: %(count)s") % {"count": one["channels"]})
    return [_said(one["name"]), ", ".join(terms) or formats.EN_DASH, f"{money.show(one['price_kop'])} {per}"]


def _seller_lines(data: dict[str, Any]) -> list[str]:
    given = data["seller"]["requisites"]
    if given is None:
        return [_said(data["seller"]["name"])]
    bank = given["bank"]
    inn = _("INN %(inn)s") % given + (f", {_('KPP %(kpp)s') % given}" if given["kpp"] else "")
    return [
        _said(data["seller"]["name"]),
        inn,
        _("OGRN %(ogrn)s") % given,
        _said(given["address"]),
        bank["name"],
        _("BIK %(bik)s, account %(account)s") % bank,
        _("correspondent account %(correspondent_account)s") % bank,
    ]


def _buyer_lines(data: dict[str, Any]) -> list[str]:
    buyer = data["buyer"]
    lines = [buyer["name"]]
    document = buyer["document"]
    if document:
        lines.append(_("born %(day)s") % {"day": _day(document["birth_date"])})
        shown = document["number"]
        if document["kind"] == "passport":
            shown = f"{shown[:2]} {shown[2:4]} {shown[4:]}"
        lines.append(_document(document["kind"]) % {"number": shown})
        lines.append(
            _("issued by %(by)s on %(day)s") % {"by": document["issued_by"], "day": _day(document["issued_on"])}
        )
    if buyer["inn"]:
        lines.append(_("INN %(inn)s") % buyer + (f", {_('KPP %(kpp)s') % buyer}" if buyer["kpp"] else ""))
    if buyer["registered_address"]:
        lines.append(_("registered: %(address)s") % {"address": buyer["registered_address"]})
    lines.append(_("phone %(phone)s") % {"phone": contacts.show_phone(buyer["phone"])})
    if buyer["email"]:
        lines.append(buyer["email"])
    return lines


def _document(kind: str) -> str:
    return {
        "passport": _("passport %(number)s"),
        "foreign": _("foreign passport %(number)s"),
        "residence": _("residence permit %(number)s"),
    }[kind]


def _equipment(kind: str) -> str:
    return {
        "router": _("Router"),
        "ont": _("Optical terminal"),
        "stb": _("Set-top box"),
        "camera": _("Camera"),
        "other": pgettext("equipment", "Other"),
    }[kind]


def _director(data: dict[str, Any]) -> list[str]:
    given = data["seller"]["requisites"]
    return [_said(given["director_position"]), _said(given["director"])] if given else ["", ""]


def _where(data: dict[str, Any]) -> str:
    line = data["line"]
    place = formats.address([line["settlement"], *line["address"], line["flat"]])
    return f"{place}, {_('entrance %(entrance)s') % line}" if line["entrance"] else place


def _said(text: dict[str, str]) -> str:
    return text[formats.language()]


def _day(iso: str) -> str:
    return formats.day(date.fromisoformat(iso))
