"""Bound cards: bind, name, choose the first, unbind. Each is reached through the account of the signed-in user only."""

import secrets
from datetime import date
from typing import NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.core import clock, db, events, periods
from abonent.flows import agreements, bind_card
from abonent.payments import autopay, cards
from abonent.payments.models_cards import BoundCard, MethodKind
from abonent.portal import pay, scope, step_up, words

DONE_KEY = "cards_done"  # in the session: the next page tells what was done


class Shown(NamedTuple):
    card: BoundCard
    label: str
    bound_on: date
    expires_through: str  # "12/29"; "" for what does not expire
    is_expired: bool
    pays_by_itself: bool


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
@step_up.before("bind")
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/cards/: GET with `?unbind=` asks once more; POST does `bind`, `name`, `default` or `unbind`."""
    own = cast(scope.OwnRequest, request)
    account_id = pay.account_of(own).pk
    if request.method != "POST":
        return _page(own, account_id, unbind=request.GET.get("unbind", ""))
    do = request.POST.get("do", "")
    if do == "bind":
        return _bind(own, account_id)
    card_id = read_id(request.POST.get("card", ""))
    try:
        if do == "name":
            with db.atomic():
                cards.rename(account_id, card_id, request.POST.get("name", ""))
            done = _("The name is kept.")
        elif do == "default":
            with db.atomic():
                cards.make_default(account_id, card_id)
            done = _("This card is offered first now.")
        elif do == "unbind":
            card = bind_card.unbind(
                account_id=account_id, card_id=card_id, actor=own.user.username, address=own.META.get("REMOTE_ADDR")
            )
            done = _("%(card)s is unbound: nothing will be debited from it any more.") % {"card": label(card)}
        else:
            raise Http404
    except BoundCard.DoesNotExist:
        raise Http404 from None
    own.session[DONE_KEY] = done
    return HttpResponse(status=303, headers={"Location": reverse("cards")})


@require_safe
@scope.signed_in_subscriber
def bound(request: HttpRequest, token: str) -> HttpResponse:
    """/cabinet/cards/<token>/: what became of the binding of that form."""
    own = cast(scope.OwnRequest, request)
    heard = events.last_id([f"contract:{own.contract.id}"])  # before the row is read
    binding = cards.binding_by_token(pay.account_of(own).pk, token)
    if binding is None:
        raise Http404
    is_open = binding.state in cards.OPEN
    if is_open and not request.headers.get("HX-Request"):
        bind_card.settle.defer(binding_id=binding.pk)
    context = {
        "here": "pay",
        "binding": binding,
        "state": str(binding.state),
        "is_open": is_open,
        "heard": heard,
    }
    return render(request, "portal/card_bound.html", context)


def shown(account_id: int) -> list[Shown]:
    """The cards that can pay, the first one first."""
    today, found = clock.today(), autopay.of_account(account_id)
    by_itself = found.card_id if found is not None and found.is_on else None
    all_of_them = sorted(cards.of_account(account_id), key=lambda card: not card.is_default)
    return [
        Shown(
            card,
            label(card),
            clock.on_date(card.bound_at),
            f"{card.expires_on - periods.ONE_DAY:%m/%y}" if card.expires_on else "",
            card.expires_on is not None and card.expires_on <= today,
            card.pk == by_itself,
        )
        for card in all_of_them
    ]


def label(card: BoundCard) -> str:
    """How a card is called on a page: its owner's word for it and its last digits."""
    plain = str(words.METHODS[card.kind]) if card.kind == MethodKind.SBP else f"{card.system} {card.title}".strip()
    return f"{card.name} ({plain})" if card.name else plain


def _bind(own: scope.OwnRequest, account_id: int) -> HttpResponse:
    token, kind = own.POST.get("token", ""), own.POST.get("kind", "")
    if kind not in MethodKind.values or not 8 <= len(token) <= 64 or not token.isascii():
        return _page(own, account_id, problem=_("This form is out of date. Send it once more."))
    if not own.POST.get("agree"):
        return _page(own, account_id, error=_("Tick it: without your consent no card is kept."))
    try:
        started = bind_card.start(
            account_id=account_id,
            kind=kind,
            submit_token=token,
            return_url=own.build_absolute_uri(reverse("card_bound", args=[token])),
            words=agreements.to_bind(),
            actor=own.user.username,
            address=own.META.get("REMOTE_ADDR"),
        )
    except bind_card.BankDoesNotAnswer:
        return HttpResponse(status=303, headers={"Location": reverse("card_bound", args=[token])})
    except bind_card.CardsAreOff:
        return _page(own, account_id, problem=_("Card payment is switched off just now."))
    except bind_card.BankSaidNo:
        refused = _("The bank does not let us keep cards just now. You can pay by card without binding it.")
        return _page(own, account_id, problem=refused)
    except cards.TooManyCards:
        many = _("%(n)s cards are bound already. Unbind one of them first.") % {"n": cards.MOST_CARDS}
        return _page(own, account_id, problem=many)
    except cards.TokenUsed:
        return _page(own, account_id, problem=_("This form is out of date. Send it once more."))
    return HttpResponse(status=303, headers={"Location": started.redirect_url})


def _page(
    own: scope.OwnRequest, account_id: int, *, unbind: str = "", error: str = "", problem: str = ""
) -> HttpResponse:
    all_of_them = shown(account_id)
    leaving = next((one for one in all_of_them if str(one.card.pk) == unbind), None)
    context = {
        "here": "pay",
        "tab": "cards",
        "cards": all_of_them,
        "leaving": leaving,
        "words": agreements.to_bind(),
        "kinds": [(kind, words.METHODS[kind]) for kind in MethodKind.values],
        "token": secrets.token_urlsafe(24),
        "name_chars": cards.NAME_CHARS,
        "cards_on": bool(settings.YOOKASSA_SHOP_ID),
        "done": own.session.pop(DONE_KEY, "") if own.method == "GET" else "",
        "error": error,
        "problem": problem,
    }
    return render(own, "portal/cards.html", context, status=422 if error or problem else 200)


def read_id(text: str) -> int:
    """0 for what is no id: nobody has it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
