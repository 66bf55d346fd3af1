"""Receipts of 54-FZ that the register has not taken: why, what to do, and once more."""

from typing import NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.flows import receipting
from abonent.identity import permissions
from abonent.payments import receipt_meanings, receipts
from abonent.payments.models_receipts import Receipt, ReceiptKind

SHOWN = 100
KINDS = {
    ReceiptKind.ADVANCE: gettext_lazy("an advance: a payment came in"),
    ReceiptKind.OFFSET: gettext_lazy("an offset: a month's services"),
    ReceiptKind.OFFSET_BACK: gettext_lazy("an offset taken back"),
    ReceiptKind.REFUND: gettext_lazy("a refund"),
}


class _Line(NamedTuple):
    receipt: Receipt
    meaning: receipt_meanings.Meaning | None


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.CORRECT_MONEY)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/receipts/: what is stuck; POST `receipt` tries one again, `do=all` the shown, under their own keys."""
    if request.method == "POST":
        if request.POST.get("do") == "all":
            tried = receipting.retry_all(SHOWN, actor=request.actor, address=request.address)
            return HttpResponseRedirect(f"{reverse('staff_receipts')}?all={tried}")
        typed = request.POST.get("receipt", "")
        receipt_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
        try:
            receipting.retry(receipt_id, actor=request.actor, address=request.address)
        except receipts.UnableToRetry:
            return _show(request, wrong=_("It is not stuck any more: somebody was faster."))
        return HttpResponseRedirect(f"{reverse('staff_receipts')}?done=1")
    return _show(request)


def _show(request: gate.StaffRequest, *, wrong: str = "") -> HttpResponse:
    found, (count, total_kop) = receipts.stuck(SHOWN), receipts.count_stuck()
    tried = request.GET.get("all", "")
    context = {
        "here": "staff_receipts",
        "found": [_Line(one, receipt_meanings.of(one.error)) for one in found],
        "count": count,
        "total_kop": total_kop,
        "tried": int(tried) if tried.isascii() and tried.isdigit() and len(tried) < 5 else 0,
        "waiting": receipts.count_open(),
        "kinds": KINDS,
        "wrong": wrong,
        "done": not wrong and "done" in request.GET,
    }
    return screen.show(request, "backoffice/receipts.html", context, status=422 if wrong else 200)
