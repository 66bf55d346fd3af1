"""Who may open a page of the workplace: every view under /staff/ passes here.

A stranger goes to sign in and comes back; a subscriber is refused; one of the staff whose role lacks the permission
is told what it is and whom to ask. Nothing of the view has run by then.
"""

import functools
from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from abonent.backoffice import screen
from abonent.core import audit, db
from abonent.identity import permissions, queries, second_factor
from abonent.identity.models import User
from abonent.ui import client

HOME = "/staff/"
SECURITY = "/staff/security/"
PASSWORD = "/staff/password/"  # who was given one chooses another there
UNGUARDED = (SECURITY, PASSWORD, "/staff/logout/")  # what opens to who must have a second factor and has none yet


class StaffRequest(HttpRequest):
    """A request that one of the two decorators let through."""

    user: User
    granted: frozenset[str]  # the permissions of his role
    actor: str  # for the audit log
    address: str | None  # of the browser, for the audit log


View = Callable[..., HttpResponseBase]


def permitted(*any_of: str) -> Callable[[View], View]:
    """Let in the staff whose role has one of these permissions of identity.permissions, as a StaffRequest."""
    assert any_of, "name a permission, or take `any_staff`"

    def guarded(view: View) -> View:
        return _guard(view, any_of)

    return guarded


def any_staff(view: View) -> View:
    """Let in all of the staff: the first page, the search's own door, signing out."""
    return _guard(view, ())


def may(request: StaffRequest, permission: str) -> bool:
    """permission: of identity.permissions."""
    return permissions.may(request.granted, permission)


def looked(
    request: StaffRequest,
    subject: str,
    action: str = "backoffice.look",
    why: str = "",
    new: dict[str, object] | None = None,
) -> None:
    """Note that one of the staff has seen somebody's personal data.

    subject: "<noun>:<id>".   why: "talk:1183", "request:17" (backoffice.because), or words; its owner reads it.
    """
    with db.atomic():
        audit.record(actor=request.actor, action=action, subject=subject, new=new, why=why, address=request.address)


def _guard(view: View, any_of: tuple[str, ...]) -> View:
    @never_cache
    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return _to_sign_in(request)
        if not user.is_staff:
            raise PermissionDenied
        own = cast(StaffRequest, request)
        own.granted = frozenset(user.role.permissions if user.role else ())
        own.actor, own.address = user.username, client.address(request) or None
        if not request.path.startswith(UNGUARDED):
            if user.password_must_change:
                return HttpResponseRedirect(PASSWORD)
            if second_factor.is_missing(user):
                return HttpResponseRedirect(SECURITY)
        if any_of and not any(may(own, one) for one in any_of):
            return refuse(own, any_of)
        return view(own, *args, **kwargs)

    inner.permissions = any_of  # type: ignore[attr-defined]  # the walk of every address reads them
    return inner


def refuse(request: StaffRequest, any_of: tuple[str, ...]) -> HttpResponse:
    """What the role lacks, and whom to ask."""
    context = {
        "here": "",
        "needed": [permissions.DESCRIPTIONS[one] for one in any_of],
        "roles": queries.roles_with(any_of),
        "keepers": queries.staff_with(permissions.MANAGE_STAFF),
    }
    return screen.show(request, "backoffice/refused.html", context, status=403)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """And from there back to the page that was asked for; a form is not sent again by itself."""
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else HOME
    address = f"{reverse('staff_login')}?{urlencode({'next': wanted}, safe='/')}"
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
