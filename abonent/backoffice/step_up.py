"""The staff's own «is it you?»: before what a stolen session must not do, the password once more.

    @gate.permitted(permissions.MOVE_EVERYTHING)
    @step_up.before("begin")           # POST do=begin; without names: every POST
    def page(request): ...

Who has signed in or confirmed within ten minutes is not asked. The form that was sent waits and goes on by itself.
"""

import functools
from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_post_parameters

from abonent.backoffice import gate, screen
from abonent.identity import once_more, signed_in

View = Callable[..., HttpResponseBase]


def before(*does: str) -> Callable[[View], View]:
    def guarded(view: View) -> View:
        @sensitive_post_parameters(once_more.PASSWORD)
        @functools.wraps(view)
        def inner(request: gate.StaffRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            is_meant = request.method == "POST" and (not does or request.POST.get("do", "") in does)
            if not is_meant or signed_in.is_confirmed(request.session):
                return view(request, *args, **kwargs)
            if once_more.PASSWORD not in request.POST:
                return _ask(request)
            phone, typed = settings.PROFILE.contacts.support_phone, request.POST[once_more.PASSWORD]
            try:
                once_more.check(request.user, request.session, password=typed, passkey="", phone=phone)
            except once_more.NotHe as error:
                return _ask(request, str(error))
            return view(request, *args, **kwargs)

        return inner

    return guarded


def _ask(request: gate.StaffRequest, error: str = "") -> HttpResponse:
    context = {"here": "", "kept": once_more.kept(list(request.POST.lists())), "error": error}
    return screen.show(request, "backoffice/confirm.html", context, status=422 if error else 200)
