"""The statement of a contract for any period: every charge with its arithmetic, between two balances of the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from abonent.billing import rules, statement
from abonent.billing.documents import formats
from abonent.core import documents, money, periods
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

MOST_YEARS = 5
MOST_LINES = 5_000  # a hundred pages and more: some seconds
_TEMPLATE = Path(__file__).parent.joinpath("templates", "statement.typ")
# What moved money that was not a charge, by the ledger's reason; a payment by its channel.
_REASONS: dict[str, StrPromise] = {
    "payment": gettext_lazy("Top-up"),
    "charge": gettext_lazy("Charge"),
    "fee": gettext_lazy("Fee"),
    "return": gettext_lazy("Return for a service"),
    "refund": gettext_lazy("Refund of a payment"),
    "bonus": gettext_lazy("Bonus"),
    "reversal": gettext_lazy("Correction"),
    "move": gettext_lazy("Move between contracts"),
    "write_off": gettext_lazy("Write-off"),
    "opening": gettext_lazy("Balance brought over"),
}
_CHANNELS: dict[str | None, StrPromise] = {
    "clearing:yookassa": gettext_lazy("Top-up by card"),
    "clearing:cash": gettext_lazy("Top-up at the cash desk"),
    "clearing:osmp": gettext_lazy("Top-up at a terminal"),
    "clearing:sber": gettext_lazy("Top-up through Sberbank"),
    "clearing:bank": gettext_lazy("Top-up by bank transfer"),
}


class UnableToMakeStatement(Exception):
    """Its text is for the person who asked: what is wrong with the period, and what to do."""


class BadFrom(UnableToMakeStatement):
    """The first day is the one to change."""


class BadTo(UnableToMakeStatement):
    """The last day is the one to change."""


def require_period(first: date, last: date, *, signed_on: date, on: date) -> periods.Period:
    """The period of the days `first` to `last`, both in it; it begins with the contract at the earliest.

    on: the operator's today.   Raises BadFrom, BadTo, with a text in the language in force.
    """
    if last > on:
        raise BadTo(_("The last day has not come yet: take today, %(day)s, at the latest.") % {"day": formats.day(on)})
    if last < signed_on:
        signed = {"day": formats.day(signed_on)}
        raise BadTo(_("The contract is of %(day)s: take this day or a later one.") % signed)
    if first > last:
        raise BadFrom(_("The first day is after the last one: change one of them."))
    end = last + periods.ONE_DAY
    if periods.month(max(first, signed_on), MOST_YEARS * 12) < end:
        raise BadFrom(_("A statement covers 5 years at most: take a later first day."))
    return periods.Period(max(first, signed_on), end)


def pdf(contract_id: int, period: periods.Period, *, on: date, language: str) -> bytes:
    """The statement as PDF. The contract is looked up by the caller through the signed-in user.

    period: of `require_period`.   on: the operator's date it is made.
    Raises UnableToMakeStatement for a contract without an account, BadFrom for more lines than MOST_LINES,
    core.documents.UnableToRender.
    """
    return documents.render(_TEMPLATE, printed(contract_id, period, on=on, language=language))


def file_name(number: str, period: periods.Period) -> str:
    """number: the contract's; it is Latin letters, digits and dashes."""
    return f"statement-{number}-{period.start.isoformat()}-{period.last_day.isoformat()}.pdf"


def printed(contract_id: int, period: periods.Period, *, on: date, language: str) -> dict[str, Any]:
    """What the template prints: texts only, ready."""
    contract = Contract.objects.select_related("customer").get(id=contract_id)
    account_id = Account.objects.values_list("id", flat=True).filter(contract_id=contract_id).first()
    with translation.override(language):
        seen = None if account_id is None else statement.of_period(account_id, period)
        if seen is None:
            raise UnableToMakeStatement(_("This contract has no account."))
        if len(seen.lines) > MOST_LINES:
            raise BadFrom(_("So many lines stand in no statement: take a later first day."))
        return _printed(contract, seen, on)


def arithmetic(charge: statement.ChargeRow, period: periods.Period | None = None) -> str:
    """Why a charge, or some days of it, cost so much, in one sentence of the language in force."""
    explained = statement.explain(charge, period)
    said = {
        "price": money.show(explained.price_kop),
        "sum": money.show(explained.amount_kop),
        "whole": formats.period(charge.whole),
        "days": formats.days(explained.days),
        "of_days": formats.days(explained.of_days),
        "shares": " + ".join(f"{days} ÷ {of_days}" for days, of_days in explained.months),
        "day": str(explained.day),
        "count": str(explained.of_days),
        "upto": money.show(explained.upto_kop),
        "before": money.show(explained.before_kop),
    }
    if explained.how == "day":
        by_day = _("%(price)s × %(day)s ÷ %(count)s = %(upto)s by the end of the day, less %(before)s by its beginning")
        return f"{by_day % said}: {said['sum']}"
    counted = {
        "whole": _("a whole period costs exactly its price, %(sum)s"),
        "part": _("%(price)s × %(days)s ÷ %(of_days)s (%(whole)s) = %(sum)s"),
        "months": _("%(price)s × (%(shares)s), each month by its own days = %(sum)s"),
        "thirty": _("%(price)s × %(days)s ÷ 30, every month counted as 30 days = %(sum)s"),
        "each_day": _("a day costs exactly its price, %(sum)s"),
        "once": _("charged once: %(sum)s"),
    }[explained.how] % said
    if explained.is_capped:
        return ", ".join([counted, _("a part never costs more than the whole period")])
    return ", ".join([counted, _("rounded to a kopeck")] if explained.is_rounded else [counted])


