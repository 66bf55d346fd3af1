"""The directory of buildings: found, looked through, changed one by one, taken in as a list that is tried first."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from abonent.addresses import buildings, listing, queries
from abonent.addresses.models import Building, Connected, Segment
from abonent.backoffice import gate, offers, screen, words
from abonent.core import audit
from abonent.identity import permissions

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SALT = "abonent.backoffice.buildings"
DONE_KEY = "building_done"
SHOWN = 50
FILE_MOST_OCTETS = 8 * 1024 * 1024
KEPT_SECONDS = 3600  # a file that was tried waits so long for its yes
TECHNOLOGIES: dict[str, StrPromise] = {
    "": gettext_lazy("not said"),
    "fttb": gettext_lazy("Optics to the building"),
    "gpon": gettext_lazy("Optics to the flat (GPON)"),
    "wireless": gettext_lazy("Radio"),
}
FACTS: dict[str, StrPromise] = {
    "segment": gettext_lazy("Segment"),
    "connected": gettext_lazy("Network"),
    "planned_on": gettext_lazy("By when"),
    "technology": gettext_lazy("Technology"),
    "entrances": gettext_lazy("Entrances"),
    "floors": gettext_lazy("Floors"),
    "flats": gettext_lazy("Flats"),
}


@require_safe
@gate.permitted(permissions.EDIT_ADDRESSES)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/buildings/?q=&connected=&segment=&after=: by the street, a page at a time; `q`: as addresses are typed."""
    typed = request.GET.get("q", "").strip()[:120]
    connected, segment = request.GET.get("connected", ""), request.GET.get("segment", "")
    after = request.GET.get("after", "")
    if typed:
        found, more = queries.found(typed, SHOWN), False
    else:
        lines = queries.page(
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
            connected=connected if connected in Connected.values else "",
            segment=segment if segment in Segment.values else "",
            most=SHOWN + 1,
        )
        found, more = lines[:SHOWN], len(lines) > SHOWN
    context = {
        "here": "staff_buildings",
        "typed": typed,
        "connected": connected,
        "segment": segment,
        "found": found,
        "next": found[-1].pk if more else 0,
        "counted": queries.counted(),
        "states": words.CONNECTED,
        "segments": offers.SEGMENTS,
        "technologies": TECHNOLOGIES,
        "done": request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/buildings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_ADDRESSES)
