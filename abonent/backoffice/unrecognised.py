"""Money whose owner nobody knows by himself: the bank's documents in the queue, and what books say otherwise."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, reasons, screen
from abonent.core import clock, db, money
from abonent.flows import four_eyes, import_statement, reconciling
from abonent.identity import permissions
from abonent.payments import bank_entries, differences, payers
from abonent.payments.bank_statements.parsing import MAX_OCTETS
from abonent.payments.models_desk import BankEntry, DifferenceKind
from abonent.subscribers.models import Contract
from abonent.ui import words

SHOWN = 100
KINDS = {
    DifferenceKind.MISSING_HERE: gettext_lazy("they have it, we have not"),
    DifferenceKind.MISSING_THERE: gettext_lazy("we have it, they have not"),
    DifferenceKind.SUM: gettext_lazy("another sum"),
    DifferenceKind.ACCOUNT: gettext_lazy("another account"),
    DifferenceKind.STATE: gettext_lazy("another state"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.CORRECT_MONEY)
def bank(request: gate.StaffRequest) -> HttpResponse:
    """/staff/bank/: load a statement (`file`); POST `entry` with `do` assign and `contract` (and `remember`), or return
    and `why`; `payer` with `do` forget_payer."""
    if request.method == "POST" and request.POST.get("do") == "forget_payer":
        payers.remove(_number(request, "payer"), actor=request.actor, address=request.address)
        return HttpResponseRedirect(f"{reverse('staff_bank')}#payers")
    if request.method == "POST":
        return _load(request) if "file" in request.FILES or "load" in request.POST else _decide(request)
    return _bank(request)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.CORRECT_MONEY)
def differing(request: gate.StaffRequest) -> HttpResponse:
    """/staff/differences/: what the nightly comparison found; POST `difference` with `why` closes one."""
    if request.method == "POST":
        difference_id, why = _number(request, "difference"), request.POST.get("why", "").strip()[:500]
        if not why:
            return _differing(request, wrong=_("Say what it was: a difference is closed with a reason."))
        try:
            reconciling.close(difference_id=difference_id, actor=request.actor, why=why, address=request.address)
        except differences.UnableToClose:
            return _differing(request, wrong=_("It is closed already: a later look agreed, or somebody was faster."))
        return HttpResponseRedirect(f"{reverse('staff_differences')}?done=1")
    return _differing(request)


def _load(request: gate.StaffRequest) -> HttpResponse:
    """The same file again credits nothing again, so that a double click harms nobody."""
    sent = request.FILES.get("file")
    if sent is None or sent.size is None or not sent.size:
        return _bank(request, wrong=_("Choose the file that the bank's client has made: 1CClientBankExchange."))
    if sent.size > MAX_OCTETS:
        return _bank(request, wrong=_("The file is too big for a statement."))
    try:
        report = import_statement.load(sent.read(), actor=request.actor, on=clock.today())
    except import_statement.UnableToLoad as refused:
        said = _("Nothing of the file was taken. %(why)s") % {"why": refused}
        return _bank(request, wrong=said)
    return _bank(request, report=report)


def _decide(request: gate.StaffRequest) -> HttpResponse:
    entry_id, why = _number(request, "entry"), request.POST.get("why", "").strip()[:500]
    contract = request.POST.get("contract", "").strip()[:40]
    try:
        if request.POST.get("do") == "return":
            if not why:
                said = _("Money that goes back goes with a reason: the number of the payment order.")
                return _bank(request, wrong=said, entry_id=entry_id)
            sums = BankEntry.objects.filter(id=entry_id).values_list("amount_kop", flat=True)
            if four_eyes.needs_second(request.user, sums.first() or 0):
                said = _("Alone you give %(sum)s at most: a colleague whose role may more sends it back.")
                most = {"sum": money.show(four_eyes.alone_kop(request.user))}
                return _bank(request, wrong=said % most, entry_id=entry_id)
            import_statement.send_back(entry_id=entry_id, actor=request.actor, why=why, address=request.address)
        else:
            import_statement.assign(
                entry_id=entry_id, contract_number=contract, actor=request.actor, why=why, address=request.address,
                remember=request.POST.get("remember") == "1",
            )  # fmt: skip
    except bank_entries.UnableToDecide:
        said = _("There is no open contract “%(number)s”, or somebody has decided already.") % {"number": contract}
        return _bank(request, wrong=said, entry_id=entry_id)
    except db.UnableToLock:
        return _bank(request, wrong=_("There is no such document."))
    return HttpResponseRedirect(f"{reverse('staff_bank')}?done=1")


def _bank(
    request: gate.StaffRequest,
    *,
    wrong: str = "",
    entry_id: int = 0,
    report: import_statement.Report | None = None,
) -> HttpResponse:
    queue, (count, total_kop) = bank_entries.queue(SHOWN), bank_entries.queued()
    suggested = Contract.objects.filter(number__in=[one.suggested for one in queue if one.suggested])
    context = {
        "here": "staff_bank",
        "queue": queue,
        "count": count,
        "total_kop": total_kop,
        "owners": dict(suggested.values_list("number", "customer__full_name")),
        "said": reasons.said,
        "wrong": wrong,
        "wrong_id": entry_id if any(one.pk == entry_id for one in queue) else 0,
        "report": report,
        "payers": payers.everyone(),
        "done": not wrong and "done" in request.GET,
    }
    return screen.show(request, "backoffice/bank.html", context, status=422 if wrong else 200)


def _differing(request: gate.StaffRequest, *, wrong: str = "") -> HttpResponse:
    context = {
        "here": "staff_differences",
        "found": differences.open_ones(SHOWN),
        "most": SHOWN,
        "kinds": KINDS,
        "channels": words.CHANNELS,
        "wrong": wrong,
        "done": not wrong and "done" in request.GET,
    }
    return screen.show(request, "backoffice/differences.html", context, status=422 if wrong else 200)


def _number(request: HttpRequest, name: str) -> int:
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
