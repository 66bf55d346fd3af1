"""A stranger asks to be connected: is my house in the network, the request, the page that follows it."""

import re
import secrets
import time
from typing import Any

from django import forms
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from abonent.addresses import lookup, search
from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferVersion
from abonent.core import clock, db
from abonent.identity import limits
from abonent.onboarding import consent, queries, requests
from abonent.onboarding.models import ConnectionRequest
from abonent.portal import sign_in, site
from abonent.subscribers import contacts
from abonent.ui import formats

SALT = "abonent.portal.connect"
FORM_LIVES_SECONDS = 24 * 3600
HAND_SECONDS = 2  # nobody fills the form in faster; a robot does
MIN_STREET_CHARS = 2
FLAT = re.compile(r"(\d{1,5})\s?[^\W\d_]?")
TRAP = "website"  # a field no person sees


class RequestForm(forms.Form):
    """What both forms ask: who, and where to call back."""

    full_name = forms.CharField(
        label=gettext_lazy("Full name"),
        max_length=160,
        error_messages={"required": gettext_lazy("Write how to call you.")},
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone to call back"),
        max_length=40,
        error_messages={"required": gettext_lazy("Write the phone we call back.")},
    )
    consent = forms.BooleanField(
        error_messages={"required": gettext_lazy("Without your consent we may not keep your name and phone.")},
    )
    address = forms.CharField(required=False, max_length=240)  # of the search, carried along by the short form

    def clean_full_name(self) -> str:
        try:
            return requests.read_name(self.cleaned_data["full_name"])
        except requests.NoName:
            raise forms.ValidationError(gettext("Write your name in letters.")) from None

    def clean_phone(self) -> str:
        try:
            return contacts.read_phone(self.cleaned_data["phone"])
        except contacts.UnableToReadContact as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def typed_address(self) -> str:
        return str(self.cleaned_data.get("address") or "").strip()


