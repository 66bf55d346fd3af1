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

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from abonent.identity import once_more, passkeys, second_factor, signed_in
from abonent.portal import scope

View = Callable[..., HttpResponse]


def before(*does: str) -> Callable[[View], View]:
    def guarded(view: View) -> View:
        @sensitive_post_parameters(once_more.PASSWORD)
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            is_meant = request.method == "POST" and (not does or request.POST.get("do", "") in does)
            if not is_meant or signed_in.is_confirmed(request.session):
                return view(request, *args, **kwargs)
            own = cast(scope.OwnRequest, request)
            if once_more.PASSWORD not in request.POST and once_more.PASSKEY not in request.POST:
                return _ask(own)
            try:
                once_more.check(
                    own.user,
                    own.session,
                    password=own.POST.get(once_more.PASSWORD, ""),
                    passkey=own.POST.get(once_more.PASSKEY, ""),
                    phone=settings.PROFILE.contacts.support_phone,
                )
            except once_more.NotHe as error:
                return _ask(own, str(error))
            return view(request, *args, **kwargs)

        return inner

    return guarded


def _ask(own: scope.OwnRequest, error: str = "") -> HttpResponse:
    context = {
        "here": "",
        "kept": once_more.kept(list(own.POST.lists())),
        "error": error,
        "with_passkey": passkeys.can_be_used(own) and second_factor.has_passkey(own.user.pk),
    }
    return render(own, "portal/confirm.html", context, status=422 if error else 200)
