"""The door of one of the staff himself: codes of an app and passkeys; who must have a second factor sets it up here."""

from collections.abc import Callable
from urllib.parse import urlencode

import segno
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout as django_logout
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from markupsafe import Markup

from abonent.backoffice import gate, screen
from abonent.flows import protect
from abonent.identity import passkeys, second_factor, signed_in

DONE_KEY = "staff_security_done"  # in the session: the next page tells what was done


class Refused(Exception):
    """Its text says what to do instead."""


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@gate.any_staff
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/security/: POST does `app_on` (`code`), `codes`, `app_off`, `passkey` (`credential`), `passkey_remove`."""
    if request.method != "POST":
        return _page(request)
    if not signed_in.is_confirmed(request.session):
        return _once_more(request)
    do = _DOES.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        done = do(request)
    except Refused as refused:
        return _page(request, str(refused))
    except Authenticator.DoesNotExist:
        raise Http404 from None
    if isinstance(done, list):
        return _codes(request, done)
    request.session[DONE_KEY] = done
    return HttpResponse(status=303, headers={"Location": reverse("staff_security")})


def _app_on(request: gate.StaffRequest) -> list[str]:
    secret, code = second_factor.pending_secret(request), request.POST.get("code", "")[:20]
    try:
        codes = protect.switch_app_on(request.user, secret=secret, code=code, contract_id=None, address=request.address)
    except second_factor.UnableToSwitchOn:
        raise Refused(
            _("The code does not fit. Look whether the clock of the phone is right, and type the next one.")
        ) from None
    second_factor.forget_pending(request)
    return codes


def _renew(request: gate.StaffRequest) -> list[str]:
    return protect.renew_codes(request.user, contract_id=None, address=request.address)


def _app_off(request: gate.StaffRequest) -> str:
    if not second_factor.may_lose(request.user, app=True):
        raise Refused(_("A second factor is required of the staff: add a passkey first."))
    protect.switch_app_off(request.user, contract_id=None, address=request.address)
    return _("Codes of the app are switched off.")


def _passkey(request: gate.StaffRequest) -> str:
    name = request.POST.get("name", "").strip() or _("Passkey")
    answer = request.POST.get("credential", "")
    try:
        protect.add_passkey(request.user, name=name, answer=answer, contract_id=None, address=request.address)
    except passkeys.UnableToUsePasskey:
        raise Refused(_("The device did not make a passkey. Try once more.")) from None
    except passkeys.TooMany:
        many = _("%(n)s passkeys are kept already. Remove one of them first.") % {"n": passkeys.MOST}
        raise Refused(many) from None
    return _("The passkey is added.")


def _passkey_remove(request: gate.StaffRequest) -> str:
    if not second_factor.may_lose(request.user, app=False):
        raise Refused(_("A second factor is required of the staff: switch codes of an app on first."))
    typed = request.POST.get("passkey", "")
    passkey_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 18 else 0
    protect.remove_passkey(request.user, passkey_id=passkey_id, contract_id=None, address=request.address)
    return _("The passkey is removed. Remove it on its device too, if you have the device.")


_DOES: dict[str, Callable[[gate.StaffRequest], str | list[str]]] = {
    "app_on": _app_on,
    "codes": _renew,
    "app_off": _app_off,
    "passkey": _passkey,
    "passkey_remove": _passkey_remove,
}


@require_safe
@gate.any_staff
def question(request: gate.StaffRequest) -> HttpResponse:
    """/staff/security/question/: what the browser is asked to make."""
    return JsonResponse(passkeys.ask_to_add(request.user))


def _page(request: gate.StaffRequest, problem: str = "") -> HttpResponse:
    state, qr, secret = second_factor.state(request.user.pk), "", ""
    if not state.is_on:
        secret = second_factor.pending_secret(request)
        drawn = segno.make(second_factor.address_of(secret, request.user.username), error="m", boost_error=False)
        qr = Markup(drawn.svg_inline(omitsize=True, border=4, light="#fff", title=_("QR code for the app")))
    context = {
        "here": "",
        "state": state,
        "required": second_factor.is_missing(request.user),
        "passkeys": passkeys.of_user(request.user.pk),
        "passkeys_work": passkeys.can_be_used(request),
        "name_chars": passkeys.NAME_CHARS,
        "qr": qr,
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "codes": [],
        "done": request.session.pop(DONE_KEY, "") if request.method == "GET" else "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/security.html", context, status=422 if problem else 200)


def _codes(request: gate.StaffRequest, codes: list[str]) -> HttpResponse:
    """Shown by this one answer only."""
    if not codes:
        raise Http404
    shown = [f"{code[:4]} {code[4:]}" for code in codes]
    return screen.show(request, "backoffice/security.html", {"here": "", "codes": shown})


def _once_more(request: gate.StaffRequest) -> HttpResponse:
    """Signed in too long ago to change how one signs in: signs in again, and comes back."""
    django_logout(request)
    address = f"{reverse('staff_login')}?{urlencode({'next': reverse('staff_security')}, safe='/')}"
    return HttpResponseRedirect(address)
