"""Report: from which tariff to which subscribers went."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import naming, shape
from abonent.billing import movement
from abonent.identity import permissions

MOST_ACROSS = 12  # tariffs in the matrix; beyond that the list alone


def make(asked: shape.Asked) -> shape.Shown:
    steps = movement.of(asked.period)
    names = naming.offers()

    def name(code: str, *, is_from: bool) -> str:
        return names(code) or (_("(new)") if is_from else _("(left)"))

    lines = [
        [
            shape.Cell(name(one.from_code, is_from=True)),
            shape.Cell(name(one.to_code, is_from=False)),
            shape.Cell(one.steps, "count", shape.key(one.from_code, one.to_code)),
            shape.Cell(one.from_kop, "kop"),
            shape.Cell(one.to_kop, "kop"),
            shape.Cell(one.change_kop, "change", shape.key(one.from_code, one.to_code)),
        ]
        for one in steps
    ]
    whole = [shape.Cell(_("Total")), shape.Cell(""), shape.Cell(sum(one.steps for one in steps), "count")]
    whole += [
        shape.Cell(sum(one.from_kop for one in steps), "kop"),
        shape.Cell(sum(one.to_kop for one in steps), "kop"),
        shape.Cell(sum(one.change_kop for one in steps), "change"),
    ]
    heads = (
        _("From the tariff"),
        _("To the tariff"),
        _("Steps"),
        _("A month before"),
        _("A month after"),
        _("A month, more or less"),
    )
    tables = [shape.Table(_("Steps and what they bring"), heads, lines, whole)]
    matrix = _matrix(steps, name)
    if matrix is not None:
        tables.insert(0, matrix)
    said = (
        _("Sums are of a month, as agreed with each subscriber, before discounts. What is charged at a day's price "
          "counts thirty days."),
    )  # fmt: skip
    picture = shape.Lanes(
        _("The most frequent steps"),
        [(f"{name(one.from_code, is_from=True)} → {name(one.to_code, is_from=False)}", one.steps) for one in steps[:8]],
        "count",
    )
    return shape.Shown(tables, picture, said) if steps else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: from which tariff, to which; "": none."""
    if len(key) != 2:
        raise shape.NotAFigure
    from_code, to_code = key
    names = naming.offers()
    found = movement.rows(from_code, to_code, asked.period, after=after, most=most)
    title = f"{names(from_code) or _('(new)')} → {names(to_code) or _('(left)')}"
    return shape.Opened(title, found, "change", _("A month, more or less"), "", str, "contract")


def _matrix(steps: Sequence[movement.Step], name: naming.Named) -> shape.Table | None:
    """From down, to across."""
    froms = sorted({one.from_code for one in steps})
    tos = sorted({one.to_code for one in steps}, key=lambda code: (not code, code))
    if not steps or len(tos) > MOST_ACROSS:
        return None
    counts = {(one.from_code, one.to_code): one.steps for one in steps}
    lines = []
    for from_code in froms:
        cells = [
            shape.Cell(counts[from_code, code], "count", shape.key(from_code, code))
            if (from_code, code) in counts
            else shape.Cell(None, "count")
            for code in tos
        ]
        lines.append([shape.Cell(name(from_code, is_from=True)), *cells])
    heads = [_("From \\ to"), *(name(code, is_from=False) for code in tos)]
    return shape.Table(_("From tariff to tariff, steps"), heads, lines)


REPORT = shape.Report(
    "movement", gettext_lazy("Tariffs' movement"), (permissions.VIEW_SUBSCRIBERS_REPORTS,), make, rows
)  # fmt: skip
