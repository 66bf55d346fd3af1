"""A fiscal receipt as its owner sees it: what it says, and what the tax service knows it by."""

from typing import NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.payments import fiscal, receipts
from abonent.payments.models_receipts import ReceiptKind
from abonent.portal import pay, scope

# Where anybody may check a receipt by its numbers: the tax service's own page.
CHECK_AT = "https://kkt-online.nalog.ru/"


class Item(NamedTuple):
    name: str
    amount_kop: int
    vat: str


@require_safe
@scope.signed_in_subscriber
def page(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """/cabinet/receipts/17/: found through the signed-in user's account only."""
    own = cast(scope.OwnRequest, request)
    receipt = receipts.of_account(pay.account_of(own).pk, receipt_id)
    if receipt is None:
        raise Http404
    titles = {
        ReceiptKind.ADVANCE: _("Receipt of a payment"),
        ReceiptKind.REFUND: _("Receipt of a refund"),
        ReceiptKind.OFFSET: _("Receipt of services"),
        ReceiptKind.OFFSET_BACK: _("Receipt of a return"),
    }
    content = fiscal.load(receipt.content) if receipt.content else None
    context = {
        "here": "history",
        "receipt": receipt,
        "title": titles[ReceiptKind(receipt.kind)],
        "items": [Item(one.name, one.amount_kop, vat_words(one.vat)) for one in content.items] if content else [],
        "sent_to": (content.customer.email or content.customer.phone) if content else "",
        "check_at": CHECK_AT,
    }
    return render(request, "portal/receipt.html", context)


def vat_words(vat: str) -> str:
    """ "vat122" → «VAT 22/122»."""
    if vat == "none":
        return _("without VAT")
    number = vat.removeprefix("vat")
    calculated = len(number) == 3
    return _("VAT %(rate)s") % {"rate": f"{int(number[1:])}/{number}" if calculated else f"{number}\u00a0%"}
