"""One's own personal data: consents by purpose, everything we keep as a file, what is wrong, what is to be deleted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from abonent.core import clock, periods
from abonent.flows import personal_data
from abonent.identity import limits
from abonent.portal import scope
from abonent.subscribers import consents, petitions
from abonent.subscribers.models_personal import PetitionKind, Purpose
from abonent.ui import client, formats, words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

    from abonent.subscribers.models import Petition

EXPORTS_AN_HOUR = 10  # it reads all of a person's rows
# The very words that are agreed to; kept with the consent. A word changed here is a new consents.VERSION.
WORDS: dict[str, StrPromise] = {
    Purpose.MARKETING_SMS: gettext_lazy("I agree to get news of tariffs and offers of %(operator)s by SMS."),
    Purpose.MARKETING_EMAIL: gettext_lazy("I agree to get news of tariffs and offers of %(operator)s by e-mail."),
    Purpose.MARKETING_PUSH: gettext_lazy("I agree to get news of tariffs and offers of %(operator)s by push notices."),
    Purpose.MARKETING_CALLS: gettext_lazy("I agree that %(operator)s calls me with offers."),
}
PURPOSES: dict[str, StrPromise] = {
    Purpose.MARKETING_SMS: gettext_lazy("News and offers by SMS"),
    Purpose.MARKETING_EMAIL: gettext_lazy("News and offers by e-mail"),
    Purpose.MARKETING_PUSH: gettext_lazy("News and offers by push notices"),
    Purpose.MARKETING_CALLS: gettext_lazy("Calls with offers"),
}


class ConsentLine(NamedTuple):
    purpose: str
    name: StrPromise
    words: str
    version: str
    given_on: date | None  # None: not in force
    given_at: str  # "14:05"


class PastLine(NamedTuple):
    name: StrPromise
    given_on: date
    withdrawn_on: date | None


class PetitionLine(NamedTuple):
    kind: str
    name: StrPromise
    mark: str
    state: StrPromise
    text: str
    asked_on: date
    due_on: date | None  # None: answered
    answer: str


class Kept(NamedTuple):
    """What must stay, why, and until when."""

    what: str
    why: str
    until: str


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/privacy/: POST `do`: give, withdraw (`purpose`); correction, deletion (`text`); take_back (`kind`)."""
    own = cast(scope.OwnRequest, request)
    return _post(own) if own.method == "POST" else _render(own)


@require_POST
@scope.signed_in_subscriber
def data(request: HttpRequest, form: str) -> HttpResponse:
    """/cabinet/privacy/data.json, data.pdf: everything about oneself. By POST: such a file is no link to send."""
    if form not in ("json", "pdf"):
        raise Http404
    own, now = cast(scope.OwnRequest, request), clock.now()
    try:
        limits.take([limits.Budget(f"export:{own.user.pk}", EXPORTS_AN_HOUR)], now)
    except limits.TooManyTries as error:
        said = _("You have taken this file many times within an hour. Come back in %(minutes)s minutes.")
        return _render(own, problem=said % {"minutes": error.minutes}, status=429)
    whose = personal_data.whose(own.contract.customer_id)
    personal_data.record(whose, form, actor=own.user.username, address=client.address(own) or None)
    name = f"personal-data-{own.contract.number}-{clock.on_date(now).isoformat()}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    spoken = formats.language()
    if form == "pdf":
        pdf = personal_data.as_pdf(whose, at=now, language=spoken)
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)
    pieces = personal_data.as_json(whose, at=now, language=spoken)
    streamed = StreamingHttpResponse(pieces, content_type="application/json; charset=utf-8", headers=headers)
    return cast(HttpResponse, streamed)  # Django's own base of both has no name in a view's type


def words_of(purpose: str) -> str:
    operator = settings.PROFILE.legal_name.get(formats.language())
    return str(WORDS[purpose]) % {"operator": operator}