def one(request: gate.StaffRequest, building_id: int) -> HttpResponse:
    """/staff/buildings/<id>/: what is said of it, who lives there, what was changed."""
    building = Building.objects.filter(pk=building_id).first()
    if building is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        problem = _change(request, building)
        if not problem:
            request.session[DONE_KEY] = _("Kept: the site's check of coverage says so from now on.")
            return HttpResponseRedirect(reverse("staff_building", args=[building_id]))
    context = {
        "here": "staff_buildings",
        "building": building,
        "typed": request.POST.dict() if problem else _said(building),
        "seen": signing.dumps(json.dumps(buildings.facts(building)), salt=SALT),
        "premises": building.premises.count(),
        "log": audit.about([f"building:{building_id}"], 10),
        "facts": FACTS,
        **_choices(),
        "done": request.session.pop(DONE_KEY, "") if not problem else "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/building.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_ADDRESSES)
def new(request: gate.StaffRequest) -> HttpResponse:
    """/staff/buildings/new/."""
    problem, given = "", request.POST
    if request.method == "POST":
        try:
            where = buildings.Address(*(given.get(name, "") for name in buildings.Address._fields))
            made = buildings.make(where, _facts(given), by=request.actor, why=_why(given), address_of=request.address)
            request.session[DONE_KEY] = _("Kept: the site's check of coverage says so from now on.")
            return HttpResponseRedirect(reverse("staff_building", args=[made.pk]))
        except (buildings.UnableToKeep, UnableToRead) as refused:
            problem = why_not(refused)
    empty = dict.fromkeys((*buildings.Address._fields, *buildings.Facts._fields, "why"), "")
    context = {
        "here": "staff_buildings",
        "building": None,
        "typed": empty | given.dict(),
        **_choices(),
        "done": "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/building.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_ADDRESSES)
def take_in(request: gate.StaffRequest) -> HttpResponse:
    """/staff/buildings/import/: POST a `file` tries it; POST `kept` with the `seal` of that and `why` takes it in."""
    problem, mistakes, tried, kept = "", [], None, request.POST.get("kept", "")[:64]
    given = request.POST
    try:
        if request.method == "POST" and request.FILES.get("file"):
            kept, tried = _try(request)
        elif request.method == "POST":
            known = cache.get(f"{SALT}:{kept}")
            if known is None:
                problem = _("Choose the file once more: it was tried too long ago.")
            else:
                listed = list(listing.read_bytes(*known))
                tried = buildings.dry_run(listed)
                seal = given.get("seal", "")
                done = buildings.take_in(
                    listed, seal=seal, by=request.actor, why=_why(given), address_of=request.address
                )
                request.session[DONE_KEY] = _("Taken in: %(new)s new, %(changed)s changed.") % done._asdict()
                return HttpResponseRedirect(reverse("staff_buildings"))
    except listing.UnableToRead as error:
        mistakes = str(error).splitlines()
    except (buildings.UnableToKeep, UnableToRead) as refused:
        problem = why_not(refused)
    context = {
        "here": "staff_buildings",
        "columns": "settlement,street,house,korpus,stroenie,liter,segment,connected,planned_on,technology,"
        "entrances,floors,flats",
        "tried": tried,
        "kept": kept,
        "facts": FACTS,
        "why": given.get("why", ""),
        "mistakes": mistakes,
        "problem": problem,
    }
    status = 422 if problem or mistakes else 200
    return screen.show(request, "backoffice/buildings_import.html", context, status=status)


class UnableToRead(Exception):
    """Its text says what is wrong with what was typed."""


def why_not(refused: Exception) -> str:
    if isinstance(refused, buildings.BadNumber):
        return _("%(what)s: from 1 to %(most)s, or nothing.") % {
            "what": FACTS[str(refused)], "most": buildings.MOST[str(refused)],
        }  # fmt: skip
    said: dict[type[Exception], str] = {
        buildings.NoAddress: _("Write the settlement and the house at least."),
        buildings.KnownAlready: _("There is such a building already: find it in the list."),
        buildings.ChangedMeanwhile: _("A colleague has changed it meanwhile. Look at it anew."),
    }
    return said.get(type(refused)) or str(refused)


def _try(request: gate.StaffRequest) -> tuple[str, buildings.Tried]:
    """Raises listing.UnableToRead, UnableToRead."""
    file = request.FILES["file"]
    assert isinstance(file, UploadedFile)  # one by this name
    if file.size is None or file.size > FILE_MOST_OCTETS:
        raise UnableToRead(_("The file is larger than 8 MB: take it in by `abonent addresses import`."))
    content, name = file.read(), file.name or "list.csv"
    tried = buildings.dry_run(list(listing.read_bytes(content, name)))
    kept = hashlib.sha256(content).hexdigest()
    cache.set(f"{SALT}:{kept}", (content, name), KEPT_SECONDS)
    return kept, tried


def _change(request: gate.StaffRequest, building: Building) -> str:
    """What is wrong; "" where it is kept."""
    given = request.POST
    try:
        seen = json.loads(signing.loads(given.get("seen", ""), salt=SALT))
        buildings.change(
            building.pk, _facts(given), seen=seen, by=request.actor, why=_why(given), address_of=request.address
        )
    except signing.BadSignature:
        return why_not(buildings.ChangedMeanwhile())
    except (buildings.UnableToKeep, UnableToRead) as refused:
        return why_not(refused)
    return ""


def _why(given: QueryDict) -> str:
    why = given.get("why", "").strip()[:300]
    if not why:
        raise UnableToRead(_("Write why: it stands in the log."))
    return why


def _facts(given: QueryDict) -> buildings.Facts:
    """Raises UnableToRead."""
    segment, connected, technology = given.get("segment", ""), given.get("connected", ""), given.get("technology", "")
    if segment not in Segment.values or connected not in Connected.values or technology not in TECHNOLOGIES:
        raise UnableToRead(_("Choose the segment, the network and the technology."))
    by_when = given.get("planned_on", "").strip()
    try:
        planned_on = date.fromisoformat(by_when) if by_when else None
    except ValueError as error:
        raise UnableToRead(_("Choose the day by which the building is reached, or leave it empty.")) from error
    return buildings.Facts(
        segment, connected, planned_on, technology, *(_number(given, name) for name in buildings.MOST)
    )


def _number(given: QueryDict, name: str) -> int | None:
    typed = given.get(name, "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        raise UnableToRead(why_not(buildings.BadNumber(name)))
    return int(typed)


def _said(building: Building) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in buildings.facts(building).items()} | {"why": ""}


def _choices() -> dict[str, Any]:
    states = {name: word for name, (_mark, word) in words.CONNECTED.items()}
    return {"states": states, "segments": offers.SEGMENTS, "technologies": TECHNOLOGIES}
