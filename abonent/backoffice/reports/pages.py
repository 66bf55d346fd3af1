"""Pages of reports: any period, tables and a picture, files, and each figure opened to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen
from abonent.backoffice.reports import answers, arpu, debt, funnel, growth, money, movement, shape, traffic
from abonent.core import clock, figures, periods
from abonent.identity import permissions
from abonent.ui import amounts, bars, sheets

REPORTS = (
    money.REPORT, debt.REPORT, arpu.REPORT, growth.REPORT, movement.REPORT, funnel.REPORT, answers.REPORT,
    traffic.REPORT,
)  # fmt: skip
ANY_OF = tuple(dict.fromkeys(permission for one in REPORTS for permission in one.any_of))
MOST_YEARS = 10
FORMS = ("csv", "xlsx")
MOST_ID = 2**63 - 1
LINKS = {
    "contract": ("staff_contract", permissions.VIEW_SUBSCRIBERS),
    "request": ("staff_request", permissions.HANDLE_REQUESTS),
    "talk": ("staff_talk", permissions.ANSWER_MESSAGES),
}
# The least step of a picture's scale.
_STEPS: dict[shape.Kind, int] = {"kop": 100, "change": 100, "octets": 10**6, "seconds": 60}


@require_safe
@gate.permitted(*ANY_OF)
def first(request: gate.StaffRequest) -> HttpResponse:
    """/staff/reports/: the first of them that the role may open."""
    found = next(one for one in REPORTS if _may(request, one))
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse(f"staff_report_{found.name}") + (f"?{query}" if query else ""))


def urlpatterns() -> list[URLPattern]:
    """Two addresses a report: its page, and the rows of its figures."""
    found = []
    for one in REPORTS:
        here = f"staff/reports/{one.name}/"
        found.append(path(here, _page(one), name=f"staff_report_{one.name}"))
        found.append(path(f"{here}rows/", _rows(one), name=f"staff_report_{one.name}_rows"))
    return found


def _page(report: shape.Report) -> gate.View:
    @require_safe
    @gate.permitted(*report.any_of)
    def page(request: gate.StaffRequest) -> HttpResponse:
        """?from=2026-01-01&to=2026-12-31, both days in it (as of a day: ?to=); `&form=csv` or `xlsx`: a file."""
        asked, problem = _asked(request, report)
        try:
            with figures.patiently():
                shown = report.make(asked)
        except figures.TooMuch:
            shown, problem = shape.Shown((), None, ()), _too_much()
        form = request.GET.get("form", "")
        if form in FORMS and not problem:
            return sheets.answer(_lines(shown.tables), name=_file(report, asked), form=form)
        context = _context(request, report, asked) | {
            "shown": shown,
            "problem": problem,
            "drawing": _drawing(shown.picture),
            "lanes": _lanes(shown.picture),
            "may_open": set(report.rows_need) <= request.granted,
        }
        return screen.show(request, "backoffice/report.html", context, status=422 if problem else 200)

    return page


def _rows(report: shape.Report) -> gate.View:
    @require_safe
    @gate.permitted(*report.any_of)
    def rows(request: gate.StaffRequest) -> HttpResponse:
        """?from=&to=&of=<key>: what a figure is made of, a page after another by `after`; `&form=` a file."""
        if not set(report.rows_need) <= request.granted:
            return gate.refuse(request, report.rows_need)
        asked, problem = _asked(request, report)
        key, form = request.GET.get("of", "")[:200], request.GET.get("form", "")
        if not key:
            return HttpResponseRedirect(reverse(f"staff_report_{report.name}"))
        is_file = form in FORMS and not problem
        try:
            with figures.patiently():
                most = shape.ROWS_IN_A_FILE if is_file else figures.PAGE
                opened = report.rows(asked, key.split(shape.SEPARATOR), 0 if is_file else _after(request), most)
        except shape.NotAFigure:
            raise Http404 from None
        except figures.TooMuch:
            context = _context(request, report, asked) | {"opened": None, "problem": _too_much()}
            return screen.show(request, "backoffice/report_rows.html", context, status=422)
        if is_file and not opened.page.has_more:
            return sheets.answer(_opened_lines(opened), name=f"{_file(report, asked)}-rows", form=form)
        if is_file:
            problem = _("A file holds %(most)s rows at most: choose fewer days.") % {
                "most": amounts.count(shape.ROWS_IN_A_FILE)
            }
        address, needed = LINKS[opened.link]
        shown_rows = opened.page.rows[: figures.PAGE]
        context = _context(request, report, asked) | {
            "opened": opened,
            "problem": problem,
            "rows": [(one, opened.about(one.about), shape.Cell(one.amount, opened.kind)) for one in shown_rows],
            "sums": _sums(opened),
            "link": address if gate.may(request, needed) else "",
            "is_ours": opened.link != "contract",  # its number is a number of ours, not of a contract
            "of": urlencode({"of": key}),
            "after": shown_rows[-1].id if opened.page.has_more and shown_rows else None,
        }
        return screen.show(request, "backoffice/report_rows.html", context, status=422 if problem else 200)

    return rows


def _may(request: gate.StaffRequest, report: shape.Report) -> bool:
    return any(gate.may(request, one) for one in report.any_of)


def _context(request: gate.StaffRequest, report: shape.Report, asked: shape.Asked) -> dict[str, Any]:
    start, last = asked.period.start, asked.period.last_day
    query = {"to": last.isoformat()} if report.is_as_of else {"from": start.isoformat(), "to": last.isoformat()}
    return {
        "here": "staff_reports",
        "report": report,
        "address": f"staff_report_{report.name}",
        "others": [(one.title, f"staff_report_{one.name}", one is report) for one in REPORTS if _may(request, one)],
        "first": start,
        "last": last,
        "query": urlencode(query),
    }


def _asked(request: gate.StaffRequest, report: shape.Report) -> tuple[shape.Asked, str]:
    """What was asked for, or the usual months; and what is wrong with what was asked for."""
    today = clock.today()
    begins = today if report.is_as_of else periods.month(today.replace(day=1), 1 - report.usual_months)
    usual = shape.Asked(periods.Period(begins, today + periods.ONE_DAY), request.granted)
    typed_first, typed_last = request.GET.get("from", "")[:10], request.GET.get("to", "")[:10]
    if report.is_as_of:
        typed_first = typed_last
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
    return usual._replace(period=periods.Period(first, last + periods.ONE_DAY)), ""


def _after(request: gate.StaffRequest) -> int:
    typed = request.GET.get("after", "")
    return min(int(typed), MOST_ID) if typed.isascii() and typed.isdigit() and len(typed) < 20 else 0


def _too_much() -> str:
    return _("There is too much in these days to count it at once: choose fewer days.")


def _drawing(picture: shape.Picture | shape.Lanes | None) -> bars.Drawing | None:
    if not isinstance(picture, shape.Picture):
        return None
    return bars.draw(
        picture.groups, picture.labels, unit=_STEPS.get(picture.kind, 1), shown=lambda one: _tick(one, picture.kind)
    )


def _lanes(picture: shape.Picture | shape.Lanes | None) -> list[bars.Lane]:
    if not isinstance(picture, shape.Lanes):
        return []
    return bars.lanes(picture.lanes, lambda one: shape.Cell(one, picture.kind).text)


def _tick(value: int, kind: shape.Kind) -> str:
    """Of the scale: whole roubles."""
    return amounts.count(value // 100) if kind == "kop" else shape.Cell(value, kind).text


def _sums(opened: shape.Opened) -> list[tuple[str, str]]:
    """What the rows come to: the figure that was opened."""
    page = opened.page
    found = [(_("Rows"), amounts.count(page.number))]
    if opened.kind == "count" or page.median is None or page.most is None:
        return found
    if opened.is_summed:
        return [*found, (_("Total"), shape.Cell(page.total, "kop" if opened.kind == "change" else opened.kind).text)]
    half, most = shape.Cell(page.median, opened.kind).text, shape.Cell(page.most, opened.kind).text
    return [*found, (_("Median"), half), (_("90 of 100 within"), most)]


def _lines(tables: Sequence[shape.Table]) -> list[Sequence[sheets.Cell]]:
    found: list[Sequence[sheets.Cell]] = []
    for one in tables:
        found += [*one.in_file(), []]
    return found[:-1]


def _opened_lines(opened: shape.Opened) -> list[Sequence[sheets.Cell]]:
    heads = [_("Date"), _("Number"), opened.about_name, opened.amount_name]
    lines = [
        [
            shape.Cell(one.on, "day"),
            shape.Cell(one.number or ""),
            shape.Cell(opened.about(one.about) if opened.about_name else ""),
            shape.Cell(one.amount, opened.kind),
        ]
        for one in opened.page.rows
    ]
    return shape.Table(opened.title, heads, lines).in_file()


def _file(report: shape.Report, asked: shape.Asked) -> str:
    start, last = asked.period.start, asked.period.last_day
    days = last.isoformat() if report.is_as_of else f"{start.isoformat()}-{last.isoformat()}"
    return f"{report.name}-{days}"
