"""The letter to a debtor: what he owes, since when, by when to pay, and what follows. From kept data to PDF.

What it says is kept with the step (billing/debts.py), so that it prints the same for ever; many are one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from abonent.billing.documents import formats, invoices, words
from abonent.core import documents, money
from abonent.subscribers.models import Contract

if TYPE_CHECKING:
    from abonent.billing.debts import Debtor
    from abonent.billing.models import DebtStep

_TEMPLATE = Path(__file__).parent.joinpath("templates", "demand.typ")


def data_of(debtor: Debtor, *, on: date) -> dict[str, Any]:
    """What a letter of this day says. JSON."""
    contract = Contract.objects.select_related("customer").get(id=debtor.contract_id)
    profile = settings.PROFILE
    requisites = profile.requisites
    policy = profile.debts
    ends_on = on + timedelta(days=policy.contract_end.days - policy.letter.days)
    return {
        "seller": {
            "name": profile.legal_name.model_dump(),
            "phone": profile.contacts.support_phone,
            **({} if requisites is None else requisites.model_dump()),
        },
        "customer": contract.customer.full_name,
        "address": invoices.first_place(contract) or contract.customer.registered_address,
        "contract": {"number": contract.number, "signed_on": contract.signed_on.isoformat()},
        "owed_kop": debtor.owed_kop,
        "began_on": debtor.began_on.isoformat(),
        "on": on.isoformat(),
        "pay_until": (on + timedelta(days=policy.pay_days)).isoformat(),
        "ends_on": ends_on.isoformat(),
    }


def pdf(letters: Sequence[DebtStep], language: str) -> bytes:
    """A letter a page, in one file.   Raises core.documents.UnableToRender."""
    with translation.override(language):
        said = {
            "language": formats.language(),
            "issued": str(letters[0].data["on"]),
            "letters": [_said(one) for one in letters],
        }
    return documents.render(_TEMPLATE, said)


def file_name(letters: Sequence[DebtStep]) -> str:
    if len(letters) == 1:
        return f"demand-{letters[0].pk}.pdf"
    return f"demands-{letters[0].pk}-{letters[-1].pk}.pdf"


def _said(step: DebtStep) -> dict[str, Any]:
    data = step.data
    facts = {
        "number": step.pk,
        "day": _day(data["on"]),
        "contract": data["contract"]["number"],
        "signed": _day(data["contract"]["signed_on"]),
        "sum": money.show(data["owed_kop"]),
        "words": words.of_sum(data["owed_kop"], formats.language()),
        "since": _day(data["began_on"]),
        "pay_until": _day(data["pay_until"]),
        "ends": _day(data["ends_on"]),
        "phone": data["seller"]["phone"],
    }
    return {
        "title": _("Demand No. %(number)s of %(day)s") % facts,
        "subject": _("to pay a debt under contract No. %(contract)s of %(signed)s") % facts,
        "from": _seller(data["seller"]),
        "to": [data["customer"], *_address(data["address"])],
        "paragraphs": [
            _("Since %(since)s your account under contract No. %(contract)s has been in debt.") % facts,
            _("On %(day)s the debt is %(sum)s (%(words)s).") % facts,
            _("Please pay it by %(pay_until)s.") % facts,
            _(
                "If the debt is not paid, the contract may be ended from %(ends)s, and the debt claimed in court, with "
                "the costs of the court and the interest that the law provides."
            )
            % facts,
            _("If you have paid already, or do not agree with the sum, call %(phone)s.") % facts,
        ],
        "pay_title": _("How to pay"),
        "pay": _ways(data),
        "signature": pgettext("document", "signature"),
        "position": _text(data["seller"].get("director_position")),
        "person": _text(data["seller"].get("director")),
    }


def _ways(data: dict[str, Any]) -> list[list[str]]:
    seller = data["seller"]
    ways = [[_("In your account"), f"{settings.PUBLIC_URL}/cabinet/pay/"]]
    bank = seller.get("bank")
    if bank:
        payee = f"{_text(seller['name'])}, {_('INN')} {seller['inn']}"
        ways += [
            [_("Payee"), payee],
            [
                pgettext("bank", "Account"),
                f"{bank['account']}, {bank['name']}, {pgettext('bank', 'BIK')} {bank['bik']}",
            ],
            [_("Purpose"), _("Payment under contract No. %(number)s") % {"number": data["contract"]["number"]}],
        ]
    return ways


def _seller(seller: dict[str, Any]) -> list[str]:
    lines = [_text(seller["name"])]
    if "inn" in seller:
        lines += [f"{_('INN')} {seller['inn']}", _text(seller["address"])]
    return [*lines, seller["phone"]]


def _address(said: Sequence[str] | str) -> list[str]:
    if not said:
        return []
    return [said if isinstance(said, str) else formats.address(said)]


def _text(said: dict[str, str] | None) -> str:
    return "" if said is None else said[formats.language()]


def _day(text: str) -> str:
    return formats.day(date.fromisoformat(text))