def arithmetic_of_discount(charge: statement.ChargeRow) -> str:
    """What came off: the price less the discount, counted in the same way."""
    said = {
        "price": money.show(charge.price_kop),
        "off": money.show(charge.discount_kop),
        "net": money.show(charge.net_kop),
    }
    return _("%(price)s − %(off)s = %(net)s") % said + "; " + arithmetic(charge)


def arithmetic_of_return(returned: statement.ReturnRow) -> str:
    """Why so much came back: what was charged, less what the used days cost."""
    said = {"charged": money.show(returned.charged_kop), "sum": money.show(returned.amount_kop)}
    if not returned.used.days:
        return _("all of the %(charged)s charged: nothing was used") % said
    said["used"] = arithmetic(returned.charge, returned.used)
    return _("charged %(charged)s, used %(used)s; comes back %(sum)s") % said


def _printed(contract: Contract, seen: statement.Statement, on: date) -> dict[str, Any]:
    profile, spoken = settings.PROFILE, formats.language()
    number = {"number": contract.number}
    return {
        "language": spoken,
        "issued": on.isoformat(),
        "logo": profile.logo_svg,
        "brand": profile.brand,
        "seller": profile.legal_name.get(spoken),
        "help": f"{profile.contacts.support_phone}, {profile.contacts.support_email}",
        "title": _("Statement of the account"),
        "foot": f"{profile.brand}. " + _("Statement of the account, contract No. %(number)s") % number,
        "page": formats.page(),
        "facts": [
            [
                pgettext("statement", "Contract"),
                _("No. %(number)s of %(day)s") % {**number, "day": formats.day(contract.signed_on)},
            ],
            [pgettext("statement", "Customer"), contract.customer.full_name],
            [pgettext("statement", "Period"), formats.period(seen.month)],
            [_("Made on"), formats.day(on)],
        ],
        "sums": [
            [_("At the beginning"), money.show(seen.opening_kop)],
            [_("Came in"), money.show(seen.came_kop, sign=True)],
            [_("Charged"), money.show(-seen.went_kop, sign=True)],
            [_("At the end"), money.show(seen.closing_kop)],
        ],
        "columns": [_("Date"), _("What for"), _("Sum"), _("Balance after")],
        "opening": [formats.numeric_day(seen.month.start), _("At the beginning"), money.show(seen.opening_kop)],
        "rows": [row for line in seen.lines for row in _rows(line)],
        "closing": [formats.numeric_day(seen.month.last_day), _("At the end"), money.show(seen.closing_kop)],
        "nothing": "" if seen.lines else _("Nothing came in and nothing was charged in this period."),
        "note": _note(),
    }


def _note() -> str:
    """How this operator counts."""
    parts = {
        rules.OF_PERIOD: _("A part of it costs price × days ÷ days of the period, rounded once to the nearest kopeck."),
        rules.OF_CALENDAR_MONTH: _(
            "A part of it costs price × days ÷ days of the month, for each month that it touches, rounded once to the "
            "nearest kopeck; never more than the whole."
        ),
        rules.THIRTY: _(
            "A part of it costs price × days ÷ 30, every month counted as 30 days, rounded once to the nearest kopeck; "
            "never more than the whole."
        ),
    }
    return " ".join(
        [
            _("A whole period costs its price."),
            parts[settings.PROFILE.proration_days],
            _(
                "A day charged by the day costs the sum by its end less the sum by its beginning, both rounded down to "
                "a kopeck, so that the days of a month make exactly its price."
            ),
        ]
    )


def _rows(line: statement.Line) -> list[list[str]]:
    """Date, what, how it was counted, sum, balance after it. A discount is a row of its own, after its charge."""
    charge = line.charge
    off_kop = charge.came_off_kop if charge is not None else 0
    if charge is None or not off_kop:
        return [_row(line, *_what(line))]
    before = line._replace(
        amount_kop=line.amount_kop - off_kop,
        balance_kop=line.balance_kop - off_kop,
        charge=charge._replace(discount_kop=0),
    )
    named = _("Discount for «%(name)s»") % {"name": charge.name(formats.language())}
    came_off = line._replace(amount_kop=off_kop)
    return [_row(before, *_what(before)), _row(came_off, named, arithmetic_of_discount(charge))]


def _row(line: statement.Line, what: str, how: str) -> list[str]:
    return [
        formats.numeric_day(line.on),
        what,
        how,
        money.show(line.amount_kop, sign=True),
        money.show(line.balance_kop),
    ]


def _what(line: statement.Line) -> tuple[str, str]:
    """What moved the money, and the arithmetic of it."""
    if line.returned is not None:
        named = {
            "name": line.returned.charge.name(formats.language()),
            "period": formats.period(line.returned.unused),
        }
        return _("Return for «%(name)s», %(period)s") % named, arithmetic_of_return(line.returned)
    if line.charge is not None:
        name = line.charge.name(formats.language())
        return f"{name}, {formats.period(line.charge.period)}", arithmetic(line.charge)
    return what_moved(line), ""


def what_moved(line: statement.Line) -> str:
    """In the language in force: a payment by its channel, the rest by the ledger's reason."""
    is_known = line.reason == "payment" and line.house in _CHANNELS
    return str(_CHANNELS[line.house] if is_known else _REASONS[line.reason])
