"""The contract of a request: a form, a look before the yes, the password shown once, and the papers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import hashers
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abonent.backoffice import gate, requests, screen, words
from abonent.backoffice.signing_form import DOCUMENTS, SigningForm
from abonent.catalog.models import OfferVersion
from abonent.flows import sign_contract, sign_request
from abonent.identity import permissions, users
from abonent.onboarding import queries
from abonent.onboarding import requests as onboarding
from abonent.onboarding.models import ConnectionRequest, RequestState
from abonent.onboarding.papers import keeping, printing
from abonent.subscribers import contacts
from abonent.subscribers.models import Customer
from abonent.ui import formats
from abonent.ui import words as common

SALT = "abonent.backoffice.signing"
TICKET_SECONDS = 24 * 3600


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SIGN_CONTRACTS)
def page(request: gate.StaffRequest, request_id: int) -> HttpResponse:
    """/staff/requests/<id>/contract/: GET the form; POST `do` look: the preview; `do` sign: done, the password once."""
    asked = queries.one(request_id) if request_id <= requests.MOST_ID else None
    if asked is None:
        raise Http404
    if asked.contract_id is not None:
        return _done(request, asked, sign_request.signed_before(asked.contract_id), _ticket_password(request))
    if asked.state != RequestState.CONNECTED:
        return HttpResponseRedirect(reverse("staff_request", args=[asked.pk]))
    if request.method != "POST":
        gate.looked(request, f"request:{asked.pk}")
        return _form(request, asked, SigningForm(asked=asked, may_credit=_may_credit(request), initial=_initial(asked)))
    form = SigningForm(request.POST, asked=asked, may_credit=_may_credit(request))
    if not form.is_valid() or request.POST.get("do") == "edit":
        return _form(request, asked, form)
    known = sign_request.known(form.terms)
    if request.POST.get("do") != "sign":
        return _preview(request, asked, form, known)
    password = _ticket_password(request)
    if password is None:
        return _preview(request, asked, form, known, _("The form has grown old. Look it over and confirm once more."))
    if known and not form.cleaned_data["existing"]:
        return _preview(request, asked, form, known, _("Say whether this is the person we know already."))
    return _sign(request, asked, form, known, password)


@require_safe
@gate.permitted(permissions.SIGN_CONTRACTS)
def paper(request: gate.StaffRequest, number: str, kind: str) -> HttpResponse:
    """/staff/contracts/<number>/<kind>.pdf: the contract or the act, as it was signed."""
    found = keeping.paper_of(number)
    if found is None or kind not in printing.KINDS:
        raise Http404
    gate.looked(request, f"contract:{found.contract_id}", "backoffice.print")
    return screen.pdf(printing.pdf(kind, found.data, "ru"), f"{kind}-{number}.pdf")


@sensitive_post_parameters()
@require_POST
@gate.permitted(permissions.SIGN_CONTRACTS)
def letter(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/letter.pdf: POST the `password` that the page has shown; it must be the one in force.

    Of a further contract no password is asked: it stays.
    """
    found = keeping.paper_of(number)
    if found is None:
        raise Http404
    customer = found.contract.customer
    further = bool(found.data["further"])
    password = None if further else request.POST.get("password", "")
    if not further and (customer.user is None or not users.is_password(customer.user, password or "")):
        raise Http404
    gate.looked(request, f"contract:{found.contract_id}", "backoffice.print_letter")
    return screen.pdf(printing.letter(found.data, password, customer.language), f"letter-{number}.pdf")


def _sign(
    request: gate.StaffRequest,
    asked: ConnectionRequest,
    form: SigningForm,
    known: list[sign_request.Known],
    password: str,
) -> HttpResponse:
    issued = users.Issued(password, hashers.make_password(password), settings.PROFILE.password_must_change)
    try:
        done = sign_request.sign(asked.pk, form.terms, issued=issued, by=requests.by(request))
    except onboarding.AlreadySigned as already:
        done = sign_request.signed_before(already.contract_id)
        asked.refresh_from_db()
        return _done(request, asked, done, password)
    except onboarding.UnableToHandle as refused:
        return _preview(request, asked, form, known, words.why_not(refused))
    except sign_contract.OfferNotFit:
        return _preview(request, asked, form, known, _("These services do not go together. Choose others."))
    except sign_request.UnableToSignRequest as refused:
        said = {
            "document_known": _("A customer with this document is known: add the contract to him."),
            "not_known": _("That customer does not fit what is typed. Look once more."),
        }
        return _preview(request, asked, form, known, said[refused.why])
    asked.refresh_from_db()
    return _done(request, asked, done, None if done.further else password)


