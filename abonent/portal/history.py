"""The history of the account by months: lines between two balances, each charge with its arithmetic; a file of it."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.billing import statement
from abonent.core import clock, money, periods
from abonent.ledger.models import Account
from abonent.portal import scope, screen, words
from abonent.ui import formats

# A cell that begins so is a formula for a spreadsheet, whoever wrote the name it came from.
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


class Looked(NamedTuple):
    """The month that is looked at and its neighbours; None: there is none on that side."""

    month: statement.Statement
    months: list[date]  # the newest first
    earlier: date | None
    later: date | None


@require_safe
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/history/?month=2026-11."""
    looked = _look(cast(scope.OwnRequest, request))
    return render(
        request,
        "portal/history.html",
        {
            "here": "history",
            "looked": looked,
            "statement": looked.month,
            "lines": [_line(line) for line in reversed(looked.month.lines)],
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
    spoken = {"price": money.show(explained.price_kop), "sum": money.show(explained.amount_kop)}
    whole = formats.period(*charge.whole)
    facts = [
        Fact(_("Service then"), f"{charge.name(formats.language())}, {spoken['price']} {words.PER[charge.charging]}"),
        Fact(_("For"), f"{formats.period(*charge.period)} ({formats.days(explained.days)})"),
    ]
    if explained.how == "whole":
        facts.append(Fact(_("Sum"), _("a whole period costs exactly its price, %(sum)s") % spoken))
        return facts
    spoken |= {"of_days": formats.days(explained.of_days), "whole": whole}
    if explained.how == "part":
        counted = _("%(price)s × %(days)s ÷ %(of_days)s (%(whole)s) = %(sum)s")
        facts.append(Fact(_("Sum"), counted % (spoken | {"days": formats.days(explained.days)})))
        if explained.is_rounded:
            facts.append(Fact(_("Rounding"), _("once, to the nearest kopeck; a half goes up")))
        return facts
    counted = _("%(price)s × %(day)s ÷ %(count)s = %(upto)s by the end of the day, less %(before)s by its beginning")
    spoken |= {
        "day": str(explained.day),
        "count": str(explained.of_days),
        "upto": money.show(explained.upto_kop),
        "before": money.show(explained.before_kop),
    }
    facts.append(Fact(_("Sum"), f"{counted % spoken}: {spoken['sum']}"))
    if explained.is_rounded:
        facts.append(Fact(_("Rounding"), _("down to a kopeck, so that a month of days is exactly the month's price")))
    return facts


def arithmetic_of_return(returned: statement.ReturnRow) -> list[Fact]:
    """Why so much came back: what was charged, less what the used days cost."""
    charge = returned.charge
    price = f"{money.show(charge.price_kop)} {words.PER[charge.charging]}"
    facts = [
        Fact(_("Service then"), f"{charge.name(formats.language())}, {price}"),
        Fact(_("Charged"), f"{money.show(returned.charged_kop)}: {formats.period(*charge.period)}"),
    ]
    if returned.used.days:
        counted = _("%(price)s × %(days)s ÷ %(of_days)s (%(whole)s) = %(sum)s")
        spoken = {
            "price": money.show(charge.price_kop),
            "days": formats.days(returned.used.days),
            "of_days": formats.days(charge.whole.days),
            "whole": formats.period(*charge.whole),
            "sum": money.show(returned.used_kop),
        }
        facts.append(Fact(_("Used, %(period)s") % {"period": formats.period(*returned.used)}, counted % spoken))
    else:
        facts.append(Fact(_("Used"), _("nothing")))
    sums = (money.show(returned.charged_kop), money.show(returned.used_kop), money.show(returned.amount_kop))
    facts.append(Fact(_("Comes back"), "{} − {} = {}".format(*sums)))
    return facts


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
    )


def _month(typed: str) -> date | None:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        return None


def _line(line: statement.Line) -> Line:
    charge, returned = line.charge, line.returned
    if returned is not None:
        facts = {"name": returned.charge.name(formats.language()), "period": formats.period(*returned.unused)}
        text = _("Return for «%(name)s», %(period)s") % facts
        return Line(line.on, text, line.amount_kop, line.balance_kop, arithmetic_of_return(returned))
    if charge is None:
        return Line(line.on, screen.what_of(line.reason, line.house), line.amount_kop, line.balance_kop, [])
    what = f"{charge.name(formats.language())}, {formats.period(*charge.period)}"
    return Line(line.on, what, line.amount_kop, line.balance_kop, arithmetic(charge))


def _rows(seen: statement.Statement) -> Iterator[list[str]]:
    yield [_("Date"), _("What for"), _("Sum"), _("Balance after")]
    yield [seen.month.start.isoformat(), _("At the beginning of the month"), "", _number(seen.opening_kop)]
    for line in map(_line, seen.lines):
        yield [line.on.isoformat(), _safe(line.what), _number(line.amount_kop), _number(line.balance_kop)]
    last = seen.month.end - periods.ONE_DAY
    yield [last.isoformat(), _("At the end of the month"), "", _number(seen.closing_kop)]


def _number(amount_kop: int) -> str:
    return money.plain(amount_kop).replace(".", ",")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
