"""Let the runs charge a parked account again: somebody has looked. Billing and the notices meet."""

from datetime import date

from abonent.billing import parking, resuming
from abonent.core import alarms, audit, db
from abonent.notifications import outbox


def unpark(account_id: int, *, on: date, by: str, why: str) -> resuming.Resumed:
    """Take the account from the parked, and resume what its money covers from `on`.

    on: the operator's today.   by: who has looked.   why: what was wrong, and is mended.
    Raises parking.UnableToUnpark.
    """
    if not by.strip() or not why.strip():
        raise parking.UnableToUnpark("say who has looked, and what was wrong")
    with db.atomic():
        was = parking.unpark(account_id)
        resumed = resuming.resume(account_id, on=on)
        alarms.close(f"parked:{account_id}")
        audit.record(
            actor=by, action="billing.unpark", subject=f"account:{account_id}", old={"reason": was.reason}, why=why
        )
        if resumed.paid_until is not None:
            outbox.queue(
                key=f"resumed:unpark:{account_id}:{was.parked_at.isoformat()}",
                contract_id=was.contract_id,
                kind="resumed",
                params={"paid_until": resumed.paid_until},
            )
    return resumed