def petition_lines(found: list[Petition]) -> list[PetitionLine]:
    return [
        PetitionLine(
            one.kind,
            words.PETITIONS[one.kind],
            *words.PETITION_STATES[one.state],
            one.text,
            clock.on_date(one.asked_at),
            one.due_on if one.state == "open" else None,
            one.answer,
        )
        for one in found
    ]


def _post(own: scope.OwnRequest) -> HttpResponse:
    do, now = own.POST.get("do", ""), clock.now()
    who, address = own.user.username, client.address(own) or None
    customer_id, contract_id = own.contract.customer_id, own.contract.id
    purpose = own.POST.get("purpose", "")
    if do == "give" and purpose in WORDS:
        consents.give(
            customer_id, purpose, text=words_of(purpose), language=formats.language(), actor=who, at=now,
            address=address,
        )  # fmt: skip
    elif do == "withdraw" and purpose in WORDS:
        consents.withdraw(customer_id, purpose, actor=who, at=now, address=address)
    elif do in (PetitionKind.CORRECTION, PetitionKind.DELETION):
        text = own.POST.get("text", "").strip()
        if do == PetitionKind.CORRECTION and not text:
            return _render(own, error=_("Write what is wrong and how it should be."), status=422)
        petitions.ask(contract_id, do, text=text, at=now, on=clock.on_date(now), actor=who, address=address)
    elif do == "take_back":
        petitions.withdraw(contract_id, own.POST.get("kind", ""), at=now, actor=who, address=address)
    return HttpResponseRedirect(reverse("privacy_own"))


def _render(own: scope.OwnRequest, *, error: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    history = consents.history(own.contract.customer_id)
    in_force = {one.purpose: one for one in history if one.withdrawn_at is None}
    lines = []
    for purpose, name in PURPOSES.items():
        one = in_force.get(purpose)
        at = None if one is None else clock.local(one.given_at)
        lines.append(
            ConsentLine(
                purpose,
                name,
                words_of(purpose) if one is None else one.text,
                _day_of(consents.VERSION if one is None else one.version),
                None if at is None else at.date(),
                "" if at is None else f"{at:%H:%M}",
            )
        )
    past = [
        PastLine(PURPOSES[one.purpose], clock.on_date(one.given_at), clock.on_date(one.withdrawn_at))
        for one in history
        if one.withdrawn_at is not None
    ]
    asked = petition_lines([one for one in petitions.of_contract(own.contract.id) if one.kind != PetitionKind.CLOSING])
    context = {
        "here": "privacy_own",
        "lines": lines,
        "past": past,
        "asked": asked,
        "open": {one.kind for one in asked if one.due_on},
        "kept": _kept(own.contract.ended_on),
        "typed": own.POST.get("text", "") if error else "",
        "error": error,
        "problem": problem,
    }
    return render(own, "portal/privacy.html", context, status=status)


def _day_of(version: str) -> str:
    """A text is called by the date it was written on."""
    return formats.day_in_full(date.fromisoformat(version))


def _kept(ended_on: date | None) -> list[Kept]:
    terms = settings.PROFILE.retention
    contract_years = formats.years(terms.contract_years)
    accounting_years = formats.years(max(terms.accounting_years, terms.contract_years))
    by_contract = _("%(years)s after the account is closed") % {"years": contract_years}
    by_accounting = _("%(years)s after the account is closed") % {"years": accounting_years}
    if ended_on is not None:
        day = {"day": formats.day_in_full(periods.month(ended_on, 12 * terms.contract_years))}
        by_contract = _("%(day)s, if the account is closed at once") % day
    return [
        Kept(
            _("Phones, mail addresses, your requests and the browsers that signed you in"),
            _("to serve the contract and to answer claims (Civil Code, Art. 196)"),
            by_contract,
        ),
        Kept(
            _("Name, INN and documents of payments"),
            _("accounting and taxes (402-FZ, Art. 29; Tax Code, Art. 23)"),
            by_accounting,
        ),
        Kept(
            _("Sums, dates and numbers of contracts, without your name"),
            _("the operator's books: they say nothing about a person any more"),
            _("for ever"),
        ),
    ]
