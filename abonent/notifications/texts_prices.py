"""What is said of a tariff or an add-on whose price or terms will change, and of a change that will not be."""

from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from abonent.core import money
from abonent.notifications.text_shape import Kind, Text, show_date


def _price(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {
        "name": _name(params),
        "number": number,
        "day": show_date(params.get("begins_on") or params["on"], today),
        "new": _a_time(params["price_kop"], params["charging"]),
        "old": _a_time(params["old_kop"], params["charging"]),
    }
    if params["price_kop"] == params["old_kop"]:
        return Text(
            _("New terms of «%(name)s» from %(day)s") % facts,
            _(
                "Contract %(number)s: from %(day)s «%(name)s» has new terms, the price stays %(new)s. "
                "Days already paid stay as they are. The terms are in your account."
            )
            % facts,
        )
    return Text(
        _("From %(day)s «%(name)s» costs %(new)s") % facts,
        _(
            "Contract %(number)s: from %(day)s «%(name)s» costs %(new)s instead of %(old)s. Paid days stay as they "
            "are. If it does not suit you, change the tariff or end the contract."
        )
        % facts,
    )


def _price_off(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"name": _name(params), "number": number, "old": _a_time(params["old_kop"], params["charging"])}
    return Text(
        _("The terms of «%(name)s» do not change") % facts,
        _(
            "Contract %(number)s: we told you of a change of «%(name)s». It will not be: the price stays %(old)s, "
            "and you need do nothing."
        )
        % facts,
    )


def _a_time(price_kop: int, charging: str) -> str:
    amount = {"sum": money.show(price_kop)}
    return _("%(sum)s a day") % amount if charging == "per_day" else _("%(sum)s a month") % amount


def _name(params: dict[str, Any]) -> str:
    is_english = (translation.get_language() or "").startswith("en")
    return str(params["name_en" if is_english else "name_ru"])


_OFFER = frozenset({"name_ru", "name_en", "old_kop", "charging"})
KINDS: dict[str, Kind] = {
    "tariff_price": Kind(_OFFER | {"on", "price_kop"}, _price),
    "tariff_price_off": Kind(_OFFER, _price_off),
}
