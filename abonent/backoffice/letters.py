"""A new password for who has forgotten his: questions from the contract, the password once, the letter to hand over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from abonent.backoffice import because, gate, screen
from abonent.core import clock
from abonent.flows import issue_letter
from abonent.flows.issue_letter import Asked
from abonent.identity import permissions, users
from abonent.identity.models import User
from abonent.onboarding.papers import printing
from abonent.subscribers import finding
from abonent.subscribers.models import Contract
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SALT = "abonent.backoffice.letters"
TICKET_SECONDS = 3600
MOST_WHY_CHARS = 300
QUESTIONS: dict[Asked, StrPromise] = {
    Asked.DOCUMENT: _("The document is shown, and is the one of the contract"),
    Asked.NAME: _("Full name"),
    Asked.ADDRESS: _("The address of the line"),
    Asked.PHONE: _("The phone given at connection"),
    Asked.SIGNED_ON: _("When the contract was signed"),
    Asked.TARIFF: _("The tariff"),
    Asked.LAST_PAYMENT: _("The last payment: when and how much"),
}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.ISSUE_PASSWORDS)
def page(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/password/: GET the questions; POST `answered`, `why`, `ticket`: the password, once."""
    contract = _find(number)
    why = because.of(request, contract.pk)
    if request.method != "POST":
        gate.looked(request, f"contract:{contract.pk}", why=why)
        return _ask(request, contract, why)
    ticket = _read(request, contract)
    if ticket is None:
        return _ask(request, contract, why, gettext("The form has grown old. Look it over and send it once more."))
    typed = request.POST.get("why", "").strip()[:MOST_WHY_CHARS]
    if not typed and not why:
        return _ask(request, contract, why, gettext("Write who asked and how: it stands in the log."))
    known = [one for one in Asked if one.value in request.POST.getlist("answered")]
    try:
        letter = issue_letter.issue(
            contract_id=contract.pk,
            answered=known,
            actor=request.actor,
            why=typed or why,
            address=request.address,
            at=clock.now(),
            issued=users.Issued(ticket["plain"], ticket["hashed"], ticket["must_change"]),
            seen=ticket["seen"],
        )
    except issue_letter.NotIdentified:
        said = gettext("Three right answers at least, or the document. Who cannot give them comes to the office.")
        return _ask(request, contract, why, said)
    except issue_letter.ChangedMeanwhile:
        said = gettext(
            "The password has been changed meanwhile, by its owner or a colleague. Ask whether he is in now."
        )
        return _ask(request, contract, why, said)
    except issue_letter.NoSignIn:
        return _ask(request, contract, why, gettext("Nobody signs in by this contract: it is closed."))
    context = {"here": "staff_search", "letter": letter, "why": why, "back": because.query(why)}
    return screen.show(request, "backoffice/password_issued.html", context)


@sensitive_post_parameters()
@require_POST
@gate.permitted(permissions.ISSUE_PASSWORDS)
def paper(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/password.pdf: POST the `password` that the page has shown, while it is in force."""
    contract = _find(number)
    user = contract.customer.user
    password = request.POST.get("password", "")
    if user is None or not users.is_password(user, password):
        raise Http404
    gate.looked(request, f"contract:{contract.pk}", "backoffice.print_letter")
    content = printing.letter(issue_letter.paper(contract.pk, clock.today()), password, contract.customer.language)
    headers = {"Content-Disposition": f'inline; filename="password-{contract.number}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _find(number: str) -> Contract:
    found = finding.one(number)
    if found is None:
        raise Http404
    return Contract.objects.select_related("customer__user").get(pk=found.id)


def _ask(request: gate.StaffRequest, contract: Contract, why: str, problem: str = "") -> HttpResponse:
    user = contract.customer.user
    is_open = user is not None and user.is_active and contract.closed_on is None
    context = {
        "here": "staff_search",
        "contract": contract,
        "full_name": contract.customer.full_name,
        "questions": [(one.asked, QUESTIONS[one.asked], _answer(one)) for one in issue_letter.questions(contract.pk)],
        "least": issue_letter.LEAST_ANSWERS,
        "ticket": _ticket(contract, user) if user is not None and is_open else "",
        "why": why,
        "back": because.query(why),
        "typed": request.POST,
        "answered": request.POST.getlist("answered"),
        "problem": problem,
    }
    return screen.show(request, "backoffice/password.html", context, status=422 if problem else 200)


def _answer(one: issue_letter.Question) -> str:
    """As people say it."""
    if one.asked == Asked.SIGNED_ON:
        return formats.day_in_full(date.fromisoformat(one.answer))
    if one.asked == Asked.LAST_PAYMENT:
        day, _colon, rest = one.answer.partition(": ")
        return f"{formats.day_in_full(date.fromisoformat(day))}: {rest}"
    return one.answer


def _ticket(contract: Contract, user: User) -> str:
    """The password that this form will give, whoever sends it twice; of this contract and of what was in force."""
    issued = users.issue_password()
    seen = users.state_of_password(user)
    return signing.dumps({"contract": contract.pk, "seen": seen, **issued._asdict()}, salt=SALT)


def _read(request: gate.StaffRequest, contract: Contract) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    return said if said["contract"] == contract.pk else None
