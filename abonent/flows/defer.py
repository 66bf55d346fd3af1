"""«Deferred payment»: granted at the subscriber's wish, told of, ended on its date. Billing and the notices meet."""

from datetime import date, timedelta
from typing import NamedTuple

from abonent.billing import automatic_deferrals, deferrals, resuming
from abonent.billing.models import Deferral
from abonent.core import audit, db, events
from abonent.ledger.models import Account
from abonent.notifications import outbox

REMIND_DAYS = 2  # before its end


class Granted(NamedTuple):
    deferral_id: int
    amount_kop: int
    fee_kop: int
    ends_on: date  # the first date without it
    resumed: resuming.Resumed


def grant(
    *, account_id: int, amount_kop: int, on: date, actor: str, why: str = "", address: str | None = None
) -> Granted:
    """Grant a deferral, and resume what it covers: the row, the fee, the service and the notice together.

    on: the operator's today.   actor: a sign-in name.   why: of the staff.

    Raises deferrals.UnableToDefer.
    """
    with db.atomic():
        return give(account_id=account_id, amount_kop=amount_kop, on=on, actor=actor, why=why, address=address)


def give(*, account_id: int, amount_kop: int, on: date, actor: str, why: str, address: str | None) -> Granted:
    """`grant` in the caller's transaction."""
    made = deferrals.grant(account_id, amount_kop=amount_kop, on=on, actor=actor)
    resumed = resuming.resume(account_id, on=on)
    contract_id = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert contract_id is not None
    audit.record(
        actor=actor,
        action="billing.grant_deferral",
        subject=f"account:{account_id}",
        new={"amount_kop": amount_kop, "fee_kop": made.fee_kop, "ends_on": made.ends_on.isoformat()},
        why=why,
        address=address,
    )
    outbox.queue(
        key=f"deferral_granted:{made.pk}",
        contract_id=contract_id,
        kind="deferral_granted",
        params={"amount_kop": amount_kop, "ends_on": made.ends_on.isoformat()},
    )
    events.publish(f"contract:{contract_id}", "deferral", {"deferral_id": made.pk})
    return Granted(made.pk, amount_kop, made.fee_kop, made.ends_on, resumed)


def end_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: what ends on this date, with its notices; give how many."""
    ended = deferrals.end_due(first_account_id, last_account_id, on=on)
    for one in ended:
        if one.owed_kop:
            outbox.queue(
                key=f"deferral_ended:{one.deferral_id}",
                contract_id=one.contract_id,
                kind="deferral_ended",
                params={"owed_kop": one.owed_kop, "on": on.isoformat()},
            )
    return len(ended)


def give_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """The last step before a date's charges: deferrals that the operator gives by itself, with their notices."""
    given = automatic_deferrals.give_due(first_account_id, last_account_id, on=on)
    contracts = dict(Account.objects.filter(id__in=[one.account_id for one in given]).values_list("id", "contract_id"))
    for one in given:
        contract_id = contracts[one.account_id]
        assert contract_id is not None
        audit.record(
            actor=one.granted_by,
            action="billing.give_deferral",
            subject=f"account:{one.account_id}",
            new={"amount_kop": one.amount_kop, "fee_kop": one.fee_kop, "ends_on": one.ends_on.isoformat()},
        )
        outbox.queue(
            key=f"deferral_given:{one.pk}",
            contract_id=contract_id,
            kind="deferral_given",
            params={"amount_kop": one.amount_kop, "fee_kop": one.fee_kop, "ends_on": one.ends_on.isoformat()},
        )
        events.publish(f"contract:{contract_id}", "deferral", {"deferral_id": one.pk})
    return len(given)


def remind(today: date) -> int:
    """Tell who has a deferral that ends within `REMIND_DAYS` days; each is told once. Outside a transaction."""
    last = today + timedelta(days=REMIND_DAYS)
    soon = Deferral.objects.filter(ended_on__isnull=True, ends_on__gt=today, ends_on__lte=last)
    told = 0
    for one in soon.select_related("account").order_by("id").iterator(chunk_size=1000):
        assert one.account.contract_id is not None
        with db.atomic():
            told += outbox.queue(
                key=f"deferral_ends:{one.pk}",
                contract_id=one.account.contract_id,
                kind="deferral_ends",
                params={"amount_kop": one.amount_kop, "ends_on": one.ends_on.isoformat()},
            )
    return told