class FullForm(RequestForm):
    """The form of the whole address: a building has a korpus and a flat, or says that it has none."""

    street = forms.CharField(
        label=gettext_lazy("Street"),
        max_length=160,
        error_messages={"required": gettext_lazy("Write the street; in a village without streets, the village.")},
    )
    house = forms.CharField(
        label=gettext_lazy("House"),
        max_length=20,
        error_messages={"required": gettext_lazy("Write the number of the house.")},
    )
    korpus = forms.CharField(label=gettext_lazy("Korpus"), max_length=20, required=False)
    no_korpus = forms.BooleanField(required=False)
    flat = forms.CharField(label=gettext_lazy("Flat"), max_length=20, required=False)
    private_house = forms.BooleanField(required=False)
    is_company = forms.BooleanField(required=False)
    wish = forms.CharField(label=gettext_lazy("What is needed"), max_length=2000, required=False)

    def clean_street(self) -> str:
        street = " ".join(self.cleaned_data["street"].split())
        if sum(char.isalnum() for char in street) < MIN_STREET_CHARS:
            raise forms.ValidationError(gettext("Write the whole name of the street."))
        return street

    def clean_house(self) -> str:
        house: str = self.cleaned_data["house"].strip()
        if not any(char.isdigit() for char in house):
            raise forms.ValidationError(gettext("A house has a number: 12, 12a, 1/22."))
        return house

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        is_whole = given.get("private_house") or given.get("is_company")
        if not given.get("korpus") and not given.get("no_korpus") and not is_whole:
            self.add_error("korpus", gettext("Write the korpus, or tick that there is none."))
        if not given.get("flat") and not is_whole:
            self.add_error("flat", gettext("Write the flat, or tick that it is a private house."))
        elif given.get("flat") and not is_whole:
            self._check_flat(given)
        return given

    def _check_flat(self, given: dict[str, Any]) -> None:
        """A flat is a number, and not beyond the last one of a building that we know."""
        number = FLAT.fullmatch(given["flat"].strip())
        if number is None or not int(number[1]):
            self.add_error("flat", gettext("A flat has a number: 15, 15a."))
            return
        building = _the_match(search.find(self.typed_address)) if given.get("street") and given.get("house") else None
        if building is not None and building.flats and int(number[1]) > building.flats:
            said = gettext("There is no flat %(flat)s in this house: the last one is %(last)s. Look at the number.")
            self.add_error("flat", said % {"flat": number[0], "last": building.flats})

    @property
    def typed_address(self) -> str:
        given = self.cleaned_data
        korpus = "" if given.get("no_korpus") else str(given.get("korpus") or "").strip()
        flat = "" if given.get("private_house") else str(given.get("flat") or "").strip()
        parts = [
            f"{given['street'].strip()}, {given['house']}",
            gettext("bldg. %(korpus)s") % {"korpus": korpus} if korpus else "",
            gettext("apt. %(flat)s") % {"flat": flat} if flat else "",
        ]
        return ", ".join(part for part in parts if part)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """/connect/: `q` typed, `found` for it, `form` of the whole address, `sections` of tariffs sold there."""
    typed = request.GET.get("q", "").strip()[:240]
    found = lookup.find(typed) if typed else search.Found()
    company = bool(request.GET.get("company"))
    form = FullForm(request.POST) if request.method == "POST" else FullForm(initial=_initial(typed, found, company))
    if request.method == "POST":
        answer = _take(request, form, None)
        if answer is not None:
            return answer
        company = bool(form.data.get("is_company"))
    context = {
        "here": "connect",
        "q": typed,
        "found": found,
        "match": _the_match(found),
        "sections": _sold_at(found),
        "form": form,
        "company": company,
        "ticket": _ticket(request),
    }
    return render(request, "portal/connect.html", context, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_tariff(request: HttpRequest, tariff: str) -> HttpResponse:
    """/connect/<tariff>/: name and phone only; the manager asks the rest."""
    version = next((one for one in catalog.on_sale(clock.today()) if one.offer.code == tariff), None)
    if version is None:
        raise Http404
    form = RequestForm(request.POST or None, initial={"address": request.GET.get("q", "")[:240]})
    if request.method == "POST":
        answer = _take(request, form, version)
        if answer is not None:
            return answer
    context = {"here": "connect", "form": form, "tile": site.tile(version), "ticket": _ticket(request)}
    return render(request, "portal/connect_tariff.html", context, status=400 if form.errors else 200)


@never_cache
@require_safe
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """/connect/request/<token>/: `asked`, its `place` on the way (None: closed); the token is the only way here."""
    found = queries.by_token(token)
    if found is None:
        raise Http404
    place = queries.place(found.state)
    context = {
        "here": "connect",
        "asked": found,
        "place": place,
        "phone": contacts.show_phone(found.phone),
        "asked_on": clock.on_date(found.created_at),
    }
    return render(request, "portal/request.html", context)


def _take(request: HttpRequest, form: RequestForm, version: OfferVersion | None) -> HttpResponse | None:
    """Keep a request that is well filled in, and lead to its page; None: the form tells what is wrong."""
    ticket = _read_ticket(request)
    valid = form.is_valid()
    if request.POST.get(TRAP):
        form.add_error(None, gettext("This form looks filled in by a robot. Call us: we will take your request."))
        return None
    if not valid:
        return None
    if ticket is None:
        form.add_error(None, gettext("The form has grown old. Look it over and send it once more."))
        return None
    if time.time() - ticket["at"] < HAND_SECONDS:
        form.add_error(None, gettext("That was very fast. Look the form over and send it once more."))
        return None
    try:
        limits.take(limits.of_request(sign_in.client_address(request)), clock.now())
    except limits.TooManyTries:
        form.add_error(None, gettext("Too many requests came from your address. Call us: we will take yours."))
        return None
    kept = _keep(request, form, version, ticket["token"])
    return HttpResponseRedirect(reverse("request_followed", args=[kept.token]))


def _keep(request: HttpRequest, form: RequestForm, version: OfferVersion | None, token: str) -> ConnectionRequest:
    given = form.cleaned_data
    match = _the_match(search.find(form.typed_address)) if form.typed_address else None
    wish = requests.Wish(
        full_name=given["full_name"],
        phone=given["phone"],
        submit_token=token,
        consent_text=consent_text(),
        language=formats.language(),
        address=form.typed_address,
        building_id=match.building_id if match else None,
        flat=given.get("flat") or (match.flat if match else ""),
        offer_id=version.offer_id if version else None,
        is_company=given.get("is_company", False),
        wish=given.get("wish", ""),
        client_address=sign_in.client_address(request) or None,
    )
    with db.atomic():
        return requests.open_request(wish, at=clock.now())


def consent_text() -> str:
    """Which text of the policy a person agrees to now."""
    return consent.of_page(formats.language())


def _the_match(found: search.Found) -> search.Match | None:
    """The one building that is meant without doubt."""
    exact = [one for one in found.buildings if one.exact]
    return exact[0] if len(exact) == 1 else None


def _initial(typed: str, found: search.Found, company: bool) -> dict[str, Any]:
    match = _the_match(found)
    if match is None and len(found.elsewhere) == 1:
        other = found.elsewhere[0]
        return {
            "street": ", ".join(part for part in (other.settlement, other.street) if part),
            "house": other.house,
            "korpus": other.korpus or other.stroenie,
            "no_korpus": not other.korpus and not other.stroenie,
            "flat": other.flat,
            "is_company": company,
        }
    if match is None:
        return {"street": typed if found.streets or not found.buildings else "", "is_company": company}
    return {
        "street": ", ".join(part for part in (match.settlement, match.street) if part),
        "house": match.house,
        "korpus": match.korpus,
        "no_korpus": not match.korpus,
        "flat": match.flat,
        "private_house": match.segment == "private",
        "is_company": company,
    }


def _sold_at(found: search.Found) -> list[site.Section]:
    """The internet tariffs of the building's segment, where the network reaches it."""
    match = _the_match(found)
    if match is None or match.connected == "no":
        return []
    return site.by_segment(catalog.on_sale(clock.today(), segment=match.segment), only=match.segment)


def _ticket(request: HttpRequest) -> str:
    """Of a form: when it was shown, and its random name. A form sent back with mistakes keeps its own."""
    if request.method == "POST" and _read_ticket(request) is not None:
        return str(request.POST["ticket"])
    return signing.dumps({"token": secrets.token_urlsafe(24), "at": int(time.time())}, salt=SALT)


def _read_ticket(request: HttpRequest) -> dict[str, Any] | None:
    try:
        ticket: dict[str, Any] = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=FORM_LIVES_SECONDS)
    except signing.BadSignature:
        return None
    return ticket
