"""What subscribers ask about their data and the closing of accounts: the list, the urgent first, and the answer."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.core import clock
from abonent.flows import close_account
from abonent.identity import permissions
from abonent.ledger.models import Account
from abonent.subscribers import petitions
from abonent.subscribers.models import Petition
from abonent.subscribers.models_personal import PetitionKind
from abonent.ui import formats, words

NEEDED = {
    PetitionKind.CORRECTION: permissions.EDIT_SUBSCRIBERS,
    PetitionKind.DELETION: permissions.EDIT_SUBSCRIBERS,
    PetitionKind.CLOSING: permissions.END_CONTRACTS,
}


@require_http_methods(["GET", "HEAD"])
@gate.permitted(permissions.EDIT_SUBSCRIBERS, permissions.END_CONTRACTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/petitions/: those that this role may answer."""
    waiting = [one for one in petitions.waiting() if gate.may(request, NEEDED[PetitionKind(one.kind)])]
    for one in waiting:
        gate.looked(request, f"contract:{one.contract_id}", "backoffice.look_petition")
    context = {"here": "staff_petitions", "waiting": waiting, "names": words.PETITIONS, "today": clock.today()}
    return screen.show(request, "backoffice/petitions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_SUBSCRIBERS, permissions.END_CONTRACTS)
def one(request: gate.StaffRequest, petition_id: int) -> HttpResponse:
    """/staff/petitions/<id>/: POST `do` (done, refuse), `text`, of a closing `equipment`: on its place."""
    found = Petition.objects.select_related("contract__customer").filter(id=petition_id).first()
    if found is None or not gate.may(request, NEEDED[PetitionKind(found.kind)]):
        raise Http404
    gate.looked(request, f"contract:{found.contract_id}", "backoffice.look_petition")
    error = ""
    if request.method == "POST":
        error = _answer(request, found)
        if not error:
            return HttpResponseRedirect(reverse("staff_petitions"))
        found.refresh_from_db()
    account_id = Account.objects.values_list("id", flat=True).get(contract_id=found.contract_id)
    steps = close_account.checklist(account_id=account_id) if found.kind == PetitionKind.CLOSING else None
    context = {
        "here": "staff_petitions",
        "one": found,
        "name": words.PETITIONS[found.kind],
        "state": words.PETITION_STATES[found.state],
        "asked_on": clock.on_date(found.asked_at),
        "steps": steps,
        "equipment": [each[formats.language()] for each in steps.equipment] if steps else [],
        "typed": request.POST.get("text", ""),
        "error": error,
    }
    return screen.show(request, "backoffice/petition.html", context, status=422 if error else 200)


def _answer(request: gate.StaffRequest, found: Petition) -> str:
    """What is wrong; "" where it is answered."""
    done, text = request.POST.get("do") == "done", request.POST.get("text", "").strip()
    closing = found.kind == PetitionKind.CLOSING
    if not done and not text:
        return _("Write why not: the person reads it.")
    if done and closing and not request.POST.get("equipment"):
        return _("Tick that our equipment is handed in, or that there was none.")
    try:
        close_account.answer(
            found.pk, done=done, text=text, at=clock.now(), on=clock.today(), actor=request.actor,
            address=request.address,
        )  # fmt: skip
    except close_account.NotEnded:
        return _("The contract goes on: it ends first.")
    except close_account.NotAtZero:
        return _("The account is not at zero: it is paid, paid out, moved or written off first.")
    except petitions.UnableToAnswer:
        return _("It is answered already.")
    return ""
