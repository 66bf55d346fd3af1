"""One's own door: codes of an app, passkeys, where one is signed in, and what happened. Changes ask who it is first."""

from typing import cast

import segno
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from markupsafe import Markup

from abonent.core import clock
from abonent.flows import protect
from abonent.identity import app_tokens, passkeys, second_factor, signed_in
from abonent.identity.models import AppToken
from abonent.portal import browsers, cards, own_log, scope, sign_in, step_up

DONE_KEY = "security_done"  # in the session: the next page tells what was done


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
@step_up.before("app_off", "codes", "passkey_remove")
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/security/: POST does `app_off`, `codes`, `passkey_remove`, `end`, `end_app` or `end_others`."""
    own = cast(scope.OwnRequest, request)
    if request.method != "POST":
        return _page(own)
    do, address = request.POST.get("do", ""), sign_in.client_address(request) or None
    contract_id = own.contract.id
    try:
        if do == "app_off":
            protect.switch_app_off(own.user, contract_id=contract_id, address=address)
            done = _("Codes of the app are switched off.")
        elif do == "codes":
            return _codes(own, protect.renew_codes(own.user, contract_id=contract_id, address=address))
        elif do == "passkey_remove":
            passkey_id = cards.read_id(request.POST.get("passkey", ""))
            protect.remove_passkey(own.user, passkey_id=passkey_id, contract_id=contract_id, address=address)
            done = _("The passkey is removed. Remove it on its device too, if you have the device.")
        elif do == "end":
            signed_in_id = cards.read_id(request.POST.get("session", ""))
            protect.end_session(own.user, signed_in_id=signed_in_id, address=address)
            done = _("That browser is signed out.")
        elif do == "end_app":
            token_id = cards.read_id(request.POST.get("app", ""))
            protect.end_app(own.user, token_id=token_id, address=address, at=clock.now())
            done = _("That app is signed out.")
        elif do == "end_others":
            device = request.COOKIES.get(sign_in.DEVICE_COOKIE, "")
            count = protect.end_other_sessions(own.user, session=request.session, device=device, address=address)
            said = ngettext(
                "%(n)s browser is signed out. Only this one stays.",
                "%(n)s browsers are signed out. Only this one stays.",
                count,
            )
            done = said % {"n": count}
        else:
            raise Http404
    except (Authenticator.DoesNotExist, UserSession.DoesNotExist, AppToken.DoesNotExist):
        raise Http404 from None
    return _back(own, done)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
@step_up.before()
def app(request: HttpRequest) -> HttpResponse:
    """/cabinet/security/app/: the QR code for the app; POST `code`, its first one, switches it on."""
    own = cast(scope.OwnRequest, request)
    if second_factor.is_on(own.user.pk):
        return _back(own, "")
    secret, error = second_factor.pending_secret(request), ""
    if request.method == "POST":
        try:
            codes = protect.switch_app_on(
                own.user,
                secret=secret,
                code=request.POST.get("code", "")[:20],
                contract_id=own.contract.id,
                address=sign_in.client_address(request) or None,
            )
            second_factor.forget_pending(request)
            return _codes(own, codes)
        except second_factor.UnableToSwitchOn:
            error = _("The code does not fit. Look whether the clock of the phone is right, and type the next one.")
    drawn = segno.make(second_factor.address_of(secret, own.contract.number), error="m", boost_error=False)
    context = {
        "here": "security",
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "qr": Markup(drawn.svg_inline(omitsize=True, border=4, light="#fff", title=_("QR code for the app"))),
        "error": error,
    }
    return render(own, "portal/security_app.html", context, status=422 if error else 200)


@require_safe
@scope.signed_in_subscriber
def passkey_question(request: HttpRequest) -> HttpResponse:
    """/cabinet/security/passkey/question/: what the browser is asked to make, or with ?for=confirm to sign."""
    own = cast(scope.OwnRequest, request)
    if request.GET.get("for") == "confirm":
        return JsonResponse(passkeys.ask_to_confirm(own.user))
    return JsonResponse(passkeys.ask_to_add(own.user))


@sensitive_post_parameters()
@require_http_methods(["POST"])
@scope.signed_in_subscriber
@step_up.before()
def passkey(request: HttpRequest) -> HttpResponse:
    """/cabinet/security/passkey/: POST `credential` and `name` keeps the passkey that the browser has made."""
    own = cast(scope.OwnRequest, request)
    browser = browsers.name(request.headers.get("User-Agent", ""))
    name = request.POST.get("name", "").strip() or browser or _("Passkey")
    try:
        protect.add_passkey(
            own.user,
            name=name,
            answer=request.POST.get("credential", ""),
            contract_id=own.contract.id,
            address=sign_in.client_address(request) or None,
        )
    except passkeys.UnableToUsePasskey:
        return _page(own, problem=_("The device did not make a passkey. Try once more."))
    except passkeys.TooMany:
        return _page(
            own, problem=_("%(n)s passkeys are kept already. Remove one of them first.") % {"n": passkeys.MOST}
        )
    return _back(own, _("The passkey is added: next time sign in with it, without number and password."))


@require_safe
@scope.signed_in_subscriber
def log(request: HttpRequest) -> HttpResponse:
    """/cabinet/security/log/: all that is kept of it, the newest first."""
    own = cast(scope.OwnRequest, request)
    return render(own, "portal/security_log.html", {"here": "security", "lines": own_log.of(own, own_log.LONG)})


def _page(own: scope.OwnRequest, problem: str = "") -> HttpResponse:
    context = {
        "here": "security",
        "state": second_factor.state(own.user.pk),
        "passkeys": passkeys.of_user(own.user.pk),
        "passkeys_work": passkeys.can_be_used(own),
        "is_fresh": signed_in.is_confirmed(own.session),
        "name_chars": passkeys.NAME_CHARS,
        "sessions": [
            (one, browsers.name(one.browser) or _("Unknown browser"), browsers.system(one.browser) in browsers.MOBILE)
            for one in signed_in.of_user(own.user.pk, own.session)
        ],
        "apps": app_tokens.of_user(own.user),
        "when_app": own_log.when,
        "when": own_log.when_really,
        "lines": own_log.of(own, own_log.SHORT),
        "done": own.session.pop(DONE_KEY, "") if own.method == "GET" else "",
        "problem": problem,
    }
    return render(own, "portal/security.html", context, status=422 if problem else 200)


def _codes(own: scope.OwnRequest, codes: list[str]) -> HttpResponse:
    """Shown by this one answer only."""
    if not codes:
        raise Http404
    context = {"here": "security", "codes": [f"{code[:4]} {code[4:]}" for code in codes]}
    return render(own, "portal/security_codes.html", context)


def _back(own: scope.OwnRequest, done: str) -> HttpResponse:
    own.session[DONE_KEY] = done
    return HttpResponse(status=303, headers={"Location": reverse("security")})
