"""Credit stops with an overdue invoice and comes back when it is paid. Billing and the notices meet."""

from datetime import date

from abonent.billing import overdue, resuming
from abonent.core import alarms, events
from abonent.ledger.models import Account
from abonent.notifications import outbox


def step(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: limits withheld and given back before the date's charges; give how many."""
    released = overdue.release_due(first_account_id, last_account_id, on=on)
    for account_id in released:
        resuming.resume(account_id, on=on)
        tell_released(account_id, on=on)
    withheld = overdue.withhold_due(first_account_id, last_account_id, on=on)
    for one in withheld:
        alarms.raise_alarm(
            key=f"overdue:{one.document_id}",
            what=f"contract {one.contract_id} owes {one.unpaid_kop} kopecks on invoice {one.number}/{one.year} of"
            f" {one.pay_until}: its credit limit is withheld",
        )
        outbox.queue(
            key=f"credit_stopped:{one.document_id}:{on}",
            contract_id=one.contract_id,
            kind="credit_stopped",
            params={"number": one.number, "pay_until": one.pay_until, "unpaid_kop": one.unpaid_kop},
        )
        events.publish(f"contract:{one.contract_id}", "credit", {"withheld": True})
    return len(released) + len(withheld)


def release(account_id: int, *, on: date) -> bool:
    """Give the limit back where the money that has just come paid what was overdue; then `resume`.

    In the caller's transaction, the account locked.
    """
    if not overdue.release(account_id, on=on):
        return False
    tell_released(account_id, on=on)
    return True


def tell_released(account_id: int, *, on: date) -> None:
    contract_id = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert contract_id is not None, account_id
    outbox.queue(
        key=f"credit_restored:{account_id}:{on}",
        contract_id=contract_id,
        kind="credit_restored",
        params={},
    )
    events.publish(f"contract:{contract_id}", "credit", {"withheld": False})
