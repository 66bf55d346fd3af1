"""Report: traffic by day and by tariff; who has most, for those who may see the network and subscribers."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import naming, shape
from abonent.identity import permissions
from abonent.network import traffic_totals
from abonent.ui import formats

WHOSE = (permissions.VIEW_NETWORK, permissions.VIEW_SUBSCRIBERS)


def make(asked: shape.Asked) -> shape.Shown:
    names = naming.offers()
    days = traffic_totals.by_day(asked.period)
    by_day = _table(
        _("Traffic by day"),
        _("Day"),
        [(shape.Cell(one.on, "day"), "day", one.on.isoformat(), one) for one in days],
    )
    tariffs, top = traffic_totals.by_tariff_and_top(asked.period)
    by_tariff = _table(
        _("Traffic by tariff"),
        _("Tariff"),
        [(shape.Cell(names(one.tariff) or _("No tariff")), "tariff", one.tariff, one) for one in tariffs],
    )
    tables = [by_tariff, by_day]
    if set(WHOSE) <= asked.granted:
        tables.insert(1, _top(top, names))
    picture = shape.Picture(
        _("Traffic by day"),
        (_("Received"), _("Sent")),
        [formats.day_short(one.on) for one in days],
        [(one.down_octets, one.up_octets) for one in days],
        "octets",
    )
    said = (_("As the access servers report it. «Received» and «sent» are seen from the subscriber; 1 GB is 10⁹."),)
    return shape.Shown(tables, picture, said) if days else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: "day", "tariff" or "" for all; which one; "down", "up" or "" for both."""
    if len(key) != 3 or key[0] not in ("", "day", "tariff") or key[2] not in ("", "down", "up"):
        raise shape.NotAFigure
    by, which, way = key
    period = asked.of_day(which) if by == "day" else asked.period
    names = naming.offers()
    narrowed = {"tariff": which} if by == "tariff" else {}
    found = traffic_totals.rows(period, **narrowed, way=way, after=after, most=most)
    title = formats.day_in_full(period.start) if by == "day" else names(which) if by == "tariff" else _("Traffic")
    return shape.Opened(
        title or _("No tariff"), found, "octets", _("Traffic"), _("Tariff"),
        lambda code: names(code) or _("No tariff"), "contract",
    )  # fmt: skip


def _table(
    title: str,
    name: str,
    found: Sequence[tuple[shape.Cell, str, str, traffic_totals.Day | traffic_totals.Used]],
) -> shape.Table:
    lines = []
    for first, by, which, one in found:
        lines.append([
            first,
            shape.Cell(one.subscriptions, "count", shape.key(by, which, "")),
            shape.Cell(one.down_octets, "octets", shape.key(by, which, "down")),
            shape.Cell(one.up_octets, "octets", shape.key(by, which, "up")),
            shape.Cell(one.down_octets + one.up_octets, "octets", shape.key(by, which, "")),
        ])  # fmt: skip
    total = [
        shape.Cell(_("Total")),
        shape.Cell(""),
        shape.Cell(shape.total(lines, 2), "octets", shape.key("", "", "down")),
        shape.Cell(shape.total(lines, 3), "octets", shape.key("", "", "up")),
        shape.Cell(shape.total(lines, 4), "octets", shape.key("", "", "")),
    ]
    return shape.Table(title, (name, _("Subscriptions"), _("Received"), _("Sent"), _("Together")), lines, total)


def _top(top: Sequence[traffic_totals.Used], names: naming.Known) -> shape.Table:
    lines = [
        [
            shape.Cell(one.number or formats.EN_DASH),
            shape.Cell(names(one.tariff) or _("No tariff")),
            shape.Cell(one.down_octets, "octets"),
            shape.Cell(one.up_octets, "octets"),
            shape.Cell(one.down_octets + one.up_octets, "octets"),
        ]
        for one in top
    ]
    return shape.Table(
        _("Who has most"), (_("Contract"), _("Tariff"), _("Received"), _("Sent"), _("Together")), lines
    )  # fmt: skip


REPORT = shape.Report(
    "traffic", gettext_lazy("Traffic"), (permissions.VIEW_TRAFFIC_REPORTS,), make, rows, rows_need=WHOSE, usual_months=1
)  # fmt: skip
