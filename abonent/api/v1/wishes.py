"""A deferred payment, going on now, and a pause."""

from datetime import date

from django.http import HttpRequest
from ninja import Router

from abonent.api.v1 import shapes, sums, wire
from abonent.api.v1.account import account, seen_of
from abonent.billing import deferrals, pauses
from abonent.billing import queries as billing
from abonent.core import clock, periods
from abonent.flows import defer, resume_now
from abonent.flows import pause as pause_flow

router = Router(tags=["Wishes"])


@router.get(
    "/contracts/{str:number}/deferral",
    response=sums.Deferral,
    summary="May the payment wait, and what it costs",
)
def deferral(request: HttpRequest, number: str, amount_kop: shapes.PaidKop | None = None) -> sums.Deferral:
    """amount_kop: what the cost is asked for; the advised sum where none is named."""
    seen, today = seen_of(request, number), clock.today()
    try:
        may = deferrals.allowed(seen, on=today)
    except deferrals.UnableToDefer as refused:
        return sums.Deferral(
            possible=False,
            why=str(refused.why),
            possible_on=refused.possible_on,
            least_kop=0,
            most_kop=0,
            advised_kop=0,
            amount_kop=0,
            fee_kop=0,
            cost_kop=0,
            last_day=None,
        )
    wanted_kop = amount_kop or may.advised_kop
    return sums.Deferral(
        possible=True,
        why="",
        possible_on=None,
        least_kop=may.least_kop,
        most_kop=may.most_kop,
        advised_kop=may.advised_kop,
        amount_kop=wanted_kop,
        fee_kop=may.fee_kop,
        cost_kop=_cost_kop(seen, wanted_kop, may, today),
        last_day=may.ends_on - periods.ONE_DAY,
    )


@router.post("/contracts/{str:number}/deferral", response=shapes.Account, summary="Let the payment wait")
def ask_deferral(request: HttpRequest, number: str, given: sums.AskedDeferral) -> shapes.Account:
    seen, today, acting = seen_of(request, number), clock.today(), wire.acting(request)
    may = deferrals.allowed(seen, on=today)
    if not may.least_kop <= given.amount_kop <= may.most_kop:
        is_small = given.amount_kop < may.least_kop
        why = deferrals.Why.TOO_SMALL if is_small else deferrals.Why.TOO_LARGE
        raise deferrals.UnableToDefer(why, limit_kop=may.least_kop if is_small else may.most_kop)
    if given.cost_kop != _cost_kop(seen, given.amount_kop, may, today):
        raise resume_now.CostChanged
    defer.grant(
        account_id=seen.account_id, amount_kop=given.amount_kop, on=today, actor=acting.actor, address=acting.address
    )  # fmt: skip
    return account(request, number)


@router.get("/contracts/{str:number}/resume", response=sums.Resume, summary="What going on now costs")
def resume(request: HttpRequest, number: str) -> sums.Resume:
    seen, today = seen_of(request, number), clock.today()
    wakes = resume_now.look(seen, today)
    cost_kop = sum(one.amount_kop for one in wakes)
    return sums.Resume(possible=bool(wakes), cost_kop=cost_kop, missing_kop=billing.woken(seen, today).missing_kop)


@router.post("/contracts/{str:number}/resume", response=shapes.Account, summary="Go on now")
def ask_resume(request: HttpRequest, number: str, given: sums.AskedResume) -> shapes.Account:
    seen, acting = seen_of(request, number), wire.acting(request)
    resume_now.resume(
        account_id=seen.account_id,
        cost_kop=given.cost_kop,
        on=clock.today(),
        actor=acting.actor,
        address=acting.address,
    )
    return account(request, number)


@router.post("/contracts/{str:number}/pause", response=shapes.Account, summary="Pause the services between two days")
def pause(request: HttpRequest, number: str, given: sums.AskedPause) -> shapes.Account:
    seen, today, acting = seen_of(request, number), clock.today(), wire.acting(request)
    in_reach = date(2000, 1, 1) <= given.first_day < date(3000, 1, 1) and given.last_day < date(3000, 1, 1)
    if not in_reach:
        raise pauses.UnableToPause(pauses.Why.TOO_FAR if given.first_day > today else pauses.Why.TOO_EARLY)
    pause_flow.plan(
        account_id=seen.account_id,
        starts_on=given.first_day,
        ends_on=given.last_day + periods.ONE_DAY,
        on=today,
        actor=acting.actor,
        address=acting.address,
    )
    return account(request, number)


@router.delete("/contracts/{str:number}/pause", response=shapes.Account, summary="Call a pause off, or end it")
def end_pause(request: HttpRequest, number: str) -> shapes.Account:
    """One that has begun ends on the earliest day there is."""
    seen, acting = seen_of(request, number), wire.acting(request)
    is_running = seen.pause is not None and seen.pause.state == "running"
    verb = pause_flow.end_early if is_running else pause_flow.cancel
    verb(account_id=seen.account_id, on=clock.today(), actor=acting.actor, address=acting.address)
    return account(request, number)


@router.post(
    "/contracts/{str:number}/switch-off", response=shapes.Account, summary="Switch off what is charged by the day"
)
def switch_off(request: HttpRequest, number: str) -> shapes.Account:
    """From tomorrow, free, until DELETE …/pause."""
    seen, acting = seen_of(request, number), wire.acting(request)
    pause_flow.switch_off(account_id=seen.account_id, on=clock.today(), actor=acting.actor, address=acting.address)
    return account(request, number)


def _cost_kop(seen: billing.Overview, amount_kop: int, may: deferrals.Allowed, today: date) -> int:
    """The fee, and what is charged at once when the deferral counts."""
    with_it = seen._replace(
        balance_kop=seen.balance_kop - may.fee_kop, deferral_kop=amount_kop, deferral_ends_on=may.ends_on
    )
    return may.fee_kop + sum(one.amount_kop for one in billing.woken(with_it, today).charged)
