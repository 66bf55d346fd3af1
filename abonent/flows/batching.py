"""One act done to many: its kinds, the preview, the yes, the job that does it row by row.

A row's act and what became of it are one transaction. Who is killed between two rows, or runs beside another, leaves
nobody out and does nothing twice. A new kind is a row of KINDS: whom it means, what it does, what it makes at the end.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import InterfaceError, OperationalError, transaction

from abonent.billing import debts
from abonent.core import batches, clock, db, jobs
from abonent.core.models import Batch
from abonent.core.models_batches import BatchRowState, BatchState
from abonent.flows import debt_acts
from abonent.identity import permissions
from abonent.identity.models import User

RUN_SECONDS = 5  # then the job hands over, so that a worker can stop

log = logging.getLogger(__name__)


class UnableToBegin(Exception):
    """What it needs is missing; its text is the name of the field: "why", "subject", "text"."""


class Kind(NamedTuple):
    """What may be done to many."""

    needs: tuple[str, ...]  # permissions of identity.permissions, all of them
    find: Callable[[dict[str, Any], int | None], list[batches.Found]]  # by what was chosen, and the role's limit
    do: Callable[[Batch, batches.Row, int | None], None]  # raises debt_acts.UnableToAct
    finish: Callable[[Batch], None]  # once nothing of it waits
    params: tuple[str, ...] = ()  # what it needs besides, none of it empty


def _debtors(act: str, *more: str, params: tuple[str, ...] = ()) -> Kind:
    def find(chosen: dict[str, Any], most_kop: int | None) -> list[batches.Found]:
        return debt_acts.found(act, debts.Choice(**chosen), on=clock.today(), most_kop=most_kop)

    def do(batch: Batch, row: batches.Row, most_kop: int | None) -> None:
        debt_acts.do(batch, act, row, most_kop=most_kop)

    def finish(batch: Batch) -> None:
        debt_acts.finish(batch, act)

    return Kind((permissions.WORK_DEBTORS, *more), find, do, finish, params)


KINDS: Final[Mapping[str, Kind]] = {
    "debtors.notice": _debtors("notice"),
    "debtors.suspension": _debtors("suspension"),
    "debtors.letter": _debtors("letter"),
    "debtors.mail": _debtors("mail", params=("subject", "text")),
    "debtors.contract_end": _debtors("contract_end", permissions.END_CONTRACTS),
}


def draw(kind: str, *, chosen: dict[str, Any], params: dict[str, str], why: str, by: User) -> Batch:
    """A preview of what the choice means now; nothing is done.   Raises UnableToBegin."""
    known = KINDS[kind]
    kept = {name: params.get(name, "").strip() for name in known.params}
    for name, value in {**kept, "why": why.strip()}.items():
        if not value:
            raise UnableToBegin(name)
    found = known.find(chosen, limit_of(by.username))
    return batches.draw(
        kind=kind, chosen=chosen, params=kept, why=why.strip()[:500], found=found, by=by.username, at=clock.now()
    )  # fmt: skip


def confirm(batch_id: int, *, by: str, address: str | None) -> None:
    """It is done as it was shown, a moment later.   Raises batches.StalePreview, batches.UnableToConfirm."""
    batch = Batch.objects.get(pk=batch_id)
    found = KINDS[batch.kind].find(batch.chosen, limit_of(by))
    stale = False
    with db.atomic():
        try:
            batches.confirm(batch_id, found, by=by, at=clock.now(), address=address)
            work.defer(batch_id)
        except batches.StalePreview:
            stale = True  # the new preview stands
    if stale:
        raise batches.StalePreview


def stop(batch_id: int, *, by: str, address: str | None) -> None:
    """What it was at is still done; what it has made is still put into files."""
    if batches.stop(batch_id, by=by, at=clock.now(), address=address):
        with db.atomic():
            work.defer(batch_id)


def go_on(batch_id: int, *, by: str, address: str | None) -> None:
    """A stopped one runs again, with what it has left."""
    with db.atomic():
        if batches.go_on(batch_id, by=by, address=address):
            work.defer(batch_id)


@jobs.job(queue="batches", lock="batch:{batch_id}", queueing_lock="batch:{batch_id}", retry=5)
def work(batch_id: int) -> None:
    """Do its rows from where it stands; at the end make what there is to print."""
    batch = Batch.objects.get(pk=batch_id)
    kind = KINDS[batch.kind]
    most_kop = limit_of(batch.made_by)
    until = time.monotonic() + RUN_SECONDS
    while _one(batch, kind, most_kop):
        batches.tell(batch_id)
        if time.monotonic() > until:
            with db.atomic():
                work.defer(batch_id)
            return
    batch.refresh_from_db()
    if batch.state == BatchState.RUNNING and batches.progress(batch).left:
        with db.atomic():
            work.defer_in(30, batch_id)  # another worker is at them, and may die
        return
    if batch.state in (BatchState.RUNNING, BatchState.STOPPED):
        kind.finish(batch)
        batches.finish(batch_id, at=clock.now())


def tick(now: datetime) -> None:
    """For the schedule: what a killed process has left half done; previews nobody wants."""
    for batch_id in batches.running():
        with db.atomic():
            work.defer(batch_id)
    batches.forget_old(now)


def limit_of(username: str) -> int | None:
    """What one act of his role may move at most; 0 for who has no role any more."""
    role = User.objects.select_related("role").get(username=username).role
    return 0 if role is None else role.most_kop


def _one(batch: Batch, kind: Kind, most_kop: int | None) -> bool:
    """One row, and what became of it; give whether there may be another."""
    with db.atomic():
        row = batches.take(batch.pk)
        if row is None:
            return False
        state, said = BatchRowState.DONE, ""
        try:
            with transaction.atomic():
                kind.do(batch, row, most_kop)
        except debt_acts.UnableToAct as refused:
            state, said = refused.state, refused.said
        except (OperationalError, InterfaceError):
            raise  # the database is away, or has refused to wait: the job comes again
        except Exception as error:  # a mistake of ours with one must not hold the others up
            log.error("batch %s row %s: %s at %s", batch.pk, row.id, type(error).__name__, jobs.place_of(error))
            state, said = BatchRowState.REFUSED, "error"
        batches.mark(row, state, said, at=clock.now())
    return True
