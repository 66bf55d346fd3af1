"""Report: money in by channel, charges by service, revenue against deposits."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import shape
from abonent.identity import permissions
from abonent.ledger import turnover
from abonent.ui import formats, words

CLEARING, REVENUE = "clearing:", "revenue:"
_IN = {CLEARING: "gave", REVENUE: "took"}  # paid in; charged
_BACK = {CLEARING: "took", REVENUE: "gave"}  # refunded; returned


def make(asked: shape.Asked) -> shape.Shown:
    lines = turnover.of(asked.period)
    months = _months(lines)
    paid = _table(lines, CLEARING, (_("Money in by channel"), _("Channel"), _("Paid in"), _("Refunded"), _("Left")))
    charged = _table(lines, REVENUE, (_("Charges by service"), _("Service"), _("Charged"), _("Returned"), _("Revenue")))
    by_month = shape.Table(
        _("Revenue against deposits, by month"),
        (_("Month"), _("Paid in, less refunds"), _("Revenue")),
        [
            (
                shape.Cell(month, "month"),
                shape.Cell(paid_kop, "kop", shape.key(CLEARING, "", shape.month_key(month))),
                shape.Cell(revenue_kop, "kop", shape.key(REVENUE, "", shape.month_key(month))),
            )
            for month, (paid_kop, revenue_kop) in months.items()
        ],
        (
            shape.Cell(_("Total")),
            shape.Cell(sum(one[0] for one in months.values()), "kop", shape.key(CLEARING, "", "")),
            shape.Cell(sum(one[1] for one in months.values()), "kop", shape.key(REVENUE, "", "")),
        ),
    )
    picture = shape.Picture(
        _("Revenue against deposits, by month"),
        (_("Paid in, less refunds"), _("Revenue")),
        [formats.month_short(month) for month in months],
        list(months.values()),
        "kop",
    )
    said = (_("Revenue is what was charged, less returns. A deposit is an advance, not revenue."),)
    return shape.Shown((by_month, paid, charged), picture, said) if lines else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: the house account's code or the beginning of several; "gave", "took" or both; a month."""
    code, side, month = [*key, "", ""][:3]
    if not code.startswith((CLEARING, REVENUE)) or side not in turnover.SIDES or len(key) > 3:
        raise shape.NotAFigure
    found = turnover.rows(code, asked.of_month(month), side=side, after=after, most=most)
    return shape.Opened(_name(code), found, "change", _("Sum"), _("What"), _reason, "contract")


def _table(lines: Sequence[turnover.Line], of: str, heads: tuple[str, str, str, str, str]) -> shape.Table:
    """By house account; of money in what it gave is the money, of revenue what it took."""
    found: dict[str, tuple[int, int]] = {}
    for one in lines:
        if one.code.startswith(of):
            in_kop, back_kop = found.get(one.code, (0, 0))
            sides = {"gave": one.gave_kop, "took": one.took_kop}
            found[one.code] = (in_kop + sides[_IN[of]], back_kop + sides[_BACK[of]])
    whole = (sum(one[0] for one in found.values()), sum(one[1] for one in found.values()))
    return shape.Table(
        heads[0],
        heads[1:],
        [_line(shape.Cell(_name(code)), code, of, sums) for code, sums in found.items()],
        _line(shape.Cell(_("Total")), of, of, whole),
    )


def _line(name: shape.Cell, code: str, of: str, sums: tuple[int, int]) -> list[shape.Cell]:
    return [
        name,
        shape.Cell(sums[0], "kop", shape.key(code, _IN[of], "")),
        shape.Cell(sums[1], "kop", shape.key(code, _BACK[of], "")),
        shape.Cell(sums[0] - sums[1], "kop", shape.key(code, "", "")),
    ]


def _months(lines: Sequence[turnover.Line]) -> dict[date, tuple[int, int]]:
    """Deposits less refunds, and charges less returns."""
    found: dict[date, tuple[int, int]] = {}
    for one in sorted(lines, key=lambda line: line.month):
        paid_kop, revenue_kop = found.get(one.month, (0, 0))
        if one.code.startswith(CLEARING):
            paid_kop += one.gave_kop - one.took_kop
        elif one.code.startswith(REVENUE):
            revenue_kop += one.took_kop - one.gave_kop
        found[one.month] = (paid_kop, revenue_kop)
    return found


def _name(code: str) -> str:
    kind = code.partition(":")[2]
    known = {"yookassa": _("Bank cards"), "cash": _("Cash desk"), "osmp": _("Terminals"), "sber": _("Sberbank"),
             "bank": _("Bank transfers")}  # fmt: skip
    if not kind:
        return _("Money in by channel") if code == CLEARING else _("Charges by service")
    return str(words.KINDS.get(kind) or known.get(kind, kind))


def _reason(reason: str) -> str:
    known = {"payment": _("Payment"), "refund": _("Refund"), "charge": _("Charge"), "return": _("Return"),
             "fee": _("Fee"), "reversal": _("Correction")}  # fmt: skip
    return str(known.get(reason, reason))


REPORT = shape.Report("money", gettext_lazy("Money"), (permissions.VIEW_REPORTS,), make, rows)
