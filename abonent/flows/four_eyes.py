"""What one of the staff may not give away alone waits for a colleague's yes, and is done with it, once.

ask ──► waits ──► approve ──► done, in one transaction with the yes │ stale: no longer what was asked for
                  decline, withdraw, and nobody in three days: expired

Whose act it is stays who asked: his name stands on the refund and the order, cash leaves his drawer; who said yes
stands on the warrant, and both in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Final, NamedTuple

from django.conf import settings

from abonent.core import audit, db
from abonent.flows import cash_desk, close_account, defer, refund_settling, refunding
from abonent.identity import permissions, queries
from abonent.identity.models import User
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import payments, refunds, warrants
from abonent.payments.models import Channel, Payment
from abonent.payments.models_warrants import Warrant, WarrantState, WarrantVerb


class AboveOwnSum(warrants.UnableToWarrant):
    """The colleague's role moves less than that itself."""


class NobodyMay(warrants.UnableToWarrant):
    """There is no colleague whose yes would do."""


class Wanted(NamedTuple):
    """What would be given away, and from what."""

    verb: WarrantVerb | str
    account_id: int
    amount_kop: int
    params: Mapping[str, int | bool] = {}


class _Verb(NamedTuple):
    permissions: tuple[str, ...]  # one of which who asked must still have
    do: Callable[[Warrant, Payment | None, date], int | None]  # a refund's id, where the bank is asked afterwards


def alone_kop(user: User) -> int:
    """What this person may give away by one act alone."""
    above_kop = settings.PROFILE.second_yes_kop
    of_role = user.role.most_kop if user.role else None
    return above_kop if of_role is None else min(of_role, above_kop)


def needs_second(user: User, amount_kop: int) -> bool:
    return amount_kop > alone_kop(user)


def who_may(amount_kop: int, *, but: str) -> list[str]:
    """The names of the colleagues whose yes would do."""
    found = queries.users_with(permissions.SECOND_YES)
    return [one.username for one in found if one.username != but and _covers(one, amount_kop)]


def ask(wanted: Wanted, *, token: str, why: str, actor: str, at: datetime, address: str | None = None) -> Warrant:
    """Keep what waits for a second yes; a second submit of the form finds the first.

    token: of the form, 8-64 of A-Z a-z 0-9 _ -.
    Raises NobodyMay, warrants.WaitsAlready, TokenUsed; refunds.UnableToRefund where nothing of the payment is left.
    """
    refunding.require_token(token)
    if not who_may(wanted.amount_kop, but=actor):
        raise NobodyMay(f"nobody but {actor} may give {wanted.amount_kop} kopecks away")
    with db.atomic():
        payment_id = wanted.params.get("payment_id")
        payment = Payment.objects.get(id=payment_id) if payment_id else None
        made, is_new = warrants.ask(
            account_id=wanted.account_id, verb=wanted.verb, params=wanted.params, amount_kop=wanted.amount_kop,
            seen=_facts(Account.objects.get(id=wanted.account_id), payment), why=why, token=token, by=actor, at=at,
        )  # fmt: skip
        if is_new:
            _record("ask_second_yes", made, actor, why, address)
    return made


def approve(warrant_id: int, *, by: User, on: date, at: datetime, address: str | None = None) -> Warrant:
    """The second yes: done as it was asked for; give the warrant, `done`, or `stale` or `expired` instead.

    Raises warrants.NotWaiting, Own, AboveOwnSum; what the verb refuses by: cash_shifts.NoneOpen,
    refunds.UnableToRefund, reversals.UnableToReverse, deferrals.UnableToDefer, endings.UnableToEnd. It goes on
    waiting then.
    """
    refund_id = None
    with transfers.alarm_on_refusal(), db.atomic():
        one = warrants.lock_waiting(warrant_id)
        if by.username == one.asked_by:
            raise warrants.Own(f"{one.asked_by} has asked for it himself")
        if not _covers(by, one.amount_kop):
            raise AboveOwnSum(f"{by.username} does not move {one.amount_kop} kopecks himself")
        payment_id = one.params.get("payment_id")
        payment = payments.lock(payment_id) if payment_id else None
        account = db.lock(Account, [one.account_id])[one.account_id]
        if at >= one.expires_at:
            _decide(one, WarrantState.EXPIRED, by="", at=at, address=address)
        elif not _is_as_asked(one, account, payment):
            _decide(one, WarrantState.STALE, by=by.username, at=at, address=address)
        else:
            _decide(one, WarrantState.DONE, by=by.username, at=at, address=address)
            refund_id = _VERBS[WarrantVerb(one.verb)].do(one, payment, on)
    if refund_id is not None:
        refund_settling.ask_bank(refund_id)
    return one


def decline(warrant_id: int, *, by: str, why: str, at: datetime, address: str | None = None) -> Warrant:
    """A colleague's no, which who asked reads.   Raises warrants.NotWaiting, Own, NoReason."""
    with db.atomic():
        return _decide(
            warrants.lock_waiting(warrant_id), WarrantState.DECLINED, by=by, at=at, why=why, address=address
        )  # fmt: skip


