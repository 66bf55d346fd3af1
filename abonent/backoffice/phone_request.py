"""A request told by phone: what the visitor's form asks, typed by whoever took the call."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from abonent.addresses import search
from abonent.backoffice import gate, requests, screen, words
from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferRole, OfferVersion
from abonent.core import clock
from abonent.flows import handle_request
from abonent.identity import permissions
from abonent.onboarding import consent
from abonent.onboarding import requests as onboarding
from abonent.subscribers import contacts
from abonent.ui import formats

LANGUAGE = "ru"  # of who calls, until he says otherwise
MOST_TOKEN_CHARS = 60


class PhoneForm(forms.Form):
    """Fields as they stand on the page; `wish(token)` once it is valid."""

    full_name = forms.CharField(max_length=160, error_messages={"required": _("Write how to call him.")})
    phone = forms.CharField(max_length=40, error_messages={"required": _("Write the phone we call back.")})
    address = forms.CharField(max_length=240, required=False)
    tariff = forms.CharField(max_length=64, required=False)
    is_company = forms.BooleanField(required=False)
    wish = forms.CharField(max_length=2000, required=False)
    note = forms.CharField(max_length=2000, required=False)
    next_call_on = forms.DateField(required=False, error_messages={"invalid": _("This is not a day.")})
    consent = forms.BooleanField(
        error_messages={"required": _("Ask whether we may keep his name and phone: without a yes there is no request.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tariffs: list[OfferVersion] = catalog.on_sale(clock.today(), role=OfferRole.TARIFF)

    def clean_full_name(self) -> str:
        try:
            return onboarding.read_name(self.cleaned_data["full_name"])
        except onboarding.NoName:
            raise forms.ValidationError(gettext("Write the name in letters.")) from None

    def clean_phone(self) -> str:
        try:
            return contacts.read_phone(self.cleaned_data["phone"])
        except contacts.UnableToReadContact as error:
            raise forms.ValidationError(str(error)) from None

    def clean_tariff(self) -> str:
        code: str = self.cleaned_data["tariff"]
        if code and code not in {one.offer.code for one in self.tariffs}:
            raise forms.ValidationError(gettext("Choose a tariff that is on sale."))
        return code

    def told(self, token: str) -> onboarding.Wish:
        """token: of the form, so that a double click is one request."""
        given = self.cleaned_data
        exact = [one for one in search.find(given["address"]).buildings if one.exact] if given["address"] else []
        match = exact[0] if len(exact) == 1 else None
        offers = {one.offer.code: one.offer_id for one in self.tariffs}
        return onboarding.Wish(
            full_name=given["full_name"],
            phone=given["phone"],
            submit_token=f"phone:{token}",
            consent_text=consent.by_phone(LANGUAGE),
            language=LANGUAGE,
            address=given["address"].strip(),
            building_id=match.building_id if match else None,
            flat=match.flat if match else "",
            offer_id=offers.get(given["tariff"]),
            is_company=given["is_company"],
            wish=given["wish"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.HANDLE_REQUESTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/requests/new/: the form; POST opens the request, called already and held by who types."""
    token = request.POST.get("token", "")[:MOST_TOKEN_CHARS] or secrets.token_urlsafe(24)
    form = PhoneForm(request.POST) if request.method == "POST" else PhoneForm()
    problem = ""
    if form.is_bound and form.is_valid():
        try:
            asked = handle_request.open_by_phone(
                form.told(token),
                note=form.cleaned_data["note"],
                next_call_on=form.cleaned_data["next_call_on"],
                by=requests.by(request),
            )
        except onboarding.UnableToHandle as refused:
            problem = words.why_not(refused)
        else:
            request.session[requests.DONE_KEY] = gettext("The request is written down. Clarify the address below.")
            return HttpResponseRedirect(reverse("staff_request", args=[asked.pk]))
    context = {
        "here": "staff_requests",
        "form": form,
        "token": token,
        "problem": problem,
        "today": clock.today(),
        "tariffs": [(one.offer.code, one.offer.name(formats.language())) for one in form.tariffs],
    }
    wrong = problem or (form.is_bound and form.errors)
    return screen.show(request, "backoffice/request_new.html", context, status=422 if wrong else 200)
