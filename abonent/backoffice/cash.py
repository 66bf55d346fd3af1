"""The cash desk: open the drawer, take cash by contract, print the order, count the drawer, Z-report."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, screen
from abonent.billing import queries as billing
from abonent.core import clock, money
from abonent.flows import cash_desk, topup
from abonent.identity import permissions
from abonent.ledger.models import Account
from abonent.payments import cash_orders, cash_shifts, printing, shift_printing
from abonent.payments.models_desk import CashOrder
from abonent.payments.models_shifts import CashShift
from abonent.subscribers import finding
from abonent.ui import formats

SHOWN_ORDERS = 100
SHOWN_SHIFTS = 50
MOST_CHARS = 20


class Look(NamedTuple):
    """Whose money is about to be taken, for a last look."""

    contract: finding.FoundContract
    balance_kop: int
    missing_kop: int
    amount_kop: int
    token: str


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.TAKE_CASH)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/cash/: the open shift and its orders. POST `do`: open, look (`contract`, `sum`), take, close."""
    if request.method != "POST":
        return _desk(request, contract=request.GET.get("contract", "")[:40])
    verb = {"open": _open, "look": _look, "take": _take, "close": _close}.get(request.POST.get("do", ""))
    return verb(request) if verb else _desk(request)


@require_safe
@gate.permitted(permissions.TAKE_CASH, permissions.VIEW_REPORTS)
def order(request: gate.StaffRequest, order_id: int) -> HttpResponse:
    """/staff/cash/orders/<id>.pdf: the paper to sign."""
    found = CashOrder.objects.filter(id=order_id).first() if order_id < 2**62 else None
    if found is None:
        raise Http404
    gate.looked(request, f"account:{found.account_id}", "payments.print_order")
    return screen.pdf(printing.pdf(found, formats.language()), printing.file_name(found))


@require_safe
@gate.permitted(permissions.TAKE_CASH, permissions.VIEW_REPORTS)
def shifts(request: gate.StaffRequest) -> HttpResponse:
    """/staff/shifts/: closed ones, the last first; a cashier sees his own."""
    found = _theirs(request).filter(closed_at__isnull=False).order_by("-opened_at")
    context = {"here": "staff_cash", "shifts": list(found[:SHOWN_SHIFTS])}
    return screen.show(request, "backoffice/shifts.html", context)


@require_safe
@gate.permitted(permissions.TAKE_CASH, permissions.VIEW_REPORTS)
def report(request: gate.StaffRequest, number: int) -> HttpResponse:
    """/staff/shifts/<number>.pdf: the Z-report."""
    found = _theirs(request).filter(number=number, closed_at__isnull=False).first() if number < 2**31 else None
    if found is None:
        raise Http404
    return screen.pdf(shift_printing.pdf(found, formats.language()), shift_printing.file_name(found))


def _open(request: gate.StaffRequest) -> HttpResponse:
    try:
        opening_kop = _sum(request.POST.get("opening", ""), zero=True)
    except money.UnableToParse:
        return _desk(request, errors={"opening": _("Write the sum as 1 500,00; nothing in the drawer is 0.")})
    try:
        cash_desk.open_shift(opening_kop=opening_kop, actor=request.actor, address=request.address)
    except cash_shifts.OpenAlready:
        return _desk(request, problem=_("Your shift is open already, perhaps in another window."))
    return HttpResponseRedirect(reverse("staff_cash"))


def _look(request: gate.StaffRequest) -> HttpResponse:
    """Nothing moves yet: who it is, what he owes, how much it will be."""
    look = _looked_up(request, secrets.token_urlsafe(24))
    if isinstance(look, HttpResponse):
        return look
    return screen.show(request, "backoffice/cash_look.html", {"here": "staff_cash", "look": look})


