"""Report: new, lost and paused subscribers by month."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import shape
from abonent.billing import growth
from abonent.identity import permissions
from abonent.ui import formats


def make(asked: shape.Asked) -> shape.Shown:
    months = growth.of(asked.period)

    def opens(what: str, one: growth.Month) -> str:
        return shape.key(what, shape.month_key(one.month))

    lines = [
        [
            shape.Cell(one.month, "month"),
            shape.Cell(one.new, "count", opens("new", one)),
            shape.Cell(one.lost, "count", opens("lost", one)),
            shape.Cell(one.net, "gain"),
            shape.Cell(one.paused, "count", opens("paused", one)),
            shape.Cell(one.back, "count", opens("back", one)),
            shape.Cell(one.on_pause, "count", opens("on_pause", one)),
            shape.Cell(one.served, "count", opens("served", one)),
        ]
        for one in months
    ]
    net = sum(one.net for one in months)
    whole = [
        shape.Cell(_("Total")),
        shape.Cell(sum(one.new for one in months), "count", shape.key("new", "")),
        shape.Cell(sum(one.lost for one in months), "count", shape.key("lost", "")),
        shape.Cell(net, "gain"),
        shape.Cell(sum(one.paused for one in months), "count", shape.key("paused", "")),
        shape.Cell(sum(one.back for one in months), "count", shape.key("back", "")),
        shape.Cell(months[-1].on_pause, "count", shape.key("on_pause", "")),
        shape.Cell(months[-1].served, "count", shape.key("served", "")),
    ]
    names = _names()
    heads = (_("Month"), names["new"], names["lost"], _("Net"), names["paused"], names["back"], names["on_pause"],
             names["served"])  # fmt: skip
    table = shape.Table(_("New, lost and paused"), heads, lines, whole)
    picture = shape.Picture(
        _("New and lost, by month"),
        (names["new"], names["lost"]),
        [formats.month_short(one.month) for one in months],
        [(one.new, -one.lost) for one in months],
        "count",
    )
    said = (
        _("A subscriber is a contract: new on the day it is signed, lost on the first day without service."),
        _("The last two columns are of the last day of each month, or of the last day you chose."),
    )
    return shape.Shown((table,), picture, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: what of growth.EVENTS or STOCKS; a month."""
    if len(key) != 2 or key[0] not in growth.EVENTS + growth.STOCKS:
        raise shape.NotAFigure
    what, month = key
    found = growth.rows(what, asked.of_month(month), after=after, most=most)
    return shape.Opened(_names()[what], found, "count", "", "", str, "contract")


def _names() -> dict[str, str]:
    return {
        "new": _("New ones"), "lost": _("Lost"), "paused": _("Went on a pause"), "back": _("Back from a pause"),
        "on_pause": _("On a pause"), "served": _("Contracts"),
    }  # fmt: skip


REPORT = shape.Report(
    "growth", gettext_lazy("New and lost"), (permissions.VIEW_SUBSCRIBERS_REPORTS,), make, rows
)  # fmt: skip
