"""The payment code of the chosen contract: a bank's app reads whom to pay, for what, and how much."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.core import payment_code
from abonent.portal import scope, sums


def is_on() -> bool:
    """Whether the operator's account is known: else there is nobody to pay to."""
    return settings.PROFILE.requisites is not None


@require_safe
@scope.signed_in_subscriber
def svg(request: HttpRequest) -> HttpResponse:
    """/cabinet/pay/code.svg?sum=500: without a sum, or with what is none, the payer types it in his bank's app."""
    own = cast(scope.OwnRequest, request)
    requisites = settings.PROFILE.requisites
    if requisites is None:
        raise Http404
    try:
        amount_kop = sums.read(own.GET.get("sum", "")[: sums.MOST_CHARS]) or None
    except sums.UnableToRead:
        amount_kop = None
    with translation.override("ru"):  # the bank's words, whoever reads our page
        purpose = _("Communication services, contract %(number)s") % {"number": own.contract.number}
    said = payment_code.payee(
        name=settings.PROFILE.legal_name.ru, inn=requisites.inn, kpp=requisites.kpp, bank=requisites.bank.model_dump()
    )
    text = payment_code.write(
        {**said, "Purpose": purpose, "PersAcc": own.contract.number, "Contract": own.contract.number},
        amount_kop=amount_kop,
    )
    title = _("Payment code of contract %(number)s") % {"number": own.contract.number}
    return HttpResponse(
        payment_code.svg(text, title=title),
        content_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=300", "Content-Disposition": "inline; filename=payment-code.svg"},
    )
