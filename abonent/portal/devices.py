"""«My devices»: what may use the line, what was seen on it; registered by one tap or by typing, named, taken off."""

from datetime import datetime
from typing import NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.core import clock
from abonent.flows import own_devices
from abonent.network import devices, makers, queries, rules
from abonent.portal import scope
from abonent.ui import formats

DONE_KEY = "devices_done"  # in the session: the next page tells what was done, and what may be undone
NAME_CHARS = devices.NAME_MAX


class Shown(NamedTuple):
    id: int
    label: str
    name: str
    mac: str
    maker: str
    is_random: bool
    is_online: bool
    seen: str  # "14 November, 19:05"; empty: never


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/devices/: GET with `?remove=` asks once more; POST does `register`, `tap`, `name` or `remove`."""
    own = cast(scope.OwnRequest, request)
    lines = queries.lines(own.contract.id, clock.today())
    if request.method != "POST":
        return _page(own, lines, leaving=read_id(request.GET.get("remove", "")))
    line_ids = [one.line_id for one in lines]
    line_id = read_id(request.POST.get("line", "")) if "line" in request.POST else (line_ids or [0])[0]
    if line_id not in line_ids:
        raise Http404
    typed, name = request.POST.get("mac", "")[:60], request.POST.get("name", "")[:NAME_CHARS]
    number, do = read_id(request.POST.get("device", "")), request.POST.get("do", "")
    actor, address = own.user.username, own.META.get("REMOTE_ADDR")
    undo: dict[str, object] = {}
    try:
        if do == "register":
            made = own_devices.register(line_id=line_id, typed=typed, name=name, actor=actor, address=address)
            done = _("%(name)s is registered: internet opens within a second.") % {"name": made.name or made.mac}
        elif do == "tap":
            made = own_devices.register_seen(line_id=line_id, sighting_id=number, actor=actor, address=address)
            done = _("%(name)s is registered: internet opens within a second.") % {"name": made.mac}
        elif do == "name" and own_devices.rename(line_id=line_id, device_id=number, name=name):
            done = _("The name is kept.")
        elif do == "remove":
            gone = own_devices.remove(line_id=line_id, device_id=number, actor=actor, address=address)
            if gone is None:
                raise Http404
            done = _("%(name)s is taken off: it opens this account and payment only.") % {"name": gone.name or gone.mac}
            undo = {"mac": gone.mac, "name": gone.name, "line": line_id}
        else:
            raise Http404
    except devices.UnableToReadMac:
        problem = _("This is not a MAC address: it has 12 digits and letters from A to F, like A4:83:E7:12:34:56.")
        return _page(own, lines, typed=typed, name=name, problem=problem)
    except (devices.TooMany, devices.TakenElsewhere, devices.NotSeen) as refused:
        return _page(own, lines, typed=typed, name=name, problem=why(refused))
    own.session[DONE_KEY] = {"text": done, **undo}
    return HttpResponse(status=303, headers={"Location": reverse("devices")})


def why(refused: devices.UnableToRegister) -> str:
    """What happened and what to do."""
    if isinstance(refused, devices.TooMany):
        return _("Your line has all its %(count)s devices: take one off that you use no more.") % {"count": refused}
    if isinstance(refused, devices.TakenElsewhere):
        return _("This device is registered at another line. Plug it in here, and register it by one tap, or call us.")
    return _("This device is not seen on your line any more. Plug it in and look again.")


def read_id(text: str) -> int:
    """0 for what is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _page(
    own: scope.OwnRequest,
    lines: list[queries.OwnLine],
    *,
    leaving: int = 0,
    typed: str = "",
    name: str = "",
    problem: str = "",
) -> HttpResponse:
    line_ids = [one.line_id for one in lines]
    live = queries.online(line_ids)
    all_of_them = [
        _shown(one.pk, one.name, one.mac, one.last_seen_at, is_online=one.mac in live)
        for one in queries.devices(line_ids)
    ]
    context = {
        "here": "devices",
        "lines": lines,
        "devices": all_of_them,
        "seen": [(one.line_id, _shown(one.pk, "", one.mac, one.seen_at)) for one in queries.sightings(line_ids)],
        "leaving": next((one for one in all_of_them if one.id == leaving), None),
        "limit": settings.PROFILE.device_limit,
        "is_full": len(all_of_them) >= settings.PROFILE.device_limit * max(1, len(lines)),
        "name_chars": NAME_CHARS,
        "typed": typed,
        "typed_name": name,
        "problem": problem,
        "done": None if problem else own.session.pop(DONE_KEY, None),
    }
    return render(own, "portal/devices.html", context, status=422 if problem else 200)


def _shown(number: int, name: str, mac: str, seen_at: datetime | None, *, is_online: bool = False) -> Shown:
    made_by, is_random = makers.maker(mac), rules.is_random(mac)
    plain = made_by or (_("Device with a made-up address") if is_random else _("Device"))
    return Shown(number, name or plain, name, mac.upper(), made_by, is_random, is_online, _moment(seen_at))


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{formats.day(clock.on_date(at))}, {clock.local(at):%H:%M}"
