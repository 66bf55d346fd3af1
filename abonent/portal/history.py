"""The history of the account by months: lines between two balances, each charge with its arithmetic; a file of it."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.billing import statement
from abonent.core import clock, money, periods
from abonent.ledger.models import Account
from abonent.payments import queries as payments
from abonent.payments import receipts as receipts_of
from abonent.payments.models_earlier import EarlierPayment
from abonent.payments.models_receipts import Receipt
from abonent.portal import scope, screen, words
from abonent.ui import formats

# A cell that begins so is a formula for a spreadsheet, whoever wrote the name it came from.
EARLIER_MOST = 200  # payments of the system before, of a month
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Fact(NamedTuple):
    """A line of a charge's arithmetic: a label and what stands there."""

    label: str
    text: str


class Line(NamedTuple):
    on: date
    what: str
    amount_kop: int
    balance_kop: int
    arithmetic: list[Fact]  # nothing: it was not a charge
    receipt_id: int | None = None  # of a payment that has one


class Looked(NamedTuple):
    """The month that is looked at and its neighbours; None: there is none on that side."""

    month: statement.Statement
    months: list[date]  # the newest first
    earlier: date | None
    later: date | None
    account_id: int


@require_safe
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/history/?month=2026-11."""
    looked = _look(cast(scope.OwnRequest, request))
    month = looked.month.month
    receipts = receipts_of.of_transfers(looked.account_id, first_on=month.start, last_on=month.last_day)
    return render(
        request,
        "portal/history.html",
        {
            "here": "history",
            "looked": looked,
            "statement": looked.month,
            "before": _before(looked),
            "lines": [one for line in reversed(looked.month.lines) for one in reversed(lines_of(line, receipts))],
        },
    )


@require_safe
@scope.signed_in_subscriber
def file(request: HttpRequest) -> HttpResponse:
    """/cabinet/history.csv?month=2026-11: semicolons and a mark of UTF-8, as spreadsheets here expect."""
    own = cast(scope.OwnRequest, request)
    seen = _look(own).month
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(_rows(seen))
    name = f"history-{own.contract.number}-{seen.month.start:%Y-%m}.csv"
    return HttpResponse(
        "\ufeff" + written.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def arithmetic(charge: statement.ChargeRow) -> list[Fact]:
    """Why the charge is what it is, in words: price × days ÷ days of the period, the rounding, the tariff then."""
    explained = statement.explain(charge)
    days = formats.days(charge.period.days)
    return [
        _service_then(charge),
        *_discounted(charge),
        Fact(_("For"), f"{formats.period(*charge.period)} ({days})"),
        Fact(_("Sum"), formula(explained, charge.whole)),
        *_rounding(explained),
    ]


def arithmetic_of_discount(charge: statement.ChargeRow) -> list[Fact]:
    """What the discount took off the charge: the sum without it, less the sum with it."""
    explained = statement.explain(charge)
    sums = (explained.amount_kop + charge.came_off_kop, explained.amount_kop, charge.came_off_kop)
    return [
        *_discounted(charge),
        Fact(_("With the discount"), formula(explained, charge.whole)),
        *_rounding(explained),
        Fact(_("Discount"), "{} − {} = {}".format(*map(money.show, sums))),
    ]


def arithmetic_of_return(returned: statement.ReturnRow) -> list[Fact]:
    """Why so much came back: what was charged, less what the used days cost."""
    charge = returned.charge
    facts = [
        _service_then(charge),
        *_discounted(charge),
        Fact(_("Charged"), f"{money.show(returned.charged_kop)}: {formats.period(*charge.period)}"),
    ]
    if returned.used.days:
        used = formula(statement.explain(charge, returned.used), charge.whole)
        facts.append(Fact(_("Used, %(period)s") % {"period": formats.period(*returned.used)}, used))
    else:
        facts.append(Fact(_("Used"), _("nothing")))
    sums = (money.show(returned.charged_kop), money.show(returned.used_kop), money.show(returned.amount_kop))
    facts.append(Fact(_("Comes back"), "{} − {} = {}".format(*sums)))
    return facts


def formula(explained: statement.Explained, whole: periods.Period) -> str:
    """The arithmetic in one line."""
    said = {
        "price": money.show(explained.price_kop),
        "sum": money.show(explained.amount_kop),
        "days": formats.days(explained.days),
        "of_days": formats.days(explained.of_days),
        "whole": formats.period(*whole),
        "shares": " + ".join(f"{days} ÷ {of_days}" for days, of_days in explained.months),
        "day": str(explained.day),
        "count": str(explained.of_days),
        "upto": money.show(explained.upto_kop),
        "before": money.show(explained.before_kop),
    }
    if explained.how == "day":
        counted = _(
            "%(price)s × %(day)s ÷ %(count)s = %(upto)s by the end of the day, less %(before)s by its beginning"
        )
        return f"{counted % said}: {said['sum']}"
    return {
        "whole": _("a whole period costs exactly its price, %(sum)s"),
        "part": _("%(price)s × %(days)s ÷ %(of_days)s (%(whole)s) = %(sum)s"),
        "months": _("%(price)s × (%(shares)s), each month by its own days = %(sum)s"),
        "thirty": _("%(price)s × %(days)s ÷ 30, every month counted as 30 days = %(sum)s"),
        "each_day": _("a day costs exactly its price, %(sum)s"),
        "once": _("charged once: %(sum)s"),
    }[explained.how] % said


def lines_of(line: statement.Line, receipts: Mapping[tuple[date, int], Receipt] = MappingProxyType({})) -> list[Line]:
    """A line of the ledger in words; a charge with a discount is two: what it would have cost, and what came off."""
    charge, returned = line.charge, line.returned
    if returned is not None:
        facts = {"name": returned.charge.name(formats.language()), "period": formats.period(*returned.unused)}
        text = _("Return for «%(name)s», %(period)s") % facts
        return [Line(line.on, text, line.amount_kop, line.balance_kop, arithmetic_of_return(returned))]
    if charge is None:
        receipt = receipts.get((line.on, line.transfer_id)) if line.transfer_id else None
        what = screen.what_of(line.reason, line.house)
        return [Line(line.on, what, line.amount_kop, line.balance_kop, [], receipt.pk if receipt else None)]
    name, off_kop = charge.name(formats.language()), charge.came_off_kop
    what = f"{name}, {formats.period(*charge.period)}"
    if not off_kop:
        return [Line(line.on, what, line.amount_kop, line.balance_kop, arithmetic(charge))]
    full = arithmetic(charge._replace(discount_kop=0))
    discount = _("Discount for «%(name)s»") % {"name": name}
    return [
        Line(line.on, what, line.amount_kop - off_kop, line.balance_kop - off_kop, full),
        Line(line.on, discount, off_kop, line.balance_kop, arithmetic_of_discount(charge)),
    ]


def _service_then(charge: statement.ChargeRow) -> Fact:
    price = f"{money.show(charge.price_kop)} {words.PER[charge.charging]}"
    return Fact(_("Service then"), f"{charge.name(formats.language())}, {price}")


def _discounted(charge: statement.ChargeRow) -> list[Fact]:
    if not charge.discount_kop:
        return []
    sums = (charge.price_kop, charge.discount_kop, charge.net_kop)
    return [Fact(_("Price with the discount"), "{} − {} = {}".format(*map(money.show, sums)))]


def _rounding(explained: statement.Explained) -> list[Fact]:
    if explained.is_capped:
        return [Fact(_("Rounding"), _("a part never costs more than the whole period"))]
    if not explained.is_rounded:
        return []
    if explained.how == "day":
        return [Fact(_("Rounding"), _("down to a kopeck, so that a month of days is exactly the month's price"))]
    return [Fact(_("Rounding"), _("once, to the nearest kopeck; a half goes up"))]


def _look(own: scope.OwnRequest) -> Looked:
    """The month asked for; this one, where the address names none of the contract's."""
    today = clock.today()
    months = statement.months(own.contract.signed_on, today) or [today.replace(day=1)]
    wanted = _month(own.GET.get("month", ""))
    first = wanted if wanted in months else months[0]
    account_id = Account.objects.values_list("id", flat=True).filter(contract_id=own.contract.id).first()
    seen = None if account_id is None else statement.history(account_id, first)
    if seen is None:
        raise Http404
    at = months.index(first)
    return Looked(
        month=seen,
        months=months,
        earlier=months[at + 1] if at + 1 < len(months) else None,
        later=months[at - 1] if at else None,
        account_id=cast(int, account_id),
    )


def _before(looked: Looked) -> list[EarlierPayment]:
    """What was paid in the system before: beside the ledger, which has it in its opening balance."""
    month = looked.month.month
    first_on = month.start if looked.earlier else None  # in the oldest month whatever is older than the contract too
    return payments.earlier_of(looked.account_id, first_on=first_on, last_on=month.last_day, most=EARLIER_MOST)


def _month(typed: str) -> date | None:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        return None


def _rows(seen: statement.Statement) -> Iterator[list[str]]:
    yield [_("Date"), _("What for"), _("Sum"), _("Balance after")]
    yield [seen.month.start.isoformat(), _("At the beginning of the month"), "", _number(seen.opening_kop)]
    for one in (one for line in seen.lines for one in lines_of(line)):
        yield [one.on.isoformat(), _safe(one.what), _number(one.amount_kop), _number(one.balance_kop)]
    last = seen.month.end - periods.ONE_DAY
    yield [last.isoformat(), _("At the end of the month"), "", _number(seen.closing_kop)]


def _number(amount_kop: int) -> str:
    return money.plain(amount_kop).replace(".", ",")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
