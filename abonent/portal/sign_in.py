"""Signing in by a contract's number, and signing out; how allauth is told to do it our way."""

from collections.abc import Callable, Sequence
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account import views as allauth_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django import forms
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.generic.edit import FormView

from abonent.core import audit, clock, db
from abonent.flows import entering
from abonent.identity import devices, limits, passkeys, signed_in
from abonent.identity.models import User
from abonent.notifications import push_devices
from abonent.portal import browsers
from abonent.subscribers import queries as subscribers
from abonent.ui import client

DEVICE_COOKIE = "device"
PASSWORD_MAX_CHARS = 256  # hashing takes time by length too

# The demo's people, shown beside the form; the demo, which stands above this floor, puts its own here.
cast_of_demo: Callable[[], Sequence[object]] = tuple


class ContractNumberBackend(BaseBackend):
    """Any of a person's contract numbers leads to his user; a staff name, with `staff`, to one of the staff.

    A name that nobody has costs one hashing too, so that the time tells nothing.
    """

    def authenticate(  # type: ignore[override]  # the credentials are named
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        staff: bool = False,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = entering.find(username, staff=staff)
        return user if entering.password_fits(user, password) else None

    def get_user(self, user_id: int) -> User | None:
        """With his contracts, which scope.py hands to the page: one statement for both."""
        found = subscribers.signed_in(user_id)
        if found is None:
            return None
        found.user.contracts = found.contracts  # type: ignore[attr-defined]  # identity does not know contracts
        return found.user


BACKEND = f"{__name__}.{ContractNumberBackend.__name__}"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What of allauth is ours: no sign-up, our limits, our words, our own site only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy(
            "The contract number or the password does not fit. Look at the keyboard layout and Caps Lock."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        return False  # pages and htmx only: no second shape of every answer

    def is_safe_url(self, url: str) -> bool:
        request = allauth_context.request
        return url.startswith("/") and url_has_allowed_host_and_scheme(
            url, {request.get_host()}, require_https=request.is_secure()
        )

    def get_login_stages(self) -> list[str]:
        return ["abonent.identity.second_factor.Stage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "0.0.0.0"  # for the list of sessions only

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user whose password it is, within the limits of wrong tries.

        Raises ValidationError "too_many_login_attempts"; no password is looked at then.
        """
        try:
            user = entering.check(
                name=credentials["username"],
                password=credentials["password"],
                staff=bool(credentials.get("staff")),
                device=request.COOKIES.get(DEVICE_COOKIE, ""),
                address=client_address(request),
                at=clock.now(),
            )
        except limits.TooManyTries as error:
            raise forms.ValidationError(
                too_many_tries(error.minutes),
                code="too_many_login_attempts",
                params={"minutes": error.minutes},
            ) from None
        if user is not None:
            user.backend = BACKEND
        return user

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        signed_in.begin(request.session)
        with db.atomic():
            audit.record(
                actor=user.username,
                action="identity.sign_in",
                subject=f"user:{user.pk}",
                new={"browser": browsers.name(request.headers.get("User-Agent", ""))},
                address=client_address(request) or None,
            )
        push_devices.forget_browser(request.COOKIES.get(DEVICE_COOKIE, ""), but_of_user=user.pk)
        token = devices.remember(user.pk, request.COOKIES.get(DEVICE_COOKIE, ""), clock.now())
        response.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=devices.KEPT,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response


def client_address(request: HttpRequest) -> str:
    """The browser's address, through the proxies we trust; "" where there is none."""
    return client.address(request)


def too_many_tries(minutes: int) -> str:
    wait = ngettext("Wait %(minutes)s minute", "Wait %(minutes)s minutes", minutes) % {"minutes": minutes}
    return gettext("Too many wrong tries. %(wait)s, or call %(phone)s: we will help you in.") % {
        "wait": wait,
        "phone": settings.PROFILE.contacts.support_phone,
    }


def too_many_messages(minutes: int) -> str:
    wait = ngettext("Wait %(minutes)s minute", "Wait %(minutes)s minutes", minutes) % {"minutes": minutes}
    return gettext("Too many messages at once. %(wait)s, or call %(phone)s.") % {
        "wait": wait,
        "phone": settings.PROFILE.contacts.support_phone,
    }


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """Fields `login` and `password`; what was typed as the number stays, the password does not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=gettext_lazy("Contract number"),
            max_length=64,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
            error_messages={"required": gettext_lazy("Type the number of your contract.")},
        )
        self.fields["password"] = forms.CharField(
            label=gettext_lazy("Password"),
            max_length=PASSWORD_MAX_CHARS,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            error_messages={"required": gettext_lazy("Type your password.")},
        )


class SignIn(allauth_views.LoginView):  # type: ignore[misc]  # allauth has no types
    form_class = SignInForm
    template_name = "portal/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """`form`, `next`, `notice`, `support_phone`, `cast`, `with_passkey`."""
        # Past allauth's own, which asks for the addresses of sign-up.
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        return context | {
            "here": "login",
            "next": self.get_next_url() or "",
            "notice": self._notice(),
            "support_phone": settings.PROFILE.contacts.support_phone,
            "cast": cast_of_demo(),
            "with_passkey": passkeys.can_be_used(self.request),
        }

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for error in form.errors.as_data().get(NON_FIELD_ERRORS, []):
            if error.code == "too_many_login_attempts":
                response.status_code = 429
                response.headers["Retry-After"] = str(error.params["minutes"] * 60)
        return response

    def _notice(self) -> str:
        """Why one who asked for another page sees this one."""
        if self.request.GET.get("passkey") == "no":
            return gettext("That passkey is not known here. Sign in with the number and the password.")
        if self.request.method != "GET" or not self.get_next_url():
            return ""
        if DEVICE_COOKIE in self.request.COOKIES:
            return gettext("You were signed out after a long time. Sign in, and you are back where you were.")
        return gettext("Sign in to open that page.")


class SignOut(allauth_views.LogoutView):  # type: ignore[misc]  # allauth has no types
    http_method_names = ["post"]  # a link on another site must not sign anybody out

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """This browser gets no pushes of his any more."""
        push_devices.forget_browser(request.COOKIES.get(DEVICE_COOKIE, ""))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


login = SignIn.as_view()
logout = SignOut.as_view()
