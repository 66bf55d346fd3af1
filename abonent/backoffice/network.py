"""The network at a glance: access servers, what has drifted and was mended, pools of static addresses."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from abonent.backoffice import gate, screen
from abonent.core import clock
from abonent.flows import network_staff
from abonent.identity import permissions
from abonent.network import lines, queries_staff, rules, servers
from abonent.network.models import Nas, NasKind
from abonent.ui import diagnosis

DONE_KEY = "staff_network_done"  # in the session
KINDS = {
    NasKind.MIKROTIK: "MikroTik",
    NasKind.ACCEL_PPP: "accel-ppp",
    NasKind.CISCO: "Cisco",
    NasKind.JUNIPER: "Juniper",
}
CHANGE_STATES = {
    "queued": ("wait", gettext_lazy("is being told")),
    "done": ("ok", gettext_lazy("mended")),
    "failed": ("warn", gettext_lazy("does not answer")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.VIEW_NETWORK)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/network/: POST `do` = add or remove of a pool, by who may change the network."""
    if request.method == "POST":
        return _pool(request)
    return _show(request)


def _pool(request: gate.StaffRequest) -> HttpResponse:
    if not gate.may(request, permissions.MANAGE_NETWORK):
        return _show(request, wrong=_("Your role may not change the network."), status=403)
    do, typed = request.POST.get("do", ""), request.POST.get("pool", "")
    try:
        if do == "add":
            name, network = request.POST.get("name", "")[:64], request.POST.get("network", "")[:60]
            network_staff.add_pool(name, network, actor=request.actor, address=request.address)
        elif do == "remove" and read_id(typed):
            network_staff.remove_pool(read_id(typed), actor=request.actor, address=request.address)
        else:
            raise Http404
    except lines.NotANetwork:
        return _show(
            request, wrong=_("This is not a network: write it like 198.51.100.0/24, /16 at the largest."), status=422
        )
    except lines.PoolTaken as taken:
        text = _("«%(name)s» has that name, some of these addresses, or has given some out.") % {"name": taken}
        return _show(request, wrong=text, status=422)
    except lines.UnableToSetUp:
        return _show(request, wrong=_("Give the pool a name."), status=422)
    return HttpResponseRedirect(reverse("staff_network"))


def _show(request: gate.StaffRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    look = queries_staff.last_look()
    context = {
        "here": "staff_network",
        "servers": queries_staff.servers(),
        "kinds": KINDS,
        "pools": queries_staff.pools(),
        "look": look,
        "per_mille": 0 if look is None or not look.sessions else look.drifted * 1000 // look.sessions,
        "mended_day": queries_staff.drifted_since(clock.now()),
        "mended": queries_staff.mended(),
        "change_states": CHANGE_STATES,
        "moment": diagnosis.moment,
        "may_manage": gate.may(request, permissions.MANAGE_NETWORK),
        "wrong": wrong,
        "typed_name": request.POST.get("name", "")[:64],
        "typed_network": request.POST.get("network", "")[:60],
        "done": "" if wrong else request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/network.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_NETWORK)
def new(request: gate.StaffRequest) -> HttpResponse:
    """/staff/network/new/: an access server to be added."""
    return _save(request, None) if request.method == "POST" else _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_NETWORK)
def server(request: gate.StaffRequest, nas_id: int) -> HttpResponse:
    """/staff/network/<id>/: its settings; the secret is kept, and shown to nobody."""
    found = Nas.objects.filter(id=nas_id).first()
    if found is None:
        raise Http404
    return _save(request, found) if request.method == "POST" else _form(request, found)


@require_POST
@gate.permitted(permissions.MANAGE_NETWORK)
def check(request: gate.StaffRequest, nas_id: int) -> HttpResponse:
    """/staff/network/<id>/check/: is it there, and does it know the secret?"""
    try:
        answer = servers.try_connection(nas_id)
    except Nas.DoesNotExist:
        raise Http404 from None
    request.session[DONE_KEY] = "answers" if answer is not rules.Answer.SILENCE else "silent"
    return HttpResponseRedirect(reverse("staff_server", args=[nas_id]))


def read_id(text: str) -> int:
    """0 for what is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _save(request: gate.StaffRequest, found: Nas | None) -> HttpResponse:
    given = request.POST
    wanted = servers.Wanted(
        name=given.get("name", "")[:80],
        address=given.get("address", "")[:60],
        kind=given.get("kind", ""),
        secret=given.get("secret", "")[:200],
        coa_port=read_id(given.get("coa_port", "")),
        interim_seconds=read_id(given.get("interim_seconds", "")),
        swaps_octets="swaps_octets" in given,
        sends_authenticator="sends_authenticator" in given,
        is_on="is_on" in given,
    )
    try:
        saved = network_staff.save_server(
            found.pk if found else None, wanted, actor=request.actor, address=request.address
        )
    except servers.UnableToSave as refused:
        return _form(request, found, wanted=wanted, refused=refused)
    request.session[DONE_KEY] = "saved"
    return HttpResponseRedirect(reverse("staff_server", args=[saved.pk]))


def _form(
    request: gate.StaffRequest,
    found: Nas | None,
    *,
    wanted: servers.Wanted | None = None,
    refused: servers.UnableToSave | None = None,
) -> HttpResponse:
    shown = wanted or found or Nas(kind=NasKind.MIKROTIK)
    context = {
        "here": "staff_network",
        "found": found,
        "one": shown,
        "kinds": KINDS,
        "errors": dict.fromkeys(servers.Wanted._fields, "") | ({refused.field: _why(refused)} if refused else {}),
        "least": servers.SECRET_LEAST,
        "done": "" if refused else request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/server.html", context, status=422 if refused else 200)


def _why(refused: servers.UnableToSave) -> str:
    if isinstance(refused, servers.BadSecret):
        return _("The secret has 8 characters at least, without line breaks.")
    if isinstance(refused, servers.TakenAlready):
        return _("Another server has this name or this address.")
    if isinstance(refused, servers.BadAddress):
        return _("This is not an IPv4 address.")
    if isinstance(refused, servers.BadName):
        return _("Give it a name of 64 characters at most.")
    return _("A port is from 1 to 65535, the interim from 60 to 3600 seconds.")
