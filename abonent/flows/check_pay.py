"""Terminals, agents and banks ask whose a contract is (`check`) and pay into it (`pay`), whatever dialect they speak.

A payment is named by its channel and its id there. Told again, it answers as the first time; told with another
contract or sum, it is refused and a person looks. Who is suspended, or has ended and owes, can pay; closed accounts
cannot be paid into.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from abonent.billing import queries as billing
from abonent.core import alarms, clock, db
from abonent.flows import crediting
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import queries
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_gateways import GatewayAsk
from abonent.payments.terminals import Gateway
from abonent.subscribers import masking

LATE_DAYS = 31  # a payment told later than that is credited on the day we hear of it

_FIND = db.read_sql(__file__, "check_pay_find")


class UnableToTake(Exception):
    """No money is taken."""


class NoSuchContract(UnableToTake):
    """Nobody has that number."""


class ContractClosed(UnableToTake):
    """The contract's account was closed at zero."""


class TooSmall(UnableToTake):
    """Under the channel's least sum."""


class TooBig(UnableToTake):
    """Over the channel's largest sum."""


class KnownOtherwise(UnableToTake):
    """The id is known with another contract or sum; an alarm is raised."""


class NotSettled(UnableToTake):
    """The payment is known and is not credited: it is with our staff."""


class Found(NamedTuple):
    name: str  # masked
    balance_kop: int
    missing_kop: int  # what must be paid today for all that is suspended or waits; 0: nothing is


class Paid(NamedTuple):
    payment_id: int
    amount_kop: int
    at: datetime  # when it was credited
    repeated: bool = False


def check(gateway: Gateway, number: str, *, amount_kop: int | None = None) -> Found:
    """Whose the contract is, and whether such a sum would be taken. Writes nothing.

    amount_kop: None where the sum is not asked about.
    Raises NoSuchContract, ContractClosed, TooSmall, TooBig.
    """
    found = _find(number, to_pay=False)
    refusal = _refusal(gateway, found, amount_kop)
    if refusal is not None:
        raise refusal
    assert found is not None
    today = clock.today()
    seen = billing.overview(found["contract_id"], today)
    missing_kop = 0 if seen is None else billing.service_state(seen, today).missing_kop
    return Found(masking.name(found["full_name"], found["kind"]), found["balance_kop"], missing_kop)


def pay(
    gateway: Gateway,
    *,
    external_id: str,
    number: str,
    amount_kop: int,
    paid_at: datetime | None,
    ask: Callable[[Paid], GatewayAsk],
) -> Paid:
    """Credit the payment once; a repeat gives the first one's.

    external_id: its id in the channel.   paid_at: when the payer paid, as they say; it gives the operator's date.
    ask: what was asked and answered, kept in the transaction that credits; not called for a repeat.
    Raises UnableToTake by its classes, transfers.KeyReusedWithOtherBody: nothing is credited.
    """
    at = clock.now()
    refusal: UnableToTake | None
    try:
        found = _find(number, to_pay=True)
        refusal = _refusal(gateway, found, amount_kop)
        if refusal is None:
            assert found is not None
            payment = _payment(gateway.channel, external_id, found, amount_kop, paid_at, at)
            paid = Paid(payment.id, amount_kop, at)
            kept = ask(paid)
            if found["is_quiet"] and crediting.receive_quietly(payment, contract_id=found["contract_id"], ask=kept):
                return paid
            with transfers.alarm_on_refusal(), db.atomic():
                if crediting.receive(payment, ask=kept, on=clock.on_date(at)):
                    return paid
    except crediting.AccountClosed as closed:
        refusal = ContractClosed(str(closed))
    return _known(gateway.channel, external_id, number, amount_kop, refusal)


def known(channel: Channel, external_id: str) -> Paid | None:
    """The payment of that id, if it was credited."""
    payment = queries.by_external_id(channel, external_id)
    return _paid(payment) if payment is not None and payment.state == PaymentState.SUCCEEDED else None


def ask_to_cancel(channel: Channel, *, external_id: str = "", payment_id: int | None = None) -> Paid | None:
    """They want a credited payment undone: staff are told, no money moves. The money may be spent already.

    The payment; None where we know none such.
    """
    found = Payment.objects.filter(channel=channel)
    found = found.filter(id=payment_id) if payment_id is not None else found.filter(external_id=external_id)
    payment = found.first()
    if payment is None:
        return None
    with db.atomic():
        what = f"asked to undo payment {channel}_{payment.external_id}, ours is {payment.id}"
        alarms.raise_alarm(key=f"check_pay:cancel:{payment.id}", what=f"{what}: refund it, or refuse")
    return _paid(payment)


def operators_date(paid_at: datetime | None, *, signed_on: date, today: date) -> date:
    """The date a payment is credited on: of its own moment, unless that makes no sense. Its first telling fixes it."""
    if paid_at is None:
        return today
    on = clock.on_date(paid_at)
    return on if max(signed_on, today - timedelta(days=LATE_DAYS)) <= on <= today else today


# --- inside -----------------------------------------------------------------------------------------------
def _find(number: str, *, to_pay: bool) -> dict[str, Any] | None:
    found = db.prepared_rows(_FIND, {"number": number, "to_pay": to_pay})
    return found[0] if found else None


def _refusal(gateway: Gateway, found: dict[str, Any] | None, amount_kop: int | None) -> UnableToTake | None:
    if found is None:
        return NoSuchContract("nobody has that number")
    if found["closed_on"] is not None:
        return ContractClosed(f"contract {found['contract_id']} is closed since {found['closed_on']}")
    if amount_kop is not None and amount_kop < gateway.terms.min_kop:
        return TooSmall(f"the least is {gateway.terms.min_kop} kopecks")
    if amount_kop is not None and amount_kop > gateway.terms.max_kop:
        return TooBig(f"the most is {gateway.terms.max_kop} kopecks")
    return None


def _payment(
    channel: Channel,
    external_id: str,
    found: dict[str, Any],
    amount_kop: int,
    paid_at: datetime | None,
    at: datetime,
) -> Payment:
    on = operators_date(paid_at, signed_on=found["signed_on"], today=clock.on_date(at))
    return Payment(
        id=found["payment_id"],
        account_id=found["account_id"],
        channel=channel,
        amount_kop=amount_kop,
        state=PaymentState.SUCCEEDED,
        idempotence_key=f"{channel}-{external_id}",
        external_id=external_id,
        on=on,
        transfer_on=on,
        transfer_id=found["transfer_id"],
        created_at=at,
        settled_at=at,
    )


def _known(channel: Channel, external_id: str, number: str, amount_kop: int, refusal: UnableToTake | None) -> Paid:
    """What the first telling made; the refusal where there was none."""
    payment = queries.by_external_id(channel, external_id)
    if payment is None:
        assert refusal is not None, external_id
        raise refusal
    account_id = Account.objects.filter(contract__number=number).values_list("id", flat=True).first()
    if (payment.account_id, payment.amount_kop) != (account_id, amount_kop):
        what = f"payment {channel}_{external_id} is told anew with another contract or sum: ours is {payment.id}"
        with db.atomic():
            alarms.raise_alarm(key=f"check_pay:other:{channel}_{external_id}", what=what)
        raise KnownOtherwise(what)
    if payment.state != PaymentState.SUCCEEDED:
        raise NotSettled(f"payment {payment.id} is {payment.state}")
    return _paid(payment)._replace(repeated=True)


def _paid(payment: Payment) -> Paid:
    return Paid(payment.id, payment.amount_kop, payment.settled_at or payment.created_at)
