"""Whose pages these are: every page of the account gets its contract here.

It is chosen in the session and looked up anew on each request among the contracts of the signed-in user.
Nothing is ever looked up by a bare number or id.
"""

import functools
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from abonent.core import audit, db
from abonent.identity import seeing, signed_in
from abonent.identity.models import User
from abonent.subscribers import contracts, queries
from abonent.ui import client

CHOSEN_KEY = "contract_number"  # in the session
CABINET = "/cabinet/"
CHANGE_PASSWORD = "/cabinet/password/"
# What staff may look at as its owner sees it; what is between him and his secrets is not among them.
SHOWN_TO_STAFF = frozenset(
    {
        "cabinet", "cabinet_services", "internet", "tariff", "addons", "history", "receipt", "devices", "documents",
        "document", "statement", "pay", "cards", "autopay", "deferred", "resume", "pause",
    }
)  # fmt: skip


class OwnRequest(HttpRequest):
    """A request that `signed_in_subscriber` let through."""

    user: User
    contract: queries.OwnContract  # the chosen one
    contracts: list[queries.OwnContract]  # all of the person's, the chosen one among them


View = Callable[..., HttpResponse]


def signed_in_subscriber(view: View) -> View:
    """Let only a signed-in subscriber in, with `request.contract`, `request.contracts` and `request.user`.

    Others go to sign in and come back. Who has a password of ours changes it first, if the profile says so.
    """
    return _let_in(view, with_issued_password=False)


def signed_in_even_with_issued_password(view: View) -> View:
    """The same for the page where the password is changed."""
    return _let_in(view, with_issued_password=True)


def current(request: HttpRequest) -> queries.OwnContract:
    """The contract chosen in the session if it is still the user's, else his first.

    Raises Http404 for a user who has none.
    """
    known: queries.OwnContract | None = getattr(request, "contract", None)
    if known is not None:
        return known
    found = own(request)
    if not found:
        raise Http404
    chosen = request.session.get(CHOSEN_KEY)
    return next((one for one in found if one.number == chosen), found[0])


def choose(request: HttpRequest, number: str) -> queries.OwnContract:
    """Move to another contract of the same person. Raises Http404: for a stranger's as for nobody's."""
    number = contracts.tidy_number(number)
    for one in own(request):
        if one.number == number:
            request.session[CHOSEN_KEY] = number
            return one
    raise Http404


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and from there back to the page that was asked for, or that the form stood on."""
    if request.method in ("GET", "HEAD") and not getattr(request, "htmx", False):
        wanted = request.get_full_path()
    else:
        wanted = page_of(request)
    return redirect(request, f"{settings.LOGIN_URL}?{urlencode({'next': wanted}, safe='/')}")


def redirect(request: HttpRequest, address: str) -> HttpResponse:
    """The whole page goes there, also when htmx asked for a part of it."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _let_in(view: View, *, with_issued_password: bool) -> View:
    @never_cache
    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user: User | AnonymousUser = request.user
        if not isinstance(user, User):
            return to_sign_in(request)
        if user.is_staff and seeing.KEY in request.session:
            _let_look(request, user)
            return view(request, *args, **kwargs)
        if user.password_must_change and not with_issued_password:
            return redirect(request, CHANGE_PASSWORD)
        request.contract = current(request)  # type: ignore[attr-defined]
        signed_in.note(request)
        return view(request, *args, **kwargs)

    return inner


def _let_look(request: HttpRequest, staff: User) -> None:
    """One of the staff who has opened this account sees the page as its owner does; the look is in the log.

    Raises Http404 (another page, too late, not his right any more) or PermissionDenied (he wants to change something).
    """
    contract_id = seeing.of(request.session, staff)
    if contract_id is None:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        raise PermissionDenied
    owner = User.objects.filter(customer__contracts__id=contract_id, is_active=True).first()
    found = queries.contracts_of(owner.pk) if owner is not None else []
    chosen = next((one for one in found if one.id == contract_id), None)
    name = request.resolver_match.url_name if request.resolver_match is not None else ""
    if owner is None or chosen is None or name not in SHOWN_TO_STAFF:
        raise Http404
    with db.atomic():
        audit.record(
            actor=staff.username, action="backoffice.look_as_owner", subject=f"contract:{contract_id}",
            new={"page": request.path}, address=client.address(request) or None,
        )  # fmt: skip
    request.user = owner
    request.seen_by = staff.username  # type: ignore[attr-defined]  # the frame says so
    request.contracts, request.contract = found, chosen  # type: ignore[attr-defined]


def own(request: HttpRequest) -> list[queries.OwnContract]:
    """All contracts of the signed-in user; none of a guest or of staff."""
    user = request.user
    if not isinstance(user, User):
        return []
    found: list[queries.OwnContract] | None = getattr(request, "contracts", None)
    if found is None:
        # He came with them, unless he has signed in within this very request.
        found = getattr(user, "contracts", None)
        if found is None:
            found = queries.contracts_of(user.pk)
        request.contracts = found  # type: ignore[attr-defined]
    return found


def page_of(request: HttpRequest, but: str = CABINET) -> str:
    """The page of ours from which a form or a part was sent; `but`: where none is told."""
    referer = request.headers.get("Referer", "")
    parts = urlsplit(referer)
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    if not ours or not parts.netloc:
        return but
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@require_POST
@signed_in_subscriber
def switch(request: HttpRequest, number: str = "") -> HttpResponse:
    """POST with the number in the address or as `contract`: to it, on the page `next` of the account."""
    choose(request, number or request.POST.get("contract", ""))
    wanted = request.POST.get("next", "")
    # Only a page of the account: what is shown there is looked up anew through the chosen contract.
    return HttpResponseRedirect(wanted if wanted.startswith(CABINET) else CABINET)
