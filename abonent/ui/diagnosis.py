"""What is said of a line that does not work: a plain sentence, what to do, and the one thing that helps.

On plain values, so that the subscriber and support read the same. Times and dates come written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.core import clock, money
from abonent.ui import formats

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Said(NamedTuple):
    mark: str  # of ui/components/mark.html
    title: str
    why: str
    help: str  # the one thing that helps: a key of HELPS; "": to wait


# What helps, as a button says it.
HELPS: dict[str, StrPromise] = {
    "tariffs": gettext_lazy("Choose a tariff"),
    "pay": gettext_lazy("Top up"),
    "pause": gettext_lazy("Switch the service on"),
    "traffic": gettext_lazy("Buy more traffic"),
    "devices": gettext_lazy("Register the device"),
    "restart": gettext_lazy("Restart the connection"),
    "support": gettext_lazy("Write to support"),
}
# How a cause is told: its mark, title, words, and what helps.
_TOLD: dict[str, tuple[str, StrPromise, StrPromise, str]] = {
    "no_service": (
        "quiet",
        gettext_lazy("The internet is not connected"),
        gettext_lazy("The contract has no internet tariff now. Write to us, and we will connect one."),
        "support",
    ),
    "waiting": (
        "wait",
        gettext_lazy("We wait for the first payment: %(sum)s"),
        gettext_lazy("The internet opens by itself within a second after it comes."),
        "pay",
    ),
    "paused": (
        "quiet",
        gettext_lazy("Switched off at your wish since %(since)s"),
        gettext_lazy("The paid days wait. Switch it on when you want it again."),
        "pause",
    ),
    "debt": (
        "warn",
        gettext_lazy("Suspended since %(since)s: %(sum)s is missing"),
        gettext_lazy("The internet opens by itself within a second after the payment comes."),
        "pay",
    ),
    "settling": (
        "wait",
        gettext_lazy("Today's charge is being made"),
        gettext_lazy("It takes some minutes. If the internet is not back in half an hour, write to us."),
        "support",
    ),
    "used_up": (
        "warn",
        gettext_lazy("The included traffic is used up"),
        gettext_lazy("By your tariff the internet stands still until the next period, or until you buy more."),
        "traffic",
    ),
    "on_its_way": (
        "wait",
        gettext_lazy("We are opening your line just now"),
        gettext_lazy("The equipment has been told. If nothing changes in a minute, restart the connection."),
        "restart",
    ),
    "unknown_device": (
        "warn",
        gettext_lazy("The line sees a device it does not know"),
        gettext_lazy("A new router or card? Register it by one tap, and the internet opens within a second."),
        "devices",
    ),
    "slow": (
        "wait",
        gettext_lazy("The internet works, but slower: the included traffic is used up"),
        gettext_lazy("Full speed comes back with the next period, or at once when you buy more."),
        "traffic",
    ),
    "works": (
        "ok",
        gettext_lazy("The line works: online since %(online)s"),
        gettext_lazy(
            "If pages do not open, the trouble is between the router and your device: come nearer to the Wi-Fi, try "
            "a cable, switch the router off for a minute."
        ),
        "restart",
    ),
    "outage_seen": (
        "warn",
        gettext_lazy("It looks like an interruption at your house"),
        gettext_lazy("Many lines around yours have dropped at %(seen)s. We look into it; nothing is wrong at yours."),
        "",
    ),
    "silent": (
        "warn",
        gettext_lazy("Your router has fallen silent"),
        gettext_lazy(
            "It was online and is not heard since %(heard)s. Look whether it has power and whether the cable sits "
            "firmly; then switch it off for a minute."
        ),
        "restart",
    ),
    "wrong_password": (
        "warn",
        gettext_lazy("The router signs in with a wrong password"),
        gettext_lazy(
            "The last try was at %(answered)s. Look at the login and the password of the connection in the router's "
            "settings: they stand in your contract. Or write to us, and we will help."
        ),
        "support",
    ),
    "refused": (
        "warn",
        gettext_lazy("The last sign-in of the router was refused"),
        gettext_lazy("It was at %(answered)s. Write to us: we see the reason and will help."),
        "support",
    ),
    "never": (
        "quiet",
        gettext_lazy("Nothing was heard of your router yet"),
        gettext_lazy("Connect the cable of the flat to the router's port WAN and switch it on; or write to us."),
        "support",
    ),
    "offline": (
        "warn",
        gettext_lazy("The router is not online, though everything is open for it"),
        gettext_lazy(
            "Last heard of at %(last)s. Look whether it has power and whether the cable sits firmly, switch it off "
            "for a minute. If that does not help, write to us: a technician comes."
        ),
        "support",
    ),
}


ANSWERS: dict[str, StrPromise] = {
    "open": gettext_lazy("let in"),
    "slow": gettext_lazy("let in, slower"),
    "debt": gettext_lazy("account and payment only: money is missing"),
    "unpaid": gettext_lazy("account and payment only: the charge is being made"),
    "waiting": gettext_lazy("account and payment only: the first payment is waited for"),
    "paused": gettext_lazy("account and payment only: switched off at the subscriber's wish"),
    "used_up": gettext_lazy("account and payment only: the included traffic is used up"),
    "unknown_device": gettext_lazy("account and payment only: the device is not known"),
    "wrong_password": gettext_lazy("refused: wrong password"),
    "closed": gettext_lazy("refused: the line is closed"),
}


class Check(NamedTuple):
    """One of the things that were looked at."""

    mark: str
    label: str
    text: str


def said(facts: Mapping[str, Any]) -> Said:
    """facts: flows.diagnosis.Verdict.plain()."""
    cause, words = facts["cause"], _words(facts)
    if cause == "outage":
        return _outage(words)
    mark, title, why, helps = _TOLD[cause]
    return Said(mark, str(title) % words, str(why) % words, helps)


def of_outage(is_declared: bool, what: str, began_at: datetime, until_at: datetime | None) -> Said:
    """For the first screen, which asks for nothing more."""
    words = {"began": moment(began_at), "until": moment(until_at), "what": what, "seen": moment(began_at)}
    if is_declared:
        return _outage(words)
    mark, title, why, helps = _TOLD["outage_seen"]
    return Said(mark, str(title), str(why) % words, helps)


def checks(facts: Mapping[str, Any]) -> list[Check]:
    """What was looked at, in the order in which it decides.   facts: as in `said`."""
    found = [_money(facts), _interruption(facts)]
    if facts["line_id"] is None:
        return found
    if facts["reason"] in {"slow", "used_up"}:
        found.append(Check("warn", _("Traffic"), _("the included traffic is used up")))
    return [*found, _devices(facts), _answer(facts), _session(facts)]


def moment(at: datetime | None) -> str:
    """«19:05» of today, «14 November, 19:05» of another day."""
    if at is None:
        return ""
    hour, on = f"{clock.local(at):%H:%M}", clock.on_date(at)
    return hour if on == clock.today() else f"{formats.day(on)}, {hour}"


def _words(facts: Mapping[str, Any]) -> dict[str, str]:
    since = facts["since"]
    return {
        "sum": "…" if facts["missing_kop"] is None else money.show(facts["missing_kop"]),
        "since": formats.day(since) if since else "",
        "online": moment(facts["started_at"]),
        "heard": moment(facts["updated_at"]),
        "answered": moment(facts["answered_at"]),
        "last": moment(facts["ended_at"] or facts["answered_at"]),
        "seen": moment(facts["began_at"]),
        "began": moment(facts["began_at"]),
        "until": moment(facts["until_at"]),
        "what": facts["what"],
    }


def _outage(words: Mapping[str, str]) -> Said:
    parts = [_("It began at %(began)s. We are mending it, and will tell you when it is over.") % words, words["what"]]
    if words["until"]:
        parts.append(_("We expect it to be over by %(until)s.") % words)
    return Said("warn", _("Internet is interrupted at your address"), " ".join(one for one in parts if one), "")


def _money(facts: Mapping[str, Any]) -> Check:
    words = _words(facts)
    told = {
        "working": ("ok", _("paid")),
        "waiting": ("wait", _("the first payment is waited for: %(sum)s")),
        "paused": ("quiet", _("switched off at the subscriber's wish since %(since)s")),
        "suspended": ("warn", _("suspended since %(since)s: %(sum)s is missing")),
    }
    mark, text = told.get(facts["service"], ("quiet", _("no internet tariff")))
    return Check(mark, _("Service and balance"), text % words)


def _interruption(facts: Mapping[str, Any]) -> Check:
    label = _("Interruption at the address")
    if not facts["is_outage"]:
        return Check("ok", label, _("none is known"))
    return Check("warn", label, " ".join(one for one in (_("since %(began)s.") % _words(facts), facts["what"]) if one))


def _devices(facts: Mapping[str, Any]) -> Check:
    count, unknown = facts["devices"], facts["sightings"]
    text = _("registered: %(count)s") % {"count": count}
    if unknown:
        return Check("wait", _("Devices"), text + "; " + _("seen and not registered: %(count)s") % {"count": unknown})
    return Check("ok" if count else "quiet", _("Devices"), text)


def _answer(facts: Mapping[str, Any]) -> Check:
    label = _("Last sign-in of the router")
    if facts["answered_at"] is None:
        return Check("quiet", label, _("none yet"))
    is_good = facts["is_accepted"] and facts["answer"] in {"open", "slow"}
    why = str(ANSWERS.get(facts["answer"], _("refused") if not facts["is_accepted"] else _("let in")))
    return Check("ok" if is_good else "warn", label, f"{moment(facts['answered_at'])}: {why}")


def _session(facts: Mapping[str, Any]) -> Check:
    label = _("Session")
    if facts["session_id"] is not None:
        told = _("since %(online)s, heard of at %(heard)s") % _words(facts)
        is_open = facts["cause"] in {"works", "slow"}
        mark = "ok" if is_open else "wait" if facts["cause"] == "on_its_way" else "warn"
        return Check(mark, label, ", ".join(one for one in (told, facts["session_address"]) if one))
    if facts["ended_at"] is None:
        return Check("quiet", label, _("none yet"))
    return Check("warn", label, _("ended at %(last)s") % _words(facts))
