"""Who of the staff may what: roles as a table of permissions, each edited on its page; who has which."""

from __future__ import annotations

import json
from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.core import money
from abonent.identity import permissions, roles
from abonent.identity.models import Role, User
from abonent.ui import formats

DONE_KEY = "role_done"
SALT = "abonent.backoffice.roles"
NEW = "new"
MOST_WHY_CHARS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_STAFF)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/roles/: every role beside every permission, and who has it; POST `user`, `role`, `why` gives another."""
    problem = _give(request) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        request.session[DONE_KEY] = _("The role is given.")
        return HttpResponseRedirect(reverse("staff_roles"))
    staff = roles.staff_by_role()
    found = list(Role.objects.order_by("id"))
    context = {
        "here": "staff_roles",
        "roles": [(one, _name(one), set(one.permissions), staff.get(one.pk, [])) for one in found],
        "names": {one.code: _name(one) for one in found},
        "permissions": permissions.DESCRIPTIONS,
        "done": request.session.pop(DONE_KEY, ""),
        "problem": problem,
    }
    return screen.show(request, "backoffice/roles.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_STAFF)
def one(request: gate.StaffRequest, code: str) -> HttpResponse:
    """/staff/roles/<code>/: its names, its permissions, the largest sum of one act; `new`: another role."""
    role = None if code == NEW else Role.objects.filter(code=code).first()
    if role is None and code != NEW:
        raise Http404
    problem = ""
    if request.method == "POST":
        problem = _save(request, role)
        if not problem:
            request.session[DONE_KEY] = _("The role is kept.")
            return HttpResponseRedirect(reverse("staff_roles"))
    typed = request.POST
    said = (
        roles.facts(role) if role is not None else {"name_ru": "", "name_en": "", "permissions": [], "most_kop": None}
    )
    limit = money.plain(said["most_kop"]).replace(".", ",") if said["most_kop"] else ""
    context = {
        "here": "staff_roles",
        "role": role,
        "name": _name(role) if role is not None else "",
        "code": typed.get("code", ""),
        "name_ru": typed.get("name_ru", said["name_ru"]),
        "name_en": typed.get("name_en", said["name_en"]),
        "limit": typed.get("limit", limit),
        "ticked": typed.getlist("permission") if request.method == "POST" else said["permissions"],
        "permissions": permissions.DESCRIPTIONS,
        "why": typed.get("why", ""),
        "seen": signing.dumps(json.dumps(said if role is not None else None), salt=SALT),
        "problem": problem,
    }
    return screen.show(request, "backoffice/role.html", context, status=422 if problem else 200)


def _save(request: gate.StaffRequest, role: Role | None) -> str:
    """What is wrong; "" where it is kept."""
    typed, why = request.POST, request.POST.get("why", "").strip()[:MOST_WHY_CHARS]
    if not why:
        return _("Write why: it stands in the log.")
    wanted = frozenset(typed.getlist("permission"))
    if not wanted <= set(permissions.DESCRIPTIONS):
        return _("Choose among the permissions below.")
    if wanted - request.granted:
        return _("Nobody gives what he may not do himself: ask somebody who may.")
    try:
        most_kop = money.parse(typed["limit"]) if typed.get("limit", "").strip() else None
        seen: dict[str, Any] | None = json.loads(signing.loads(typed.get("seen", ""), salt=SALT))
        given = roles.Given(typed.get("name_ru", ""), typed.get("name_en", ""), wanted, most_kop or None)
        code = role.code if role is not None else typed.get("code", "").strip().lower()
        roles.keep(code, given, seen=seen, actor=request.actor, why=why, address=request.address)
    except money.UnableToParse:
        return _("Write the sum as 1 500,00.")
    except roles.BadCode:
        return _("A code is 2 to 40 of a-z, 0-9 and dash, and begins with a letter.")
    except roles.NoName:
        return _("Write the name in both languages.")
    except roles.LastKeeper:
        return _("Nobody would be left who may manage the staff.")
    except (roles.ChangedMeanwhile, signing.BadSignature):
        return _("A colleague has changed the role meanwhile, or there is one with this code. Look at it anew.")
    return ""


def _give(request: gate.StaffRequest) -> str:
    """What is wrong; "" where it is given."""
    why, code, typed = request.POST.get("why", "").strip(), request.POST.get("role", ""), request.POST.get("user", "")
    role = Role.objects.filter(code=code).first()
    if role is None or not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        return _("Choose one of the staff and a role.")
    if not why:
        return _("Write why: it stands in the log.")
    if set(role.permissions) - request.granted:
        return _("Nobody gives what he may not do himself: ask somebody who may.")
    try:
        roles.give(int(typed), code, actor=request.actor, why=why[:MOST_WHY_CHARS], address=request.address)
    except User.DoesNotExist:
        return _("Choose one of the staff and a role.")
    except roles.LastKeeper:
        return _("Nobody would be left who may manage the staff.")
    return ""


def _name(role: Role) -> str:
    return role.name_en if formats.language() == "en" else role.name_ru
