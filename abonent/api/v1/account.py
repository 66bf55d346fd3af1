"""The account: its state, services, the balance ahead, and the history by months."""

from datetime import date

from django.http import Http404, HttpRequest
from ninja import Router

from abonent.api.v1 import shapes, wire
from abonent.billing import forecast as forecasts
from abonent.billing import planned, statement
from abonent.billing import queries as billing
from abonent.billing.documents import statements
from abonent.core import clock, periods
from abonent.subscribers.queries import OwnContract
from abonent.ui import formats

router = Router(tags=["Account"])


def seen_of(request: HttpRequest, number: str) -> billing.Overview:
    """What billing knows of the caller's contract.   Raises Http404: not his, or without an account."""
    seen = billing.overview(wire.own(request, number).id, clock.today())
    if seen is None:
        raise Http404
    return seen


@router.get("/contracts/{str:number}", response=shapes.Account, summary="Does it work, how much money, what next")
def account(request: HttpRequest, number: str) -> shapes.Account:
    seen, today = seen_of(request, number), clock.today()
    state, ahead = billing.service_state(seen, today), forecasts.of(seen, today, planned.of(seen)).next_charge
    pause = seen.pause
    return shapes.Account(
        number=seen.number,
        owner=seen.full_name,
        state=state.word,
        since=state.since,
        balance_kop=seen.balance_kop,
        credit_limit_kop=seen.credit_limit_kop,
        missing_kop=state.missing_kop,
        paid_through=billing.paid_through(seen),
        next_charge=shapes.Coming(on=max(ahead.on, today), amount_kop=sum(one.kop for one in ahead.due))
        if ahead
        else None,
        deferral_kop=seen.deferral_kop,
        deferral_last_day=seen.deferral_ends_on - periods.ONE_DAY if seen.deferral_ends_on else None,
        pause=shapes.Paused(**pause._asdict()) if pause else None,
        contract_ends_on=seen.contract_ends_on,
        services=[_service(one) for one in seen.subscriptions],
    )


@router.get("/contracts/{str:number}/ahead", response=shapes.Ahead, summary="The balance of the next 90 days")
def ahead(request: HttpRequest, number: str) -> shapes.Ahead:
    seen, today = seen_of(request, number), clock.today()
    found = forecasts.of(seen, today, planned.of(seen))
    return shapes.Ahead(
        balance_kop=seen.balance_kop,
        stops_on=found.stops_on,
        missing_kop=found.missing_kop,
        steps=[
            shapes.Step(
                on=one.on,
                charged_kop=sum(kop for _id, kop in one.lines),
                balance_kop=one.balance_kop,
                suspends=bool(one.suspended),
                events=[event.what for event in one.events],
            )
            for one in found.steps
        ],
    )


@router.get("/contracts/{str:number}/history", response=shapes.Month, summary="Charges and payments of a month")
def history(request: HttpRequest, number: str, month: date | None = None) -> shapes.Month:
    """Each charge with its arithmetic. month: any day of it; this month where none is named."""
    contract, today = wire.own(request, number), clock.today()
    known = statement.months(contract.signed_on, today) or [today.replace(day=1)]
    first = (month or today).replace(day=1)
    if first not in known:
        raise Http404
    found = _history(contract, request, first)
    return shapes.Month(
        month=first,
        opening_kop=found.opening_kop,
        came_kop=found.came_kop,
        went_kop=found.went_kop,
        closing_kop=found.closing_kop,
        lines=[_entry(one) for one in found.lines],
        months=known,
    )


def _history(contract: OwnContract, request: HttpRequest, first: date) -> statement.Statement:
    found = statement.history(seen_of(request, contract.number).account_id, first)
    if found is None:
        raise Http404
    return found


def _service(one: billing.SubscriptionRow) -> shapes.Service:
    works = one.state == "active" and one.paid_until is not None
    return shapes.Service(
        id=one.id,
        role=one.role,
        kind=one.kind,
        name=one.name(formats.language()),
        code=one.code,
        charging=one.charging,
        price_kop=one.price_kop,
        state=one.state,
        paid_through=one.paid_until - periods.ONE_DAY if works and one.paid_until else None,
        down_mbps=one.down_mbps,
        up_mbps=one.up_mbps,
        included_octets=one.included_octets,
    )


def _entry(one: statement.Line) -> shapes.Entry:
    charge, back = one.charge, one.returned
    of = charge or (back.charge if back else None)
    period = back.unused if back else charge.period if charge else None
    how = statements.arithmetic(charge) if charge else statements.arithmetic_of_return(back) if back else ""
    kind, _colon, channel = (one.house or "").partition(":")
    return shapes.Entry(
        on=one.on,
        reason=one.reason,
        channel=channel if kind == "clearing" else None,
        name=of.name(formats.language()) if of else None,
        period_start=period.start if period else None,
        period_end=period.end if period else None,
        amount_kop=one.amount_kop,
        balance_kop=one.balance_kop,
        arithmetic=how,
    )
