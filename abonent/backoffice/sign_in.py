"""The staff's own door: by name and password, within the same limits as everybody; and out of it."""

from collections.abc import Callable, Sequence
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account import views as allauth_views
from django import forms
from django.contrib.auth import logout as django_logout
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic.edit import FormView

from abonent.backoffice import gate
from abonent.identity.models import User

WORKDAY_SECONDS = 12 * 3600  # a browser left alone signs out by the next morning
PASSWORD_MAX_CHARS = 256  # hashing takes time by length too

# The demo's staff, shown beside the form; the demo, which stands above this floor, puts its own here.
staff_of_demo: Callable[[], Sequence[object]] = tuple


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """Fields `login` and `password`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            max_length=64, error_messages={"required": gettext_lazy("Type your name as the administrator gave it.")}
        )
        self.fields["password"] = forms.CharField(
            max_length=PASSWORD_MAX_CHARS,
            strip=False,
            error_messages={"required": gettext_lazy("Type your password.")},
        )

    def user_credentials(self) -> dict[str, Any]:
        return {**super().user_credentials(), "staff": True}

    def _clean_with_password(self, credentials: dict[str, Any]) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super()._clean_with_password(credentials)
        except forms.ValidationError as error:
            if error.code != "username_password_mismatch":
                raise
            said = gettext("The name or the password does not fit. Look at the keyboard layout and Caps Lock.")
            raise forms.ValidationError(said, code=error.code) from None
        return cleaned

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        request.session.set_expiry(WORKDAY_SECONDS)
        return response


class SignIn(allauth_views.LoginView):  # type: ignore[misc]  # allauth has no types
    """GET may come with `next`: only a page of the workplace is gone back to."""

    form_class = SignInForm
    template_name = "backoffice/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.is_staff:
            return HttpResponseRedirect(self.get_success_url())
        request.user = AnonymousUser()  # a subscriber's session ends when one of the staff signs in over it
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_success_url(self) -> str:
        wanted = str(self.get_next_url() or "")
        return wanted if wanted.startswith(gate.HOME) else gate.HOME

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """`form`, `next`, `staff`."""
        # Past allauth's own, which asks for the addresses of sign-up.
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        return context | {"next": self.get_next_url() or "", "staff": staff_of_demo()}

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for error in form.errors.as_data().get(NON_FIELD_ERRORS, []):
            if error.code == "too_many_login_attempts":
                response.status_code = 429
                response.headers["Retry-After"] = str(error.params["minutes"] * 60)
        return response


login = SignIn.as_view()


@require_POST
@gate.any_staff
def logout(request: HttpRequest) -> HttpResponse:
    """POST /staff/logout/: a link on another site must not sign anybody out."""
    django_logout(request)
    return HttpResponseRedirect(reverse("staff_login"))