def _take(request: gate.StaffRequest) -> HttpResponse:
    look = _looked_up(request, request.POST.get("token", "")[:64])
    if isinstance(look, HttpResponse):
        return look
    account = Account.objects.get(contract_id=look.contract.id)
    try:
        made = cash_desk.take(
            account_id=account.pk,
            amount_kop=look.amount_kop,
            submit_token=look.token,
            on=clock.today(),
            actor=request.actor,
            address=request.address,
            in_shift=True,
        )
    except cash_shifts.NoneOpen:
        return _desk(request, problem=_("Your shift is closed: nothing was taken. Open a shift and take it then."))
    except cash_desk.UnableToTake:
        return _desk(request, problem=_("This form has been sent before with another sum. Look at the list below."))
    return HttpResponseRedirect(f"{reverse('staff_cash')}?done={made.pk}")


def _close(request: gate.StaffRequest) -> HttpResponse:
    typed = request.POST.get("counted", "")
    try:
        counted_kop = _sum(typed, zero=True)
    except money.UnableToParse:
        return _desk(request, errors={"counted": _("Write the sum as 1 500,00; nothing in the drawer is 0.")})
    why = request.POST.get("why", "").strip()[:500]
    try:
        shift = cash_desk.close_shift(counted_kop=counted_kop, why=why, actor=request.actor, address=request.address)
    except cash_shifts.NoneOpen:
        return _desk(request, problem=_("Your shift is closed already."))
    except cash_shifts.NeedsReason as differs:
        said = {"sum": money.show(differs.difference_kop, sign=True)}
        why_not = _("The drawer differs from the orders by %(sum)s. Count again, or say why below.") % said
        return _desk(request, errors={"counted": why_not})
    return HttpResponseRedirect(f"{reverse('staff_shifts')}?done={shift.number}")


def _looked_up(request: gate.StaffRequest, token: str) -> Look | HttpResponse:
    """What was typed, or the desk with what is wrong with it."""
    number, typed = request.POST.get("contract", "").strip()[:40], request.POST.get("sum", "")
    found = finding.one(number)
    if found is None or found.closed_on is not None:
        said = _("There is no open contract “%(number)s”. Find it by name or phone above.") % {"number": number}
        return _desk(request, contract=number, typed=typed, errors={"contract": said})
    try:
        amount_kop = _sum(typed)
    except money.UnableToParse:
        wrong = _("Write the sum as 1 500,00.")
        return _desk(request, contract=number, typed=typed, errors={"sum": wrong})
    if amount_kop > topup.CASH_MAX_KOP:
        most = _("At most %(sum)s at once.") % {"sum": money.show(topup.CASH_MAX_KOP)}
        return _desk(request, contract=number, typed=typed, errors={"sum": most})
    today = clock.today()
    seen = billing.overview(found.id, today)
    if seen is None:
        raise Http404
    return Look(found, seen.balance_kop, billing.service_state(seen, today).missing_kop, amount_kop, token)


def _desk(
    request: gate.StaffRequest,
    *,
    contract: str = "",
    typed: str = "",
    problem: str = "",
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    shift = cash_shifts.current(request.actor)
    orders = list(CashOrder.objects.filter(shift=shift).order_by("-id")[:SHOWN_ORDERS]) if shift else []
    context = {
        "here": "staff_cash",
        "shift": shift,
        "orders": orders,
        "sums": cash_shifts.sums(shift.pk) if shift else None,
        "contract": contract,
        "typed": typed,
        "problem": problem,
        "errors": errors or {},
        "done": None if problem or errors else _done(request),
    }
    return screen.show(request, "backoffice/cash.html", context, status=422 if problem or errors else 200)


def _done(request: gate.StaffRequest) -> CashOrder | None:
    """The order that was just made, if it is this cashier's."""
    typed = request.GET.get("done", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 18):
        return None
    return cash_orders.of_cashier(int(typed), request.actor)


def _theirs(request: gate.StaffRequest) -> QuerySet[CashShift]:
    """A cashier's own; who sees reports sees everybody's."""
    every = CashShift.objects.all()
    return every if gate.may(request, permissions.VIEW_REPORTS) else every.filter(cashier=request.actor)


def _sum(typed: str, *, zero: bool = False) -> int:
    """Raises money.UnableToParse; a sum of nothing is none unless `zero`."""
    amount_kop = money.parse(typed[:MOST_CHARS])
    if not amount_kop and not zero:
        raise money.UnableToParse("nothing")
    return amount_kop
