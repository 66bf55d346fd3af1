"""Report: who owes how much, and for how long, when a day is over."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.reports import shape
from abonent.identity import permissions
from abonent.ledger import debts

KINDS = ("person", "legal")


def make(asked: shape.Asked) -> shape.Shown:
    found = {(one.age, one.kind): one for one in debts.of(asked.period.last_day)}
    nothing = debts.Debt("", "", 0, 0)

    def line(name: str, age: str) -> list[shape.Cell]:
        of_kinds = [found.get((age, kind), nothing) for kind in KINDS]
        return [
            shape.Cell(name),
            shape.Cell(sum(one.accounts for one in of_kinds), "count", shape.key(age, "")),
            *(shape.Cell(one.kop, "kop", shape.key(age, kind)) for kind, one in zip(KINDS, of_kinds, strict=True)),
            shape.Cell(sum(one.kop for one in of_kinds), "kop", shape.key(age, "")),
        ]

    ages = _ages()
    lines = [line(name, age) for age, name in ages.items()]
    heads = (_("Days"), _("Subscribers"), _("Private persons"), _("Legal entities"), _("Debt"))
    table = shape.Table(_("Debt by age"), heads, lines, line(_("Total"), debts.EVERY))
    picture = shape.Lanes(_("Debt by age"), [(name, shape.total([one], 4)) for name, one in
                                             zip(ages.values(), lines, strict=True)], "kop")  # fmt: skip
    said = (
        _("What a payment brings covers the oldest first, so each rouble of a debt is as old as the charge it is of."),
        _("A subscriber may stand in several lines; in the total he stands once."),
    )
    return shape.Shown((table,), picture, said) if found else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: the age, the kind of customer; "": all."""
    if len(key) != 2 or key[0] not in ("", *debts.AGES) or key[1] not in ("", *KINDS):
        raise shape.NotAFigure
    age, kind = key
    found = debts.rows(asked.period.last_day, age=age, kind=kind, after=after, most=most)
    title = _ages()[age] if age else _("Total")
    return shape.Opened(f"{_('Debt by age')}: {title}", found, "kop", _("Debt"), _("Who"), _kind, "contract")


def _ages() -> dict[str, str]:
    names = (_("0 to 30 days"), _("31 to 60 days"), _("61 to 90 days"), _("more than 90 days"))
    return dict(zip(debts.AGES, names, strict=True))


def _kind(kind: str) -> str:
    return _("legal entity") if kind == "legal" else _("person")


REPORT = shape.Report(
    "debt", gettext_lazy("Debt by age"), (permissions.VIEW_REPORTS,), make, rows, is_as_of=True
)  # fmt: skip
