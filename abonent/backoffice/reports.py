"""Reports of money: in by channel, charges by service, revenue against deposits; tables, files and their rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen
from abonent.core import clock, periods
from abonent.identity import permissions
from abonent.ledger import turnover
from abonent.ui import sheets, words

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_YEARS = 10
MONTHS = 12  # shown at first
HEIGHT, WIDTH = 160, 1000  # of the picture
CLEARING, REVENUE = "clearing:", "revenue:"


class Sums(NamedTuple):
    """A line of a table."""

    code: str
    name: str
    in_kop: int  # paid in; charged
    back_kop: int  # refunded; returned
    transfers: int

    @property
    def net_kop(self) -> int:
        return self.in_kop - self.back_kop


class Month(NamedTuple):
    month: date
    paid_kop: int  # deposits less refunds
    revenue_kop: int  # charges less returns


class Bar(NamedTuple):
    x: int
    width: int
    y: int
    height: int
    is_revenue: bool


@require_safe
@gate.permitted(permissions.VIEW_REPORTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/reports/?from=2026-01-01&to=2026-12-31, both days in it; `&form=csv` or `xlsx`: a file."""
    period, problem = _period(request)
    lines = turnover.of(period)
    paid, charged, months = _table(lines, CLEARING), _table(lines, REVENUE), _months(lines)
    form = request.GET.get("form", "")
    if form in ("csv", "xlsx"):
        return sheets.answer(_rows(paid, charged, months), name=_file("money", period), form=form)
    context = {
        "here": "staff_reports",
        "first": period.start,
        "last": period.last_day,
        "problem": problem,
        "paid": paid,
        "charged": charged,
        "months": months,
        "bars": _bars(months),
        "width": WIDTH,
        "height": HEIGHT,
        "query": f"from={period.start.isoformat()}&to={period.last_day.isoformat()}",
    }
    return screen.show(request, "backoffice/reports.html", context, status=422 if problem else 200)


@require_safe
@gate.permitted(permissions.VIEW_REPORTS)
def rows(request: gate.StaffRequest, code: str) -> HttpResponse:
    """/staff/reports/<code>/?from=&to=: the transfers a figure is made of."""
    period, _problem = _period(request)
    if not code.startswith((CLEARING, REVENUE)):
        raise Http404
    found = turnover.rows(code, period)
    form = request.GET.get("form", "")
    if form in ("csv", "xlsx"):
        named = [
            (one.on.isoformat(), one.number or "", _reason(one.reason), sheets.Kop(one.amount_kop)) for one in found
        ]
        head = (_("Date"), _("Contract"), _("What"), _("Sum"))
        return sheets.answer([head, *named], name=_file(code.replace(":", "-"), period), form=form)
    context = {
        "here": "staff_reports",
        "name": _name(code),
        "code": code,
        "first": period.start,
        "last": period.last_day,
        "rows": [(one, _reason(one.reason)) for one in found],
        "is_cut": len(found) == turnover.MOST_ROWS,
        "total_kop": sum(one.amount_kop for one in found),
        "query": f"from={period.start.isoformat()}&to={period.last_day.isoformat()}",
    }
    return screen.show(request, "backoffice/report_rows.html", context)


def _period(request: gate.StaffRequest) -> tuple[periods.Period, str]:
    """What was asked for, or the last twelve months; and what is wrong with what was asked for."""
    today = clock.today()
    usual = periods.Period(periods.month(today.replace(day=1), 1 - MONTHS), today + periods.ONE_DAY)
    typed_first, typed_last = request.GET.get("from", "")[:10], request.GET.get("to", "")[:10]
    if not typed_first and not typed_last:
        return usual, ""
    try:
        first, last = date.fromisoformat(typed_first), date.fromisoformat(typed_last)
    except ValueError:
        return usual, _("This is not a day. Write it like 30.11.2026.")
    if not date(2000, 1, 1) <= first <= last < date(3000, 1, 1):
        return usual, _("The last day is before the first. Look at the two days.")
    if (last - first).days > MOST_YEARS * 366:
        return usual, _("Ten years at most at once.")
    return periods.Period(first, last + periods.ONE_DAY), ""


def _table(lines: Sequence[turnover.Line], of: str) -> list[Sums]:
    """By house account; of money in what it gave is the money, of revenue what it took."""
    found: dict[str, Sums] = {}
    for one in lines:
        if one.code.startswith(of):
            before = found.get(one.code, Sums(one.code, _name(one.code), 0, 0, 0))
            in_kop, back_kop = (one.gave_kop, one.took_kop) if of == CLEARING else (one.took_kop, one.gave_kop)
            found[one.code] = before._replace(
                in_kop=before.in_kop + in_kop,
                back_kop=before.back_kop + back_kop,
                transfers=before.transfers + one.transfers,
            )
    return list(found.values())


def _months(lines: Sequence[turnover.Line]) -> list[Month]:
    found: dict[date, Month] = {}
    for one in lines:
        before = found.get(one.month, Month(one.month, 0, 0))
        if one.code.startswith(CLEARING):
            before = before._replace(paid_kop=before.paid_kop + one.gave_kop - one.took_kop)
        elif one.code.startswith(REVENUE):
            before = before._replace(revenue_kop=before.revenue_kop + one.took_kop - one.gave_kop)
        found[one.month] = before
    return [found[month] for month in sorted(found)]


def _bars(months: Sequence[Month]) -> list[Bar]:
    """Two a month: what was paid in, and the revenue."""
    if not months:
        return []
    step = WIDTH // len(months)
    most = max(1, *(max(one.paid_kop, one.revenue_kop) for one in months))
    found = []
    for number, one in enumerate(months):
        for place, kop in enumerate((one.paid_kop, one.revenue_kop)):
            height = max(0, kop) * HEIGHT // most
            width = max(2, step // 2 - 3)
            found.append(Bar(number * step + place * (step // 2) + 1, width, HEIGHT - height, height, place == 1))
    return found


def _rows(paid: list[Sums], charged: list[Sums], months: list[Month]) -> list[Sequence[sheets.Cell]]:
    kop = sheets.Kop
    found: list[Sequence[sheets.Cell]] = [(_("Money in by channel"), _("Paid in"), _("Refunded"), _("Left"))]
    found += [(one.name, kop(one.in_kop), kop(one.back_kop), kop(one.net_kop)) for one in paid]
    found += [(_("Charges by service"), _("Charged"), _("Returned"), _("Revenue"))]
    found += [(one.name, kop(one.in_kop), kop(one.back_kop), kop(one.net_kop)) for one in charged]
    found += [(_("Month"), _("Paid in, less refunds"), _("Revenue"))]
    found += [(one.month.isoformat()[:7], kop(one.paid_kop), kop(one.revenue_kop)) for one in months]
    return found


def _name(code: str) -> str:
    kind = code.partition(":")[2]
    known = {"yookassa": _("Bank cards"), "cash": _("Cash desk"), "osmp": _("Terminals"), "sber": "Sberbank",
             "bank": _("Bank transfers")}  # fmt: skip
    return str(words.KINDS.get(kind) or known.get(kind, kind))


def _reason(reason: str) -> str:
    known = {"payment": _("Payment"), "refund": _("Refund"), "charge": _("Charge"), "return": _("Return"),
             "fee": _("Fee"), "reversal": _("Correction")}  # fmt: skip
    return str(known.get(reason, reason))


def _file(name: str, period: periods.Period) -> str:
    return f"{name}-{period.start.isoformat()}-{period.last_day.isoformat()}"
