"""A suspended subscriber goes on by his own wish: the rest of the period has become cheaper than his balance.

Nobody is charged for it without asking: who left a service suspended may want to leave it so.
"""

from datetime import date

from abonent.billing import queries, resuming, waking
from abonent.core import audit, db, events
from abonent.ledger.models import Account
from abonent.notifications import outbox


class UnableToResume(Exception):
    """Nothing was charged."""


class NothingToResume(UnableToResume):
    """Nothing is suspended, or the money covers none of it."""


class CostChanged(UnableToResume):
    """Today it costs something else than was shown."""


def look(seen: queries.Overview, on: date) -> list[waking.Wake]:
    """What would be charged on this date, in order; nothing where nothing is to be resumed."""
    return queries.woken(seen, queries.settled(seen, on)).charged


def resume(*, account_id: int, cost_kop: int, on: date, actor: str, address: str | None = None) -> resuming.Resumed:
    """Charge what the money covers of what is suspended, at the sum that was shown.

    on: the operator's today.   Raises NothingToResume, CostChanged.
    """
    with db.atomic():
        account = db.lock(Account, [account_id])[account_id]
        assert account.contract_id is not None, account_id
        seen = queries.overview(account.contract_id, on)
        assert seen is not None
        wakes = look(seen, on)
        if not wakes:
            raise NothingToResume(f"account {account_id}")
        if sum(one.amount_kop for one in wakes) != cost_kop:
            raise CostChanged(f"account {account_id}: not {cost_kop} any more")
        done = resuming.resume(account_id, on=on)
        assert done.charged_kop == cost_kop, (account_id, done)
        audit.record(
            actor=actor,
            action="billing.resume_now",
            subject=f"account:{account_id}",
            new={"charged_kop": done.charged_kop, "subscriptions": list(done.subscription_ids)},
            address=address,
        )
        assert done.paid_until is not None
        outbox.queue(
            key=f"resumed:wish:{wakes[0].id}:{done.paid_until}",
            contract_id=account.contract_id,
            kind="resumed",
            params={"paid_until": done.paid_until.isoformat()},
        )
        events.publish(f"contract:{account.contract_id}", "resumed", {"charged_kop": done.charged_kop})
    return done
