"""What the workplace calls the codes of requests and visits, and why something could not be done."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from abonent.onboarding import requests, visits
from abonent.onboarding.models import RequestStep
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# (mark of ui/components/mark.html, word)
STATES: dict[str, tuple[str, StrPromise]] = {
    "new": ("warn", pgettext_lazy("request", "New")),
    "called": ("wait", _("Called")),
    "address": ("wait", _("Address is clear")),
    "visit": ("wait", _("Visit agreed")),
    "connected": ("wait", _("Cable and equipment done")),
    "signed": ("wait", _("Contract signed")),
    "paid": ("ok", _("First top-up")),
    "online": ("ok", _("Online")),
    "refused": ("quiet", _("Refused")),
    "no_coverage": ("quiet", _("No coverage")),
    "duplicate": ("quiet", _("Duplicate")),
}
OUTCOMES: dict[str, StrPromise] = {
    "reached": _("Spoke with the person"),
    "no_answer": _("Nobody answers"),
    "call_later": _("Asked to call later"),
    "wrong_number": _("Wrong number"),
}
CLOSINGS: dict[str, StrPromise] = {
    "refused": _("Refused"),
    "no_coverage": _("The network does not reach"),
    "duplicate": _("Repeats another request"),
}
CONNECTED: dict[str, tuple[str, StrPromise]] = {
    "yes": ("ok", _("in the network")),
    "planned": ("wait", pgettext_lazy("building", "planned")),
    "no": ("warn", _("not in the network")),
}
EQUIPMENT: dict[str, StrPromise] = {
    "router": _("Router"),
    "ont": _("Optical terminal"),
    "stb": _("Set-top box"),
    "camera": _("Camera"),
    "other": pgettext_lazy("equipment", "Other"),
}
VISIT_STATES: dict[str, tuple[str, StrPromise]] = {
    "planned": ("wait", pgettext_lazy("visit", "planned")),
    "done": ("ok", pgettext_lazy("visit", "done")),
    "cancelled": ("quiet", pgettext_lazy("visit", "called off")),
}


def age(since: datetime, at: datetime) -> str:
    """How long something waits: minutes, hours, then days."""
    minutes = max(0, int((at - since).total_seconds()) // 60)
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return formats.days(minutes // (24 * 60))


def step(one: RequestStep) -> str:
    """A line of a request's history, without who and when."""
    if one.kind == "moved" and one.state == "new":
        return gettext("The request has come")
    if one.kind == "moved":
        return str(STATES[one.state][1])
    if one.kind == "taken":
        return gettext("Held by %(name)s") % {"name": one.note} if one.note else gettext("Nobody holds it")
    if one.kind == "call":
        return gettext("Call: %(outcome)s") % {"outcome": OUTCOMES[one.outcome]}
    if one.kind == "edited":
        return gettext("Address and tariff: %(what)s") % {"what": one.note}
    return gettext("Visit: %(what)s") % {"what": one.note or STATES[one.state][1]}


def step_note(one: RequestStep) -> str:
    """What stands under that line."""
    return one.note if one.kind in {"moved", "call"} else ""


def why_not(refused: requests.UnableToHandle) -> str:
    """What happened and what to do."""
    said = {
        requests.Why.CHANGED: gettext("A colleague has changed the request meanwhile. Look at it anew and repeat."),
        requests.Why.NOT_NOW: gettext("The request has gone on meanwhile: that cannot be done with it now."),
        requests.Why.NO_REASON: gettext("Write the reason: the person reads it on the page of the request."),
        requests.Why.NO_BUILDING: gettext("Choose the building among those found."),
        requests.Why.FLAT_NEEDED: gettext("Write the flat: the building has many."),
        requests.Why.NO_FLAT: gettext("The building has flats from 1 to %(most)s.") % {"most": refused.most},
        requests.Why.NO_SUCH_REQUEST: gettext("Write the number of the other request, which is no duplicate itself."),
        requests.Why.DAY_PAST: gettext("That day is over. Choose today or later."),
        requests.Why.DAY_FAR: gettext("A call is promised for a year ahead at most."),
    }
    return said[refused.why]


def why_no_visit(refused: visits.UnableToVisit) -> str:
    said = {
        visits.Why.BOOKED: gettext("The technician has another visit then: a colleague was quicker. Choose another."),
        visits.Why.PAST: gettext("That window is over. Choose a later one."),
        visits.Why.NOT_PLANNED: gettext("The visit is done or called off already."),
        visits.Why.NOT_NOW: gettext("A visit is agreed once the address is clear, and one at a time."),
        visits.Why.CHANGED: gettext("A colleague has changed the visit meanwhile. Look at it anew and repeat."),
        visits.Why.NO_REASON: gettext("Write why it is called off."),
        visits.Why.BAD_MAC: gettext("This is no MAC of a device: twelve of 0–9 and A–F, as on the label."),
        visits.Why.BAD_SERIAL: gettext("A serial number has 3 to 40 letters and digits."),
        visits.Why.EMPTY: gettext("Write the MAC or the serial number from the label."),
        visits.Why.KNOWN_HERE: gettext("This device stands in the list already."),
        visits.Why.KNOWN_ELSEWHERE: gettext("This device stands at request No. %(number)s. Look at the label again.")
        % {"number": refused.request_id},
        visits.Why.TOO_MANY: gettext("There are enough of them for one visit."),
    }
    return said[refused.why]
