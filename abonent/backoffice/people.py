"""The staff: who they are and when they were here, invited, blocked, helped; and the own password of each."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.core import clock
from abonent.identity import permissions, roles, signed_in, staff, users
from abonent.identity.models import Role
from abonent.support import queries as support
from abonent.ui import formats, words

DONE_KEY = "people_done"


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_STAFF)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/people/: POST `do`: invite (`name`, `role`), block, let_in, second_factor, password (of `user`); `why`."""
    problem, issued, whose = "", "", ""
    if request.method == "POST":
        do = request.POST.get("do", "")
        by = staff.Asker(
            request.user.pk, request.actor, request.granted, request.POST.get("why", "").strip()[:300], request.address
        )
        try:
            if not by.why:
                raise Refused(_("Write why: it stands in the log."))
            if do == "invite":
                made, issued = staff.invite(request.POST.get("name", ""), request.POST.get("role", ""), by)
                whose = made.username
            else:
                issued = _do(request, do, by)
                whose = request.POST.get("name", "")[:64]
                if not issued:
                    return HttpResponseRedirect(reverse("staff_people"))
        except Refused as refused:
            problem = str(refused)
        except (staff.UnableToKeep, roles.LastKeeper, users.UnableToCreateUser) as refused:
            problem = _why_not(refused)
    language = formats.language()
    found = Role.objects.order_by("id")
    context = {
        "here": "staff_people",
        "people": staff.people(),
        "operators": {one.user_id: one for one in support.all_operators()},
        "topics": words.TOPICS,
        "names": {one.pk: one.name_en if language == "en" else one.name_ru for one in found},
        "may_give": [one for one in found if set(one.permissions) <= request.granted],
        "granted": request.granted,
        "own_id": request.user.pk,
        "local": clock.local,
        "typed": {name: request.POST.get(name, "") if problem else "" for name in ("name", "role", "why")},
        "issued": issued,
        "whose": whose,
        "done": request.session.pop(DONE_KEY, "") if not problem else "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/people.html", context, status=422 if problem else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@gate.any_staff
def password(request: gate.StaffRequest) -> HttpResponse:
    """/staff/password/: POST `old`, `new`: his own. Who was given one chooses another before anything else."""
    problem, problems = "", []
    if request.method == "POST":
        try:
            user = staff.choose_password(
                request.user.pk, old=request.POST.get("old", "")[:200], new=request.POST.get("new", "")[:200],
                address=request.address,
            )  # fmt: skip
            signed_in.keep_through(request, user)
            return HttpResponseRedirect(reverse("staff"))
        except staff.WrongPassword:
            problem = _("This is not the password you have now.")
        except ValidationError as error:
            problems = error.messages
    context = {
        "here": "",
        "must": request.user.password_must_change,
        "problem": problem,
        "problems": problems,
    }
    return screen.show(request, "backoffice/own_password.html", context, status=422 if problem or problems else 200)


class Refused(Exception):
    """Its text says what to do instead."""


def _do(request: gate.StaffRequest, do: str, by: staff.Asker) -> str:
    """The password to be shown once, or ""."""
    typed = request.POST.get("user", "")
    user_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    if do == "password":
        return staff.issue_password(user_id, by)
    acts: dict[str, tuple[Callable[[int, staff.Asker], object], str]] = {
        "block": (staff.block, _("Blocked: he is out, and signs in no more.")),
        "let_in": (staff.let_in, _("He may sign in again.")),
        "second_factor": (staff.reset_second_factor, _("His second factor is reset; he sets another up.")),
    }
    if do not in acts:
        raise Refused(_("Choose what is to be done."))
    act, said = acts[do]
    act(user_id, by)
    request.session[DONE_KEY] = said
    return ""


def _why_not(refused: Exception) -> str:
    if isinstance(refused, users.NameTaken):
        return _("Somebody has this name already. Choose another.")
    if isinstance(refused, users.NameNotAllowed):
        return _("A name is 2 to 64 of a-z, 0-9, dot, dash and underscore, and not all digits.")
    said: dict[type[Exception], str] = {
        staff.MayMore: _("Nobody gives what he may not do himself: ask somebody who may."),
        staff.Himself: _("Nobody does this to himself: ask a colleague."),
        staff.NotThere: _("Choose one of the staff and a role."),
        roles.LastKeeper: _("Nobody would be left who may manage the staff."),
        users.RoleNotFound: _("Choose one of the staff and a role."),
    }
    return said[type(refused)]
