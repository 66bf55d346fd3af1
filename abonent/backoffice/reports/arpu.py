"""Report: what the house earns in a month by a subscriber, by month, by tariff, by segment."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import naming, shape
from abonent.billing import arpu
from abonent.identity import permissions
from abonent.ui import formats


def make(asked: shape.Asked) -> shape.Shown:
    found = arpu.of(asked.period)
    months = [one for one in found if one.by == "month"]
    names = naming.offers()
    tables = [
        _table(_("ARPU by month"), _("Month"), months, lambda one: (shape.Cell(one.month, "month"), ("", "", ""))),
        _table(
            _("ARPU by tariff"),
            _("Tariff"),
            [one for one in found if one.by == "tariff"],
            lambda one: (shape.Cell(names(one.tariff) or _("No tariff")), ("tariff", one.tariff, "")),
        ),
        _table(
            _("ARPU by segment"),
            _("Segment"),
            [one for one in found if one.by == "segment"],
            lambda one: (shape.Cell(naming.segment(one.segment)), ("segment", one.segment, "")),
        ),
    ]
    said = (
        _("ARPU = revenue ÷ subscriber-months. Revenue: charges and fees of the month, less what was returned. "
          "A subscriber-month: a subscriber from whom anything was charged in that month."),
        _("A subscriber counts under the tariff and the segment that he had last in these days."),
    )  # fmt: skip
    picture = shape.Picture(
        _("ARPU by month"), (_("ARPU"),), [formats.month_short(one.month) for one in months if one.month],
        [(one.arpu_kop,) for one in months], "kop",
    )  # fmt: skip
    return shape.Shown(tables, picture, said) if months else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: "tariff", "segment" or "" for all; its code; a month."""
    if len(key) != 3 or key[0] not in ("", "tariff", "segment"):
        raise shape.NotAFigure
    by, code, month = key
    names = naming.offers()
    narrowed = {by: code} if by else {}
    found = arpu.rows(asked.of_month(month), **narrowed, after=after, most=most)
    title = (names(code) or _("No tariff")) if by == "tariff" else naming.segment(code) if by else _("Revenue")
    return shape.Opened(
        title, found, "change", _("Revenue"), _("Tariff"), lambda one: names(one) or _("No tariff"), "contract"
    )


def _table(
    title: str,
    name: str,
    found: Sequence[arpu.Figure],
    named: Callable[[arpu.Figure], tuple[shape.Cell, tuple[str, str, str]]],
) -> shape.Table:
    def line(first: shape.Cell, opens: str, one: arpu.Figure) -> list[shape.Cell]:
        return [
            first,
            shape.Cell(one.kop, "kop", opens),
            shape.Cell(one.charged, "count"),
            shape.Cell(one.arpu_kop, "kop"),
        ]

    lines = []
    for one in found:
        first, (by, code, month) = named(one)
        month = shape.month_key(one.month) if one.month else month
        lines.append(line(first, shape.key(by, code, month), one))
    whole = arpu.Figure("", None, "", "", sum(one.kop for one in found), sum(one.charged for one in found))
    heads = (name, _("Revenue"), _("Subscriber-months"), _("ARPU"))
    return shape.Table(title, heads, lines, line(shape.Cell(_("Total")), shape.key("", "", ""), whole))


REPORT = shape.Report("arpu", gettext_lazy("ARPU"), (permissions.VIEW_REPORTS,), make, rows)
