"""Changing the password, and what to do when it is forgotten."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from abonent.core import clock
from abonent.flows import change_password, recover_password
from abonent.identity import codes, limits, signed_in
from abonent.identity.models_codes import CodePurpose
from abonent.portal import scope, sign_in

DONE_KEY = "password_changed"  # in the session: the next page says that it is done


class ChangeForm(forms.Form):
    """Fields `old_password` and `new_password`. One new field: browsers show what is typed, and keep it."""

    old_password = forms.CharField(
        label=gettext_lazy("Current password"),
        max_length=sign_in.PASSWORD_MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": gettext_lazy("Type the password you sign in with now.")},
    )
    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=sign_in.PASSWORD_MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters, not only digits, and not one of those everybody has."),
        error_messages={"required": gettext_lazy("Type the password you will sign in with from now on.")},
    )

    def __init__(self, *args: Any, request: scope.OwnRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if not request.user.has_usable_password():  # a one-time one has signed him in, and is gone
            del self.fields["old_password"]

    def clean_new_password(self) -> str:
        new: str = self.cleaned_data["new_password"]
        if new == self.data.get("old_password"):
            raise forms.ValidationError(gettext_lazy("That is the password you have. Choose another."))
        password_validation.validate_password(new, self.request.user)
        return new

    def clean(self) -> dict[str, Any]:
        """The old password is looked at last: a new one that does not do costs no try."""
        if not self.errors and "old_password" in self.fields:
            self._check_old()
        return self.cleaned_data

    def _check_old(self) -> None:
        user = self.request.user
        try:
            taken = limits.take(limits.of_change(user.pk), clock.now())
        except limits.TooManyTries as error:
            self.add_error("old_password", sign_in.too_many_tries(error.minutes))
            return
        if user.check_password(self.cleaned_data["old_password"]):
            limits.give_back(taken)
        else:
            self.add_error("old_password", gettext("That is not the password you sign in with now."))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_even_with_issued_password
def change(request: HttpRequest) -> HttpResponse:
    """/cabinet/password/: `form`, `must_change` (ours is to be replaced), `done`, `support_phone`."""
    own = cast(scope.OwnRequest, request)
    form = ChangeForm(request.POST if request.method == "POST" else None, request=own)
    if request.method == "POST" and form.is_valid():
        user = change_password.change(
            user=own.user,
            hashed=hashers.make_password(form.cleaned_data["new_password"]),
            contract_id=own.contract.id,
            address=sign_in.client_address(request) or None,
        )
        signed_in.keep_through(request, user)  # this session stays; the others end
        request.session[DONE_KEY] = True
        return HttpResponseRedirect(scope.CHANGE_PASSWORD)
    context = {
        "here": "password",
        "form": form,
        "contract": own.contract,
        "must_change": own.user.password_must_change,
        "done": request.session.pop(DONE_KEY, False),
        "support_phone": settings.PROFILE.contacts.support_phone,
    }
    return render(request, "portal/password_change.html", context)


class ForgotForm(forms.Form):
    """Field `login`: the number of a contract. What is wrong with it is not told: it may be anybody's."""

    login = forms.CharField(
        max_length=64,
        error_messages={
            "required": gettext_lazy("Type the number of your contract."),
            "max_length": gettext_lazy("A contract's number is shorter. It stands on your contract."),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def forgot(request: HttpRequest) -> HttpResponse:
    """/password/forgot/: POST `login` sends a one-time password, where the profile says so; who helps otherwise."""
    profile = settings.PROFILE
    by_sms = profile.password_recovery == "sms"
    form = ForgotForm(request.POST if request.method == "POST" and by_sms else None)
    sent, problem = False, ""
    if form.is_bound and form.is_valid():
        try:
            recover_password.ask(
                typed=form.cleaned_data["login"], address=sign_in.client_address(request), at=clock.now()
            )
            sent = True
        except limits.TooManyTries as error:
            problem = sign_in.too_many_tries(error.minutes)
    context = {
        "here": "login",
        "by_sms": by_sms,
        "at_office": profile.password_recovery == "office",
        "form": form,
        "sent": sent,
        "problem": problem,
        "minutes": codes.LIVES[CodePurpose.PASSWORD].seconds // 60,
        "offices": profile.offices,
        "support_phone": profile.contacts.support_phone,
        "support_hours": profile.contacts.support_hours,
    }
    return render(request, "portal/password_forgot.html", context, status=429 if problem else 200)
