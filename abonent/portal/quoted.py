"""A quote in words: each line with its sum and its arithmetic. Asks nothing."""

from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from abonent.billing import statement
from abonent.core import money, periods
from abonent.portal import history, words
from abonent.ui import formats


class Line(NamedTuple):
    """As the balance sees it: more than 0 comes back, less is charged."""

    what: str
    amount_kop: int
    arithmetic: list[history.Fact]


def lines(quoted: list[dict[str, Any]]) -> list[Line]:
    return [line for one in quoted for line in _lines(one)]


def name(one: dict[str, Any]) -> str:
    return str(one["name_en"] if formats.language() == "en" else one["name_ru"])


def price(one: dict[str, Any]) -> str:
    return f"{money.show(one['new_price_kop'])} {words.PER[one['new_charging']]}"


def _lines(one: dict[str, Any]) -> list[Line]:
    """A charge with a discount is two lines: what it would have cost, and what comes off."""
    if one["what"] != "charge" or not one.get("discount_kop"):
        return [_line(one)]
    charge = _charge(one)
    full = {**one, "discount_kop": 0, "amount_kop": one["amount_kop"] + charge.came_off_kop}
    text = _("Discount for «%(name)s»") % {"name": name(one)}
    return [_line(full), Line(text, charge.came_off_kop, history.arithmetic_of_discount(charge))]


def _line(one: dict[str, Any]) -> Line:
    facts = {"name": name(one)}
    if one["what"] == "charge":
        facts["period"] = formats.period(*_period(one["period"]))
        return Line(_("«%(name)s», %(period)s") % facts, -one["amount_kop"], history.arithmetic(_charge(one)))
    if one["what"] in ("return", "addon_return"):
        text = _("Return for «%(name)s», %(period)s")
        if one["what"] == "addon_return":
            text = _("«%(name)s» is disconnected: return for %(period)s")
        unused = periods.Period(_period(one["used"]).end, _period(one["period"]).end)
        facts["period"] = formats.period(*unused)
        return Line(text % facts, -one["amount_kop"], history.arithmetic_of_return(_returned(one)))
    if one["what"] == "fee":
        return Line(_("Fee for the change of tariff"), -one["amount_kop"], [])
    if one["what"] == "on_resume":
        facts["sum"] = money.show(one["cost_kop"])
        return Line(_("«%(name)s»: nothing now; it goes on when %(sum)s is on the balance") % facts, 0, [])
    if one["what"] == "addon_ends":
        return Line(_("«%(name)s» is disconnected: it cannot stand beside the new tariff") % facts, 0, [])
    if one["what"] == "addon_off":
        return Line(_("«%(name)s» is disconnected; nothing comes back") % facts, 0, [])
    facts["price"] = price(one)
    return Line(_("«%(name)s» from the next period: %(price)s") % facts, 0, [])


def _charge(one: dict[str, Any]) -> statement.ChargeRow:
    return statement.ChargeRow(
        0,
        _period(one["period"]),
        _period(one["whole"]),
        one["price_kop"],
        one["charging"],
        one["name_ru"],
        one["name_en"],
        one.get("discount_kop", 0),
        one.get("proration_days", "period"),
    )


def _returned(one: dict[str, Any]) -> statement.ReturnRow:
    return statement.ReturnRow(_charge(one), _period(one["used"]).end, one["charged_kop"], one["used_kop"])


def _period(dates: list[str]) -> periods.Period:
    return periods.Period(date.fromisoformat(dates[0]), date.fromisoformat(dates[1]))
