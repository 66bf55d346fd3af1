"""Report: how fast people are answered, by department and operator, and whether what was promised is kept."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import shape
from abonent.core import clock
from abonent.identity import permissions
from abonent.support import answer_times
from abonent.ui import formats, words


def make(asked: shape.Asked) -> shape.Shown:
    found = answer_times.of(asked.start_at, asked.end_at, zone=clock.zone().key, now=clock.now())
    whole = next(one for one in found if one.by == "all")
    departments, operators = _departments(), answer_times.operators()
    months = [one for one in found if one.by == "month"]
    tables = [
        shape.Table(_("By month"), _heads(_("Month")), [_line(shape.Cell(one.month, "month"), one) for one in months]),
        shape.Table(
            _("By department"),
            _heads(_("Department")),
            [
                _line(shape.Cell(departments.get(one.department, one.department) or _("None")), one)
                for one in found
                if one.by == "department"
            ],
            _line(shape.Cell(_("Total")), whole),
        ),
        shape.Table(
            _("By operator"),
            _heads(_("Operator")),
            [
                _line(shape.Cell(operators.get(one.owner_id) or _("Nobody has taken it")), one)
                for one in found
                if one.by == "operator"
            ],
            _line(shape.Cell(_("Total")), whole),
        ),
    ]
    picture = shape.Picture(
        _("First answers in the promised time, and later, by month"),
        (_("In the promised time"), _("Later")),
        [formats.month_short(one.month) for one in months if one.month],
        [(one.kept, one.broken) for one in months],
        "count",
    )
    said = (
        _("Of chats, questions and letters begun in these days; the company's own notices are not among them. "
          "«Later» is where the promised time was over without an answer; while it is not, a talk counts in neither."),
    )  # fmt: skip
    return shape.Shown(tables, picture, said) if whole.begun else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: the measure; "month", "department", "operator" or "" for all; which one."""
    if len(key) != 3 or key[0] not in answer_times.MEASURES:
        raise shape.NotAFigure
    measure, by, which = key
    narrowed: dict[str, Any] = {}
    days = asked
    if by == "month":
        days = asked._replace(period=asked.of_month(which))
    elif by == "operator" and which.isascii() and which.isdigit() and len(which) < 19:
        narrowed["owner_id"] = int(which)
    elif by == "department":
        narrowed["department"] = which
    elif by:
        raise shape.NotAFigure
    found = answer_times.rows(
        measure, days.start_at, days.end_at, zone=clock.zone().key, now=clock.now(), **narrowed, after=after, most=most
    )
    titles = {"begun": _("Begun"), "answer": _("First answer"), "close": _("Closed"),
              "kept": _("In the promised time"), "broken": _("Later")}  # fmt: skip
    is_time = measure in ("answer", "close")
    return shape.Opened(
        titles[measure],
        found,
        "seconds" if is_time else "count",
        _("Time") if is_time else "",
        _("What"),
        lambda kind: str(words.TALK_KINDS[kind]),
        "talk",
        is_summed=not is_time,
    )


def _heads(first: str) -> tuple[str, ...]:
    return (
        first, _("Begun"), _("First answer, median"), _("90 of 100 within"), _("Closing, median"),
        _("90 of 100 within"), _("In the promised time"), _("Later"),
    )  # fmt: skip


def _line(name: shape.Cell, one: answer_times.Times) -> list[shape.Cell]:
    which = {
        "month": shape.month_key(one.month) if one.month else "", "department": one.department,
        "operator": str(one.owner_id), "all": "",
    }[one.by]  # fmt: skip
    by = "" if one.by == "all" else one.by

    def cell(value: int | None, kind: shape.Kind, measure: str, behind: int) -> shape.Cell:
        return shape.Cell(value, kind, shape.key(measure, by, which) if behind else "")

    return [
        name,
        cell(one.begun, "count", "begun", one.begun),
        cell(one.answer_median, "seconds", "answer", one.answered),
        cell(one.answer_most, "seconds", "answer", one.answered),
        cell(one.close_median, "seconds", "close", one.closed),
        cell(one.close_most, "seconds", "close", one.closed),
        cell(one.kept, "count", "kept", one.kept),
        cell(one.broken, "count", "broken", one.broken),
    ]


def _departments() -> dict[str, str]:
    return {one.key: str(one.name.get(formats.language())) for one in settings.PROFILE.departments}


REPORT = shape.Report(
    "answers", gettext_lazy("Chats and support"), (permissions.VIEW_DESK_REPORTS,), make, rows, usual_months=3
)  # fmt: skip
