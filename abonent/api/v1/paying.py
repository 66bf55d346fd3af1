"""Payments, bound cards and autopay."""

from datetime import date, timedelta

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Status

from abonent.api.v1 import shapes, sums, wire
from abonent.api.v1.problems import Refused
from abonent.core import clock, db
from abonent.flows import agreements, bind_card, topup
from abonent.flows import autopay as autopay_flow
from abonent.ledger.models import Account
from abonent.payments import autopay, autopay_rules, cards
from abonent.payments import queries as payments
from abonent.payments.models import Payment
from abonent.payments.models_cards import AutopayAttempt, Binding, BoundCard

router = Router(tags=["Money"])
PAYMENTS_DAYS = 366


def account_of(request: HttpRequest, number: str) -> int:
    """The account's id of the caller's contract.   Raises Account.DoesNotExist, Http404."""
    return Account.objects.only("id").get(contract_id=wire.own(request, number).id).pk


@router.get("/contracts/{str:number}/payments", response=list[sums.Payment], summary="Payments of a year, open ones")
def paid(request: HttpRequest, number: str, since: date | None = None) -> list[sums.Payment]:
    account_id, today = account_of(request, number), clock.today()
    first = max(since or today - timedelta(days=PAYMENTS_DAYS), today - timedelta(days=5 * PAYMENTS_DAYS))
    found = payments.open_of(account_id) + payments.of_account(account_id, first_on=first, last_on=today)
    return [_payment(one) for one in found]


@router.post("/contracts/{str:number}/payments", response={201: sums.Started}, summary="Begin a payment by card")
def pay(request: HttpRequest, number: str, given: sums.NewPayment) -> Status[sums.Started]:
    """The payer goes on at `redirect_url`; what became of it: GET …/payments/{token}."""
    account_id, acting = account_of(request, number), wire.acting(request)
    token = wire.token_of(request, "payment")
    by = topup.By(
        card_id=given.card_id,
        kind="" if given.card_id is not None else given.kind,
        remember=_agreed(agreements.to_bind(), given.remember) if given.remember else None,
        actor=acting.actor,
        address=acting.address,
    )
    back = request.build_absolute_uri(reverse("payment", args=[token]))
    try:
        started = topup.start(
            account_id=account_id, amount_kop=given.amount_kop, submit_token=token, return_url=back, by=by
        )  # fmt: skip
    except topup.BankDoesNotAnswer:  # it stands and is asked about
        return Status(201, sums.Started(token=token, redirect_url=back))
    return Status(201, sums.Started(token=token, redirect_url=started.redirect_url))


@router.get("/contracts/{str:number}/payments/{str:token}", response=sums.Payment, summary="What became of a payment")
def payment(request: HttpRequest, number: str, token: str) -> sums.Payment:
    found = payments.by_token(account_of(request, number), token)
    if found is None:
        raise Http404
    if found.state in payments.OPEN:
        topup.settle.defer(payment_id=found.pk)
    return _payment(found)


@router.get("/agreements", response=sums.Agreements, summary="What one agrees to when a card is kept or debited")
def texts(request: HttpRequest) -> sums.Agreements:
    bind, debit = agreements.to_bind(), agreements.to_autopay()
    return sums.Agreements(
        binding=sums.Agreement(version=bind.version, text=bind.text),
        autopay=sums.Agreement(version=debit.version, text=debit.text),
    )


@router.get("/contracts/{str:number}/cards", response=list[sums.Card], summary="Bound cards")
def bound(request: HttpRequest, number: str) -> list[sums.Card]:
    return [_card(one) for one in cards.of_account(account_of(request, number))]


@router.post("/contracts/{str:number}/cards", response={201: sums.Started}, summary="Bind a card; asks who you are")
def bind(request: HttpRequest, number: str, given: sums.NewCard) -> Status[sums.Started]:
    account_id, acting = account_of(request, number), wire.acting(request)
    wire.require_confirmed(request)
    token = wire.token_of(request, "binding")
    started = bind_card.start(
        account_id=account_id,
        kind=given.kind,
        submit_token=token,
        return_url=request.build_absolute_uri(reverse("card_bound", args=[token])),
        words=_agreed(agreements.to_bind(), given.agreed),
        actor=acting.actor,
        address=acting.address,
    )
    return Status(201, sums.Started(token=token, redirect_url=started.redirect_url))


@router.get("/contracts/{str:number}/bindings/{str:token}", response=sums.Binding, summary="What became of a binding")
def binding(request: HttpRequest, number: str, token: str) -> sums.Binding:
    found: Binding | None = cards.binding_by_token(account_of(request, number), token)
    if found is None:
        raise Http404
    if found.state in cards.OPEN:
        bind_card.settle.defer(binding_id=found.pk)
    return sums.Binding(token=token, state=found.state, confirmation_url=found.confirmation_url)


