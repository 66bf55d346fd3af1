"""A pause and a daily subscriber's own switch: agreed, called off, begun and ended. Billing and the notices meet."""

from datetime import date

from abonent.billing import pauses
from abonent.billing.models import Pause
from abonent.core import audit, db, events


def plan(
    *,
    account_id: int,
    starts_on: date,
    ends_on: date,
    on: date,
    actor: str,
    why: str = "",
    address: str | None = None,
) -> Pause:
    """Agree a pause of `[starts_on, ends_on)`.   on: the operator's today.   why: of the staff.

    Raises pauses.UnableToPause.
    """
    with db.atomic():
        made = pauses.plan(account_id, starts_on=starts_on, ends_on=ends_on, on=on, actor=actor)
        _record("plan_pause", made, actor, address, why)
    return made


def switch_off(*, account_id: int, on: date, actor: str, address: str | None = None) -> Pause:
    """What is charged by the day is off from tomorrow, until it is switched on.   Raises pauses.UnableToPause."""
    with db.atomic():
        made = pauses.switch_off(account_id, on=on, actor=actor)
        _record("switch_off", made, actor, address)
    return made


def cancel(*, account_id: int, on: date, actor: str, why: str = "", address: str | None = None) -> Pause:
    """Call off what has not begun.   Raises pauses.UnableToPause."""
    with db.atomic():
        made = pauses.cancel(account_id, on=on)
        _record("cancel_pause", made, actor, address, why)
    return made


def end_early(*, account_id: int, on: date, actor: str, why: str = "", address: str | None = None) -> Pause:
    """End what is running on the earliest date there is: `ends_on` says it.   Raises pauses.UnableToPause."""
    with db.atomic():
        made = pauses.end_early(account_id, on=on)
        _record("end_pause", made, actor, address, why)
    return made


def end_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: the pauses that end on this date."""
    return pauses.end_due(first_account_id, last_account_id, on=on)


def begin_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: the pauses that begin on this date."""
    return pauses.begin_due(first_account_id, last_account_id, on=on)


def _record(action: str, made: Pause, actor: str, address: str | None, why: str = "") -> None:
    audit.record(
        actor=actor,
        action=f"billing.{action}",
        subject=f"account:{made.account_id}",
        new={
            "kind": str(made.kind),
            "starts_on": made.starts_on.isoformat(),
            "ends_on": made.ends_on.isoformat() if made.ends_on else None,
            "fee_kop": made.fee_kop,
        },
        why=why,
        address=address,
    )
    events.publish(f"contract:{made.account.contract_id}", "pause", {"state": str(made.state)})