def _form(request: gate.StaffRequest, asked: ConnectionRequest, form: SigningForm) -> HttpResponse:
    context = {
        "here": "staff_requests",
        "asked": asked,
        "form": form,
        "documents": DOCUMENTS,
        "tariffs": [_offer(one) for one in form.tariffs],
        "addons": [_offer(one) for one in form.addons],
        "more": [_offer(one) for one in form.more],
        "with_it": form["more"].value() or [],
        "ticked": form["addons"].value() or [],
        "may_credit": form.may_credit,
    }
    shown_errors = form.is_bound and bool(form.errors)
    return screen.show(request, "backoffice/signing.html", context, status=422 if shown_errors else 200)


def _preview(
    request: gate.StaffRequest,
    asked: ConnectionRequest,
    form: SigningForm,
    known: list[sign_request.Known],
    problem: str = "",
) -> HttpResponse:
    monthly_kop = sum(one.price_kop for one in form.chosen if one.charging in ("month", "day"))
    context = {
        "here": "staff_requests",
        "asked": asked,
        "form": form,
        "terms": form.terms,
        "documents": DOCUMENTS,
        "services": [_offer(one) for one in form.chosen],
        "monthly_kop": monthly_kop,
        "first_top_up_kop": 0 if form.terms.credit_limit_kop else settings.PROFILE.first_top_up_kop,
        "known": known,
        "sure": any("document" in one.by for one in known),
        "chosen": form.cleaned_data["existing"],
        "kept": [(name, value) for name, value in _sent(request) if name not in ("existing", "do")],
        "ticket": signing.dumps({"password": users.issue_password().plain}, salt=SALT),
        "phone": contacts.show_phone(form.terms.phone),
        "problem": problem,
    }
    return screen.show(request, "backoffice/signing_preview.html", context, status=422 if problem else 200)


def _done(
    request: gate.StaffRequest, asked: ConnectionRequest, done: sign_request.Done, password: str | None
) -> HttpResponse:
    """The password is on this page and nowhere else; one that is not in force any more is not shown."""
    customer = Customer.objects.select_related("user").get(contracts__id=done.contract_id)
    shown = password or ""
    if done.further or customer.user is None or not shown or not users.is_password(customer.user, shown):
        shown = ""
    context = {
        "here": "staff_requests",
        "asked": asked,
        "done": done,
        "password": shown,
        "full_name": customer.full_name,
        "must_change": settings.PROFILE.password_must_change,
        "first_top_up_kop": settings.PROFILE.first_top_up_kop,
    }
    return screen.show(request, "backoffice/signed.html", context)


def _may_credit(request: gate.StaffRequest) -> bool:
    return gate.may(request, permissions.SET_CREDIT_LIMITS)


def _ticket_password(request: gate.StaffRequest) -> str | None:
    """The password made with the preview that was agreed to; None: there was none, or it is too old."""
    try:
        said: dict[str, Any] = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    return str(said["password"])


def _initial(asked: ConnectionRequest) -> dict[str, Any]:
    return {
        "kind": "legal" if asked.is_company else "person",
        "full_name": asked.full_name,
        "phone": contacts.show_phone(asked.phone),
        "tariff": asked.offer.code if asked.offer else "",
        "document_kind": "passport",
    }


def _sent(request: gate.StaffRequest) -> list[tuple[str, str]]:
    names = [*SigningForm.base_fields, "more", "addons"]
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def _offer(one: OfferVersion) -> tuple[str, str, int, Any]:
    """Code, name, price, for what time."""
    return one.offer.code, one.offer.name(formats.language()), one.price_kop, common.PER[one.charging]