@router.patch(
    "/contracts/{str:number}/cards/{int:card_id}", response=sums.Card, summary="Name a card, or offer it first"
)
def change_card(request: HttpRequest, number: str, card_id: shapes.Id, given: sums.CardChange) -> sums.Card:
    account_id = account_of(request, number)
    with db.atomic():
        found = cards.own(account_id, card_id)
        if given.name is not None:
            found = cards.rename(account_id, card_id, given.name)
        if given.is_default:
            found = cards.make_default(account_id, card_id)
    return _card(found)


@router.delete("/contracts/{str:number}/cards/{int:card_id}", response={204: None}, summary="Unbind a card")
def unbind(request: HttpRequest, number: str, card_id: shapes.Id) -> Status[None]:
    acting = wire.acting(request)
    bind_card.unbind(
        account_id=account_of(request, number), card_id=card_id, actor=acting.actor, address=acting.address
    )  # fmt: skip
    return Status(204, None)


@router.get("/contracts/{str:number}/autopay", response=sums.Autopay, summary="Autopay, and what it will debit")
def standing(request: HttpRequest, number: str) -> sums.Autopay:
    account_id = account_of(request, number)
    found = autopay.of_account(account_id)
    return sums.Autopay(
        is_on=bool(found and found.is_on),
        card_id=found.card_id if found else None,
        before_days=found.before_days if found else None,
        below_kop=found.below_kop if found else None,
        sum_kop=found.sum_kop if found else None,
        month_limit_kop=found.month_limit_kop if found else None,
        spent_kop=autopay.spent_kop(account_id, month_of=clock.today()),
        off_why=found.off_why if found else "",
        announced=[_attempt(one) for one in autopay.announced(account_id)],
        finished=[_attempt(one) for one in autopay.finished(account_id)],
    )


@router.put("/contracts/{str:number}/autopay", response=sums.Autopay, summary="Switch autopay on, or set its rules")
def switch_on(request: HttpRequest, number: str, given: sums.AutopayRules) -> sums.Autopay:
    account_id, acting = account_of(request, number), wire.acting(request)
    if (given.below_kop is None) != (given.sum_kop is None):
        raise Refused(422, "no_rule", _("Tick at least one of the two."))
    autopay_flow.switch_on(
        account_id=account_id,
        card_id=given.card_id,
        rules=autopay_rules.Rules(given.before_days, given.below_kop, given.sum_kop),
        month_limit_kop=given.month_limit_kop,
        words=_agreed(agreements.to_autopay(), given.agreed),
        actor=acting.actor,
        address=acting.address,
        on=clock.today(),
    )
    return standing(request, number)


@router.delete("/contracts/{str:number}/autopay", response={204: None}, summary="Switch autopay off")
def switch_off(request: HttpRequest, number: str) -> Status[None]:
    acting = wire.acting(request)
    autopay_flow.switch_off(account_id=account_of(request, number), actor=acting.actor, address=acting.address)
    return Status(204, None)


@router.delete(
    "/contracts/{str:number}/autopay/attempts/{int:attempt_id}", response={204: None}, summary="Call a debit off"
)
def call_off(request: HttpRequest, number: str, attempt_id: shapes.Id) -> Status[None]:
    acting = wire.acting(request)
    called_off = autopay_flow.call_off(
        account_id=account_of(request, number), attempt_id=attempt_id, actor=acting.actor, address=acting.address
    )
    if not called_off:
        raise Refused(409, "too_late", _("It is too late: it has begun."))
    return Status(204, None)


def _agreed(words: cards.Words, version: str) -> cards.Words:
    if version != words.version:
        raise Refused(422, "not_agreed", _("Tick it: without your consent no card is kept."), version=words.version)
    return words


def _payment(one: Payment) -> sums.Payment:
    return sums.Payment(
        token=one.submit_token or "",
        state=one.state,
        amount_kop=one.amount_kop,
        channel=one.channel,
        method=one.method_title,
        on=one.on,
        created_at=one.created_at,
        confirmation_url=one.confirmation_url if one.state == "pending" else "",
        cancel_reason=one.cancel_reason,
    )


def _card(one: BoundCard) -> sums.Card:
    return sums.Card(
        id=one.pk,
        name=one.name,
        kind=one.kind,
        system=one.system,
        title=one.title,
        is_default=one.is_default,
        expires_on=one.expires_on,
    )


def _attempt(one: AutopayAttempt) -> sums.Attempt:
    return sums.Attempt(
        id=one.pk, rule=one.rule, state=one.state, amount_kop=one.amount_kop, due_on=one.due_on, reason=one.reason
    )  # fmt: skip
