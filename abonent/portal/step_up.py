"""Once more, please: what a stolen session must not do asks for the password or a passkey first.

    @scope.signed_in_subscriber
    @step_up.before("bind")            # POST do=bind; without names: every POST
    def page(request): ...

Who has signed in or confirmed within ten minutes is not asked. The form that was sent waits in the page that asks, and
goes on by itself: nothing is typed twice.
"""

import functools
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from abonent.core import clock
from abonent.identity import limits, passkeys, second_factor, signed_in
from abonent.portal import scope, sign_in

PASSWORD, PASSKEY = "confirm_password", "confirm_passkey"
MOST_KEPT_CHARS = 20_000

View = Callable[..., HttpResponse]


def before(*does: str) -> Callable[[View], View]:
    def guarded(view: View) -> View:
        @sensitive_post_parameters(PASSWORD)
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            is_meant = request.method == "POST" and (not does or request.POST.get("do", "") in does)
            if not is_meant or signed_in.is_confirmed(request.session):
                return view(request, *args, **kwargs)
            own = cast(scope.OwnRequest, request)
            if PASSWORD not in request.POST and PASSKEY not in request.POST:
                return _ask(own)
            error = _check(own)
            if error:
                return _ask(own, error)
            signed_in.confirm(request.session)
            return view(request, *args, **kwargs)

        return inner

    return guarded


def _check(own: scope.OwnRequest) -> str:
    """What is wrong, "" where it is he."""
    if own.POST.get(PASSKEY):
        try:
            passkeys.check(own.POST[PASSKEY], user=own.user)
        except passkeys.UnableToUsePasskey:
            return _("The passkey did not fit. Try once more, or type the password.")
        return ""
    typed = own.POST.get(PASSWORD, "")[: sign_in.PASSWORD_MAX_CHARS]
    if not typed:
        return _("Type the password you sign in with now.")
    try:
        taken = limits.take(limits.of_change(own.user.pk), clock.now())
    except limits.TooManyTries as full:
        return sign_in.too_many_tries(full.minutes)
    if not own.user.check_password(typed):
        return _("That is not the password you sign in with now.")
    limits.give_back(taken)
    return ""


def _ask(own: scope.OwnRequest, error: str = "") -> HttpResponse:
    skipped = {"csrfmiddlewaretoken", PASSWORD, PASSKEY}
    kept = [(name, value) for name, values in own.POST.lists() if name not in skipped for value in values]
    context = {
        "here": "",
        "kept": kept if sum(len(value) for _name, value in kept) <= MOST_KEPT_CHARS else [],
        "error": error,
        "with_passkey": passkeys.can_be_used(own) and second_factor.has_passkey(own.user.pk),
    }
    return render(own, "portal/confirm.html", context, status=422 if error else 200)
