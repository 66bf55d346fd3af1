"""Settle what an ended contract has left, and close its account: at exactly zero, never else.

Asked for through support: staff run `close`. The owner himself may pay, ask the rest back, or move it.
"""

from datetime import date

from abonent.billing import endings, resuming
from abonent.billing.models import Payout
from abonent.core import audit, db
from abonent.identity import users
from abonent.ledger.models import Account
from abonent.subscribers import contracts
from abonent.subscribers.models import Contract


class UnableToClose(Exception):
    """The account stays open."""


class NotEnded(UnableToClose):
    """The contract goes on: it ends first."""


class NotAtZero(UnableToClose):
    """Something is owed (below zero) or left (above zero)."""

    def __init__(self, balance_kop: int) -> None:
        super().__init__(f"the balance is {balance_kop} kopecks: an account is closed at exactly zero")
        self.balance_kop = balance_kop


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


def pay_out(*, payout_id: int, on: date, actor: str, address: str | None = None) -> Payout:
    """Staff have paid it at the cash desk. Twice is once.   Raises endings.UnableToEnd."""
    with db.atomic():
        made = endings.pay_out(payout_id, on=on, actor=actor)
        _record("pay_out", made.account_id, actor, {"amount_kop": made.amount_kop}, address)
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
        balance_kop = endings.write_off(account_id, on=on)
        _record("write_off", account_id, actor, {"balance_kop": balance_kop}, address, why)
    return balance_kop


def _record(action: str, account_id: int, actor: str, new: dict[str, int], address: str | None, why: str = "") -> None:
    audit.record(
        actor=actor, action=f"billing.{action}", subject=f"account:{account_id}", new=new, why=why, address=address
    )
