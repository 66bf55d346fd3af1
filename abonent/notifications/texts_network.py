"""What notices say of the line: traffic that runs out, interruptions, what is given back for them."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from abonent.core import money
from abonent.notifications.text_shape import Kind, Text, show_date


def _traffic_soon(params: dict[str, Any], number: str, today: date) -> Text:
    facts = _traffic(params, number, today)
    body = _("Contract %(number)s: %(percent)s %% of the included %(whole)s GB is used.") % facts
    after = {
        "slow": _("After the rest the speed is %(slow)s Mbit/s until %(again)s."),
        "stop": _("After the rest the internet stops until %(again)s."),
    }.get(params["when_used_up"], _("The next %(whole)s GB come on %(again)s."))
    return Text(_("%(percent)s %% of the included traffic is used") % facts, f"{body} {after % facts}")


def _traffic_used_up(params: dict[str, Any], number: str, today: date) -> Text:
    facts = _traffic(params, number, today)
    body = _("Contract %(number)s: the included %(whole)s GB are used.") % facts
    after = {
        "slow": _("The speed is %(slow)s Mbit/s until %(again)s. More traffic can be bought in the account."),
        "stop": _("The internet stands still until %(again)s. More traffic can be bought in the account."),
    }.get(params["when_used_up"], _("The internet goes on as before."))
    return Text(_("The included traffic is used up") % facts, f"{body} {after % facts}")


def _traffic_added(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"gb": params["gb"], "number": number, "sum": money.show(params["total_kop"])}
    return Text(
        _("%(gb)s GB are added") % facts,
        _("%(gb)s GB are added to contract %(number)s for %(sum)s: they count until the period ends.") % facts,
    )


def _outage_began(params: dict[str, Any], number: str, today: date) -> Text:
    body = _("There is an interruption at your address. We are mending it, and will tell you when it is over.")
    parts = [body, params["what"], _("We expect it to be over by %(at)s.") % {"at": params["until"]}]
    return Text(
        _("Internet is interrupted at your address"),
        " ".join(parts if params["until"] else parts[:2]).strip(),
    )


def _outage_over(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("The interruption is over"),
        _(
            "The internet works at your address again. If not yours, switch the router off and on; "
            "if that does not help, write to us."
        ),
    )


def _outage_credit(params: dict[str, Any], number: str, today: date) -> Text:
    facts = {"sum": money.show(params["amount_kop"]), "number": number, "day": show_date(params["began_on"], today)}
    return Text(
        _("%(sum)s is given back for the interruption") % facts,
        _("For the interruption of %(day)s we give %(sum)s back to contract %(number)s. We are sorry.") % facts,
    )


def _traffic(params: dict[str, Any], number: str, today: date) -> dict[str, Any]:
    return {
        "number": number,
        "percent": params["percent"],
        "whole": params["whole_gb"],
        "slow": params["slow_mbps"],
        "again": show_date(params["again_on"], today),
    }


_TRAFFIC = frozenset({"percent", "whole_gb", "when_used_up", "slow_mbps", "again_on"})
KINDS: dict[str, Kind] = {
    "traffic_soon": Kind(_TRAFFIC, _traffic_soon),
    "traffic_used_up": Kind(_TRAFFIC, _traffic_used_up, sms_first=True),
    "traffic_added": Kind(frozenset({"gb", "total_kop"}), _traffic_added, at_any_hour=True),
    "outage_began": Kind(frozenset({"what", "until"}), _outage_began, sms_first=True),
    "outage_over": Kind(frozenset(), _outage_over, sms_first=True),
    "outage_credit": Kind(frozenset({"amount_kop", "began_on"}), _outage_credit),
}