def withdraw(warrant_id: int, *, by: str, at: datetime, address: str | None = None) -> Warrant:
    """Who asked takes it back.   Raises warrants.NotWaiting: nor is another's."""
    with db.atomic():
        one = warrants.lock_waiting(warrant_id)
        if one.asked_by != by:
            raise warrants.NotWaiting(f"warrant {warrant_id} is not of {by}")
        return _decide(one, WarrantState.WITHDRAWN, by=by, at=at, address=address)


def expire_due(now: datetime) -> int:
    """Close what nobody has answered; give how many. The schedule calls it, outside a transaction."""
    closed = 0
    for warrant_id in warrants.expired_ids(now):
        with suppress(warrants.NotWaiting), db.atomic():  # answered a moment ago
            _decide(warrants.lock_waiting(warrant_id), WarrantState.EXPIRED, by="", at=now)
            closed += 1
    return closed


def facts_now(one: Warrant) -> dict[str, int]:
    """What `seen` would be now; nothing is locked. {}: nothing of the payment is left."""
    payment_id = one.params.get("payment_id")
    try:
        return _facts(one.account, Payment.objects.get(id=payment_id) if payment_id else None)
    except refunds.NotRefundable:
        return {}


def _facts(account: Account, payment: Payment | None) -> dict[str, int]:
    """Raises refunds.NotRefundable."""
    facts = {"balance_kop": account.balance_kop or 0}
    if payment is not None:
        facts["left_kop"] = refunds.left_kop(payment)
    return facts


def _is_as_asked(one: Warrant, account: Account, payment: Payment | None) -> bool:
    """Locked: the balance, the payment, and the right of who asked."""
    asker = queries.staff_by_name(one.asked_by)
    granted = asker.role.permissions if asker is not None and asker.role else ()
    try:
        facts = _facts(account, payment)
    except refunds.NotRefundable:
        return False
    return facts == one.seen and any(
        permissions.may(granted, each) for each in _VERBS[WarrantVerb(one.verb)].permissions
    )


def _covers(user: User, amount_kop: int) -> bool:
    role = user.role
    return role is not None and (role.most_kop is None or amount_kop <= role.most_kop)


def _refund(one: Warrant, payment: Payment | None, on: date) -> int | None:
    assert payment is not None, one.pk
    token = f"warrant-{one.pk:08}"
    if payment.channel == Channel.YOOKASSA:
        asked = refunding.open_asked(
            payment, amount_kop=one.amount_kop, submit_token=token, actor=one.asked_by, why=one.why, on=on
        )
        return asked.pk
    cash_desk.hand_back(
        payment, amount_kop=one.amount_kop, submit_token=token, on=on, actor=one.asked_by, why=one.why
    )  # fmt: skip
    return None


def _correct(one: Warrant, payment: Payment | None, on: date) -> None:
    assert payment is not None, one.pk
    own_drawer = bool(one.params.get("own_drawer"))
    cash_desk.undo(payment, actor=one.asked_by, why=one.why, on=on, own_drawer=own_drawer)


def _deferral(one: Warrant, payment: Payment | None, on: date) -> None:
    defer.give(
        account_id=one.account_id, amount_kop=one.amount_kop, on=on, actor=one.asked_by, why=one.why, address=None
    )


def _pay_out(one: Warrant, payment: Payment | None, on: date) -> None:
    cash_desk.hand_left_over(account_id=one.account_id, on=on, actor=one.asked_by, why=one.why)


def _write_off(one: Warrant, payment: Payment | None, on: date) -> None:
    close_account.give_up(account_id=one.account_id, on=on, actor=one.asked_by, why=one.why, address=None)


_VERBS: Final[Mapping[WarrantVerb, _Verb]] = {
    WarrantVerb.REFUND: _Verb((permissions.REFUND,), _refund),
    WarrantVerb.CORRECT: _Verb((permissions.CORRECT_MONEY, permissions.TAKE_BACK_OWN_CASH), _correct),
    WarrantVerb.DEFERRAL: _Verb((permissions.GRANT_DEFERRALS,), _deferral),
    WarrantVerb.PAY_OUT: _Verb((permissions.REFUND,), _pay_out),
    WarrantVerb.WRITE_OFF: _Verb((permissions.CORRECT_MONEY,), _write_off),
}
ASKED_WITH: Final = tuple(sorted({each for one in _VERBS.values() for each in one.permissions}))


def _decide(
    one: Warrant, state: WarrantState, *, by: str, at: datetime, why: str = "", address: str | None = None
) -> Warrant:
    warrants.decide(one, state, by=by, at=at, why=why)
    _record(f"{state}_second_yes", one, by or "system:second_yes", why or one.why, address)
    return one


def _record(action: str, one: Warrant, actor: str, why: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action=f"payments.{action}",
        subject=f"account:{one.account_id}",
        new={"warrant": one.pk, "verb": one.verb, "amount_kop": one.amount_kop, "asked_by": one.asked_by},
        why=why,
        address=address,
    )
