"""An interruption from the staff's word, or from a drop of sessions, to its end: who is told, who gets his days back.

Network, ledger, billing and the notices meet. What is given back is keyed by outage and line in the ledger and in
`network_outagecredit`: a job that is killed, repeated or run twice at once gives it once.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings

from abonent.billing import outage_credit, resuming
from abonent.billing.models import Subscription
from abonent.core import alarms, audit, clock, db, events, jobs
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason
from abonent.network import outages
from abonent.network.models import Outage, OutageState
from abonent.notifications import outbox

_TELL = """
    create temporary table outage_told on commit drop as
    select %(kind)s || ':' || t.outage_id || ':' || t.contract_id as key, t.contract_id,
           jsonb_build_object('what', %(what)s::text, 'until', %(until)s::text) as params
    from network_outageline t where t.outage_id = %(outage_id)s and t.contract_id <> all(%(but)s::bigint[])
    group by t.outage_id, t.contract_id
"""


def declare(
    *,
    nas_id: int | None = None,
    building_ids: Collection[int] = (),
    what: str,
    started_at: datetime,
    expected_at: datetime | None,
    actor: str,
    address: str | None = None,
) -> Outage:
    """The staff's word: it stands on the first screens of those touched, and they are told once.

    Raises outages.UnableToDeclare.
    """
    with db.atomic():
        made = outages.declare(
            nas_id=nas_id,
            building_ids=building_ids,
            what=what,
            started_at=started_at,
            expected_at=expected_at,
            by=actor,
            at=clock.now(),
        )
        _began(made, "network.declare_outage", actor, address)
    return made


def confirm(
    outage_id: int, *, what: str, expected_at: datetime | None, actor: str, address: str | None = None
) -> Outage:
    """What the program has seen is one.   Raises outages.NotOpen."""
    with db.atomic():
        found = outages.confirm(outage_id, what=what, expected_at=expected_at, by=actor)
        _began(found, "network.confirm_outage", actor, address)
    return found


def end(outage_id: int, *, actor: str, address: str | None = None) -> Outage:
    """It works again: those touched are told, and a long one gives back.   Raises outages.NotOpen."""
    with db.atomic():
        found = outages.end(outage_id, by=actor, at=clock.now())
        _record(found, "network.end_outage", actor, address)
        # Who was not told of it yet (at night an SMS waits) need not be told that it is over.
        _tell(found, "outage_over", but=outbox.call_off(f"outage_began:{found.pk}:"))
        give_back.defer(outage_id=found.pk)
    return found


def dismiss(outage_id: int, *, actor: str, address: str | None = None) -> Outage:
    """What the program has seen is none.   Raises outages.NotOpen."""
    with db.atomic():
        found = outages.dismiss(outage_id, by=actor)
        _record(found, "network.dismiss_outage", actor, address)
    return found


def tick(now: datetime) -> None:
    """For the schedule: drops are seen, what came back by itself is withdrawn, what a kill left over is given back."""
    with db.atomic():
        outages.withdraw_seen()
        seen = outages.see(now)
    for one in seen:
        with db.atomic():
            alarms.raise_alarm(
                key=f"outage:{one.pk}",
                what=f"{one.seen_lines} lines lost their sessions at once: look at outage {one.pk} and declare it",
            )
    for outage_id in outages.unsettled():
        give_back.defer(outage_id=outage_id)


@jobs.job(queue="network", lock="outage:{outage_id}", queueing_lock="outage:{outage_id}", retry=5)
def give_back(outage_id: int) -> None:
    """To each line touched, each in a transaction of its own, what the outage gives back; nothing for a short one."""
    found = Outage.objects.get(id=outage_id)
    if found.state != OutageState.ENDED or found.settled_at is not None:
        return
    assert found.ended_at is not None
    days = outage_credit.days(found.started_at, found.ended_at, after_hours=settings.PROFILE.outage.credit_after_hours)
    if days:
        for one in outages.uncredited(outage_id):
            with transfers.alarm_on_refusal(), db.atomic():
                _give_back(found, one, days)
    with db.atomic():
        outages.settle(outage_id, clock.now())


def _give_back(outage: Outage, one: outages.Touched, days: int) -> None:
    assert outage.ended_at is not None
    on = clock.on_date(outage.ended_at)
    began_on = clock.on_date(outage.started_at)
    tariff = Subscription.objects.select_related("account__contract").get(id=one.subscription_id)
    account: Account = tariff.account
    assert account.contract is not None
    if account.contract.closed_on is not None:
        return
    amount_kop = outage_credit.amount_kop(
        charging=tariff.charging, price_kop=tariff.price_kop - tariff.discount_kop, days=days, on=began_on
    )
    posted = None
    if amount_kop:
        posted = transfers.post(
            key=f"outage:{outage.pk}:{one.line_id}",
            debit_id=accounts.house_id("bonus"),
            credit_id=account.pk,
            amount_kop=amount_kop,
            on=on,
            reason=Reason.BONUS,
        )
    is_new = outages.note_credit(
        outage.pk,
        one.line_id,
        account_id=account.pk,
        days=days,
        amount_kop=amount_kop,
        transfer=None if posted is None else (posted.on, posted.id),
    )
    if not is_new or not amount_kop:
        return
    resuming.resume(account.pk, on=clock.today())
    outbox.queue(
        key=f"outage_credit:{outage.pk}:{one.line_id}",
        contract_id=one.contract_id,
        kind="outage_credit",
        params={"amount_kop": amount_kop, "began_on": began_on},
    )
    events.publish(f"contract:{one.contract_id}", "outage_credit", {"outage": outage.pk})


def _began(outage: Outage, action: str, actor: str, address: str | None) -> None:
    _record(outage, action, actor, address)
    _tell(outage, "outage_began")
    alarms.close(f"outage:{outage.pk}")


def _tell(outage: Outage, kind: str, but: Collection[int] = ()) -> None:
    """Every contract touched, once, in one statement.   but: those of these contracts."""
    db.run("drop table if exists outage_told")
    db.run(
        _TELL,
        {
            "kind": kind,
            "what": outage.what,
            "until": _until(outage.expected_at),
            "outage_id": outage.pk,
            "but": list(but),
        },
    )
    outbox.queue_batch(kind, clock.today(), "outage_told")


def _until(at: datetime | None) -> str:
    """In no language: the hour, with the date when it is another one."""
    if at is None:
        return ""
    local = clock.local(at)
    return f"{local:%H:%M}" if clock.on_date(at) == clock.today() else f"{local:%d.%m, %H:%M}"


def _record(outage: Outage, action: str, actor: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"outage:{outage.pk}",
        new={
            "nas_id": outage.nas_id,
            "buildings": list(outage.places.order_by("building_id").values_list("building_id", flat=True)),
            "lines": outage.lines.count(),
            "what": outage.what,
            "state": str(outage.state),
            "started_at": outage.started_at.isoformat(),
        },
        address=address,
    )
