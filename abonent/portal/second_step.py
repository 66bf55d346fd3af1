"""Ways in beside the password alone: the code that is asked after it, and a passkey instead of it."""

from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.internal import flows as mfa_flows
from allauth.mfa.webauthn.internal import flows as webauthn_flows
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from abonent.core import clock, db
from abonent.identity import limits, passkeys, second_factor
from abonent.identity.models import User
from abonent.portal import sign_in

STAFF_SECONDS = 12 * 3600  # as after their password


class CodeForm(forms.Form):
    """Field `code`: of the app, or a recovery code; spaces are allowed."""

    code = forms.CharField(max_length=20, required=False)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """/login/code/: after the right password. POST `code`, or `credential`: what a passkey has signed."""
    stage = LoginStageController.enter(request, second_factor.Stage.key)
    if stage is None or request.user.is_authenticated:
        return HttpResponseRedirect(reverse("login"))
    user = stage.login.user
    error, status = "", 200
    if request.method == "POST":
        error, status = _take(request, user)
        if not error:
            response: HttpResponse = stage.exit()
            return response
    context = {
        "here": "login",
        "form": CodeForm(),
        "error": error,
        "by_app": second_factor.is_on(user.pk),
        "with_passkey": second_factor.has_passkey(user.pk) and passkeys.can_be_used(request),
    }
    return render(request, "portal/login_code.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@never_cache
def passkey_question(request: HttpRequest) -> HttpResponse:
    """/login/passkey/question/: what the browser is asked to sign; of one between password and code, his own only."""
    stage = LoginStageController.enter(request, second_factor.Stage.key)
    return JsonResponse(passkeys.ask_to_confirm(stage.login.user if stage else None))


@sensitive_post_parameters()
@require_http_methods(["POST"])
@never_cache
def passkey(request: HttpRequest) -> HttpResponse:
    """/login/passkey/: POST `credential` signs in, without number and password; `next` as at /login/."""
    refused = HttpResponseRedirect(f"{reverse('login')}?passkey=no")
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("cabinet"))
    try:
        found = passkeys.check(request.POST.get("credential", ""))
    except passkeys.UnableToUsePasskey:
        return refused
    user = found.user
    if not isinstance(user, User) or not user.is_active:
        return refused
    user.backend = sign_in.BACKEND
    if user.is_staff:
        request.session.set_expiry(STAFF_SECONDS)
    wanted = request.POST.get("next", "")
    if not sign_in.Adapter(request).is_safe_url(wanted):
        wanted = reverse("staff") if user.is_staff else reverse("cabinet")
    response: HttpResponse = webauthn_flows.perform_passwordless_login(
        request, found, Login(user=user, redirect_url=wanted)
    )
    return response


def _take(request: HttpRequest, user: User) -> tuple[str, int]:
    """What is wrong, and the status; "" where it fits."""
    try:
        taken = limits.take(limits.of_second_factor(user.pk), clock.now())
    except limits.TooManyTries as full:
        return sign_in.too_many_tries(full.minutes), 429
    if credential := request.POST.get("credential", ""):
        try:
            used = passkeys.check(credential, user=user)
        except passkeys.UnableToUsePasskey:
            return _("The passkey did not fit. Try once more, or type a code."), 200
    else:
        with db.atomic():
            used = second_factor.use(user.pk, request.POST.get("code", "")[:20])
        if used is None:
            return _("The code does not fit, or was used already. Wait for the next one in the app."), 200
    limits.give_back(taken)
    used.user = user
    mfa_flows.post_authentication(request, used)
    return "", 302
