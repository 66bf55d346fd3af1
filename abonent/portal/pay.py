"""Top up by card: the sum, the way to the bank, and what became of it."""

import secrets
from typing import NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.billing import forecast as forecasts
from abonent.billing import planned
from abonent.core import clock, events, money
from abonent.flows import agreements, topup
from abonent.ledger.models import Account
from abonent.payments import queries as payments
from abonent.payments.models import PaymentState
from abonent.portal import cabinet, cards, scope, screen, sums, words
from abonent.ui import formats

ROUND_SUMS_KOP = (500_00, 1_000_00, 2_000_00)


class QuickSum(NamedTuple):
    amount_kop: int
    typed: str
    why: str  # "" for a round sum


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def form(request: HttpRequest) -> HttpResponse:
    """/cabinet/pay/: GET fills `?sum=` in; POST with `sum` and `token` goes to the bank."""
    own = cast(scope.OwnRequest, request)
    if request.method != "POST":
        return _form(own, typed=request.GET.get("sum", "")[: sums.MOST_CHARS])
    typed, token = request.POST.get("sum", ""), request.POST.get("token", "")
    chosen = request.POST.get("by", "")
    try:
        amount_kop = sums.read(typed)
        started = topup.start(
            account_id=account_of(own).pk,
            amount_kop=amount_kop,
            submit_token=token,
            return_url=request.build_absolute_uri(reverse("payment", args=[token or "-"])),
            by=_by(own, chosen),
        )
    except sums.UnableToRead as error:
        return _form(own, typed=typed, token=token, error=str(error))
    except topup.UnderTheLimit as error:
        least = _("The least a card can pay is %(sum)s.") % {"sum": money.show(error.limit_kop)}
        return _form(own, typed=typed, token=token, error=least)
    except topup.OverTheLimit as error:
        most = _("A card pays at most %(sum)s at once. Split the sum into several payments.")
        return _form(own, typed=typed, token=token, error=most % {"sum": money.show(error.limit_kop)})
    except topup.FormUsed:
        used = _("This form has been sent before. Look at the sum and send it once more.")
        return _form(own, typed=typed, error=used)
    except topup.CardGone:
        gone = _("This card is unbound. Choose another way to pay.")
        return _form(own, typed=typed, token=token, problem=gone)
    except topup.CardsAreOff:
        return _form(own, typed=typed, token=token, problem=_("Card payment is switched off just now."))
    except topup.BankSaidNo:
        refused = _("The bank has refused this payment. No money was taken. Try again, or pay another sum.")
        return _form(own, typed=typed, problem=refused)
    except topup.BankDoesNotAnswer:
        return _to(reverse("payment", args=[token]))
    return _to(started.redirect_url)


@require_safe
@scope.signed_in_subscriber
def result(request: HttpRequest, token: str) -> HttpResponse:
    """/cabinet/pay/<token>/: what became of the payment of that form. Found through the account only."""
    own = cast(scope.OwnRequest, request)
    # Before the payment is read: what happens to it from here on, the page will hear.
    heard = events.last_id([f"contract:{own.contract.id}"])
    account = account_of(own)
    payment = payments.by_token(account.pk, token)
    if payment is None:
        raise Http404
    is_open = payment.state in payments.OPEN
    if is_open and not request.headers.get("HX-Request"):
        topup.settle.defer(payment_id=payment.pk)  # whoever comes back from the bank need not wait for its message
    context = {
        "here": "pay",
        "payment": payment,
        "state": str(payment.state),
        "is_open": is_open,
        "bank_heard": payment.state != PaymentState.NEW,
        "reason": words.cancel_reason(payment.cancel_reason),
        "typed": sums.typed(payment.amount_kop),
        "balance_kop": account.balance_kop,
        "heard": heard,
    }
    return render(request, "portal/payment.html", context)


def quick_sums(missing_kop: int, forecast: forecasts.Forecast) -> list[QuickSum]:
    """What is missing first, then what lets everything go on, then round sums."""
    until = formats.day(forecast.stops_on) if forecast.stops_on else ""
    wanted = {missing_kop: _("what is missing"), forecast.missing_kop: _("needed before %(day)s") % {"day": until}}
    found = [QuickSum(kop, sums.typed(kop), why) for kop, why in wanted.items() if kop > 0]
    return found + [QuickSum(kop, sums.typed(kop), "") for kop in ROUND_SUMS_KOP if kop not in wanted]


def _by(own: scope.OwnRequest, chosen: str) -> topup.By:
    """How the payer wants to pay.   chosen: "card:17", "sbp", "new"."""
    kind, card_id = chosen.partition(":")[::2]
    if kind == "card":
        return topup.By(card_id=cards.read_id(card_id) or -1)
    remember = agreements.to_bind() if own.POST.get("remember") else None
    return topup.By(
        kind={"sbp": "sbp", "new": "bank_card"}.get(kind, ""),
        remember=remember,
        actor=own.user.username,
        address=own.META.get("REMOTE_ADDR"),
    )


def account_of(own: scope.OwnRequest) -> Account:
    """The account of the chosen contract."""
    return Account.objects.get(contract_id=own.contract.id)


def _to(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})


def _form(own: scope.OwnRequest, *, typed: str, token: str = "", error: str = "", problem: str = "") -> HttpResponse:
    seen, today = cabinet.overview(own), clock.today()
    now, bound = screen.now(seen, today), cards.shown(seen.account_id)
    context = {
        "here": "pay",
        "seen": seen,
        "missing_kop": now.pay_kop,
        "cards": bound,
        "chosen": own.POST.get("by") or (f"card:{bound[0].card.pk}" if bound else "new"),
        "words": agreements.to_bind(),
        "tab": "pay",
        "quick": quick_sums(now.pay_kop, forecasts.of(seen, today, planned.of(seen))),
        "card": settings.PROFILE.card,
        "typed": typed,
        "token": token or secrets.token_urlsafe(24),
        "error": error,
        "problem": problem,
    }
    return render(own, "portal/pay.html", context, status=422 if error or problem else 200)
