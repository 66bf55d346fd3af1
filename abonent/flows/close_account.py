"""Settle what an ended contract has left, and close its account: at exactly zero, never else.

Asked for through support: staff run `close`. The owner himself may pay, ask the rest back (cash_desk.py pays it
out), or move it.
"""

from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings

from abonent.billing import endings, resuming
from abonent.billing.models import Payout, Subscription
from abonent.core import audit, db
from abonent.identity import users
from abonent.ledger.models import Account
from abonent.subscribers import contracts, petitions
from abonent.subscribers.models import Contract, Petition
from abonent.subscribers.models_personal import PetitionKind, PetitionState


class UnableToClose(Exception):
    """The account stays open."""


class NotEnded(UnableToClose):
    """The contract goes on: it ends first."""


class NotAtZero(UnableToClose):
    """Something is owed (below zero) or left (above zero)."""

    def __init__(self, balance_kop: int) -> None:
        super().__init__(f"the balance is {balance_kop} kopecks: an account is closed at exactly zero")
        self.balance_kop = balance_kop


class Checklist(NamedTuple):
    """What stands between an account and its closing."""

    ended_on: date | None  # the first date without service; None: the contract goes on
    balance_kop: int  # below zero: owed; above: to be paid back or moved
    payout_kop: int  # asked back and not paid out yet
    equipment: tuple[dict[str, str], ...]  # of ours, at the subscriber's: names by language

    @property
    def is_ready(self) -> bool:
        """But for the equipment, which somebody must look at."""
        return self.ended_on is not None and not self.balance_kop


def checklist(*, account_id: int) -> Checklist:
    ending, payout = endings.of(account_id), endings.asked_payout(account_id)
    codes = [one.code for one in settings.PROFILE.catalog if one.equipment]
    had = Subscription.objects.filter(account_id=account_id, version__offer__code__in=codes)
    rented = had.order_by("version__offer__code").values_list("version__offer__name_ru", "version__offer__name_en")
    account = Account.objects.get(id=account_id)
    assert account.balance_kop is not None
    return Checklist(
        ending.ends_on if ending is not None and ending.returned_kop is not None else None,
        account.balance_kop,
        payout.amount_kop if payout is not None else 0,
        tuple({"ru": ru, "en": en} for ru, en in rented.distinct()),
    )


def answer(
    petition_id: int, *, done: bool, text: str, at: datetime, on: date, actor: str, address: str | None = None
) -> None:
    """The staff's answer to what a person asked; a wish to close that is done closes the account first.

    Killed between the two, the same answer again ends it: closing twice is once.
    Raises UnableToClose, petitions.UnableToAnswer.
    """
    asked = Petition.objects.get(id=petition_id)
    if done and asked.kind == PetitionKind.CLOSING and asked.state == PetitionState.OPEN:
        close(contract_id=asked.contract_id, on=on, actor=actor, why=f"petition {petition_id}", address=address)
    with db.atomic():
        petitions.answer(petition_id, done=done, text=text, at=at, actor=actor, address=address)


def close(*, contract_id: int, on: date, actor: str, why: str = "", address: str | None = None) -> None:
    """Close an ended contract's account, and its sign-in; the person's other contracts open as before. Twice is once.

    actor: one of the staff.   Raises NotEnded, NotAtZero.
    """
    with db.atomic():
        account_id = Account.objects.values_list("id", flat=True).get(contract_id=contract_id)
        account = db.lock(Account, [account_id])[account_id]
        contract = Contract.objects.get(id=contract_id)
        if endings.of(account_id) is None or contract.ended_on is None:
            raise NotEnded(f"contract {contract.number} has not ended: end it first")
        if account.balance_kop:
            raise NotAtZero(account.balance_kop)
        if not contracts.close(contract_id, on=on):
            return
        users.remove_number(contract.number)
        audit.record(
            actor=actor,
            action="subscribers.close_account",
            subject=f"contract:{contract_id}",
            new={"closed_on": on.isoformat()},
            why=why,
            address=address,
        )


def ask_payout(*, account_id: int, on: date, actor: str, address: str | None = None) -> Payout:
    """The owner asks what is left back.   Raises endings.UnableToEnd."""
    with db.atomic():
        made = endings.ask_payout(account_id, on=on, actor=actor)
        _record("ask_payout", account_id, actor, {"amount_kop": made.amount_kop}, address)
    return made


def withdraw_payout(*, account_id: int, actor: str, address: str | None = None) -> Payout:
    """Not asked back any more.   Raises endings.UnableToEnd."""
    with db.atomic():
        made = endings.withdraw_payout(account_id)
        _record("withdraw_payout", account_id, actor, {"amount_kop": made.amount_kop}, address)
    return made


def move_left(*, contract_id: int, to_contract_id: int, on: date, actor: str, address: str | None = None) -> int:
    """Move what is left to another contract of the same person, and resume what it covers there; give the kopecks.

    Raises endings.UnableToEnd.
    """
    with db.atomic():
        account_ids = dict(
            Account.objects.filter(contract_id__in=[contract_id, to_contract_id]).values_list("contract_id", "id")
        )
        owners = Contract.objects.filter(id__in=account_ids).values_list("customer_id", flat=True)
        to_id = account_ids.get(to_contract_id)
        ended = to_id is None or endings.of(to_id) is not None
        if contract_id == to_contract_id or len(set(owners)) != 1 or to_id is None or ended:
            raise endings.UnableToEnd(endings.Why.STRANGERS)
        amount_kop = endings.move_left(account_ids[contract_id], to_account_id=to_id, on=on)
        resuming.resume(to_id, on=on)
        _record("move_left", account_ids[contract_id], actor, {"amount_kop": amount_kop, "to_account": to_id}, address)
    return amount_kop


def write_off(*, account_id: int, on: date, actor: str, why: str, address: str | None = None) -> int:
    """Staff give up what is left or owed; give the balance as it was.   Raises endings.UnableToEnd."""
    with db.atomic():
        return give_up(account_id=account_id, on=on, actor=actor, why=why, address=address)


def give_up(*, account_id: int, on: date, actor: str, why: str, address: str | None) -> int:
    """`write_off` in the caller's transaction."""
    balance_kop = endings.write_off(account_id, on=on)
    _record("write_off", account_id, actor, {"balance_kop": balance_kop}, address, why)
    return balance_kop


def _record(action: str, account_id: int, actor: str, new: dict[str, int], address: str | None, why: str = "") -> None:
    audit.record(
        actor=actor, action=f"billing.{action}", subject=f"account:{account_id}", new=new, why=why, address=address
    )
