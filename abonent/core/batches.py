"""One act done to many: looked at, confirmed, done row by row, stopped, counted. The only module that writes Batch.

The preview is rows of the database: whoever is not among them is not touched, whatever he comes to later. A row's act
and its new state are one transaction (flows/batching.py), so that a kill loses nothing and does nothing twice.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Sum

from abonent.core import audit, db, events
from abonent.core.models import Batch, BatchFile, BatchRow
from abonent.core.models_batches import BatchRowState, BatchState

TOPIC = "batches"
MOST_ROWS = 100_000
GOOD_FOR = timedelta(minutes=30)  # a preview
KEPT_PREVIEWS = timedelta(days=2)
TELL_EVERY_SECONDS = 1.0

_KEEP = """
    insert into core_batchrow (batch_id, subject_id, sum_kop, state, said)
    select %(batch_id)s, one.subject_id, one.sum_kop, case when one.said = '' then 'planned' else 'left_out' end,
           one.said
    from unnest(%(ids)s::bigint[], %(sums)s::bigint[], %(said)s::text[]) with ordinality
        as one (subject_id, sum_kop, said, number)
    order by one.number
"""
_TAKE = """
    select one.id, one.subject_id, one.sum_kop from core_batchrow one
    where one.batch_id = %(batch_id)s and one.state = 'planned'
      and exists (select from core_batch batch where batch.id = one.batch_id and batch.state = 'running')
    order by one.id limit 1
    for update of one skip locked
"""
_told_at: dict[int, float] = {}


class UnableToConfirm(Exception):
    """It is not a preview any more, or another's."""


class StalePreview(UnableToConfirm):
    """It would do something else now: its rows are drawn anew, to be looked at once more."""


class Found(NamedTuple):
    """One of whom a choice means."""

    subject_id: int
    sum_kop: int
    left_out: str = ""  # why; "": it is meant


class Row(NamedTuple):
    """One to be done now, locked."""

    id: int
    subject_id: int
    sum_kop: int


class Counted(NamedTuple):
    """So many rows of a state and a reason."""

    state: str
    said: str
    rows: int
    sum_kop: int


class Progress(NamedTuple):
    planned: int  # of the preview
    done: int
    skipped: int
    refused: int

    @property
    def gone(self) -> int:
        return self.done + self.skipped + self.refused

    @property
    def left(self) -> int:
        return self.planned - self.gone


def draw(
    *,
    kind: str,
    chosen: dict[str, Any],
    params: dict[str, Any],
    why: str,
    found: Sequence[Found],
    by: str,
    at: datetime,
) -> Batch:
    """A preview: nothing is done.   found: MOST_ROWS at most."""
    with db.atomic():
        made = Batch.objects.create(kind=kind, chosen=chosen, params=params, why=why, made_by=by, drawn_at=at)
        _draw(made, found, at)
    return made


def confirm(batch_id: int, found: Sequence[Found], *, by: str, at: datetime, address: str | None) -> Batch:
    """From the preview on it runs: in the caller's transaction, with its job.

    found: whom the choice means now. Who has dropped out since is skipped at his turn; where somebody's sum has grown,
    or somebody must be left out now, or the preview is old, it must be looked at again.
    Raises StalePreview with the new preview kept: commit it; UnableToConfirm.
    """
    db.require_transaction()
    batch = db.lock(Batch, [batch_id])[batch_id]
    if batch.state != BatchState.PREVIEW or batch.made_by != by:
        raise UnableToConfirm
    if at - batch.drawn_at > GOOD_FOR or _would_do_more(batch, found):
        batch.rows.all().delete()
        _draw(batch, found, at)
        raise StalePreview
    batch.state, batch.started_at, batch.address = BatchState.RUNNING, at, address
    batch.save(update_fields=["state", "started_at", "address"])
    _record("start", batch, by, address, {"planned": batch.planned, "planned_kop": batch.planned_kop})
    return batch


def take(batch_id: int) -> Row | None:
    """The next row of a batch that runs, locked until the caller commits; None: none is left, or it was stopped."""
    db.require_transaction()
    found = db.rows(_TAKE, {"batch_id": batch_id})
    return Row(**found[0]) if found else None


def mark(row: Row, state: BatchRowState, said: str, *, at: datetime) -> None:
    """What became of it, in the transaction of what was done."""
    db.require_transaction()
    BatchRow.objects.filter(pk=row.id).update(state=state, said=said[:40], done_at=at)


def stop(batch_id: int, *, by: str, at: datetime, address: str | None) -> bool:
    """Nothing more of it is done after the row it is at; give whether it was running."""
    with db.atomic():
        batch = db.lock(Batch, [batch_id])[batch_id]
        if batch.state != BatchState.RUNNING:
            return False
        batch.state, batch.stopped_by, batch.ended_at = BatchState.STOPPED, by, at
        batch.save(update_fields=["state", "stopped_by", "ended_at"])
        _record("stop", batch, by, address, {"left": batch.rows.filter(state=BatchRowState.PLANNED).count()})
        _publish(batch_id)
    return True


def go_on(batch_id: int, *, by: str, address: str | None) -> bool:
    """A stopped one runs again, in the caller's transaction, with its job; give whether it had been stopped."""
    db.require_transaction()
    batch = db.lock(Batch, [batch_id])[batch_id]
    if batch.state != BatchState.STOPPED:
        return False
    batch.state, batch.stopped_by, batch.ended_at = BatchState.RUNNING, "", None
    batch.save(update_fields=["state", "stopped_by", "ended_at"])
    _record("go_on", batch, by, address, {})
    return True


def finish(batch_id: int, *, at: datetime) -> None:
    """Nothing of it waits any more."""
    with db.atomic():
        Batch.objects.filter(pk=batch_id, state=BatchState.RUNNING).update(state=BatchState.DONE, ended_at=at)
        _publish(batch_id)


def keep_file(batch_id: int, number: int, *, rows: int, content: bytes) -> None:
    """number: from 1. A second one of a number takes the place of the first."""
    with db.atomic():
        BatchFile.objects.update_or_create(
            batch_id=batch_id, number=number, defaults={"rows": rows, "content": content}
        )


def progress(batch: Batch) -> Progress:
    """One statement."""
    counted = {one.state: one.rows for one in counts(batch, by_reason=False)}
    return Progress(
        batch.planned,
        counted.get(BatchRowState.DONE, 0),
        counted.get(BatchRowState.SKIPPED, 0),
        counted.get(BatchRowState.REFUSED, 0),
    )


def counts(batch: Batch, *, by_reason: bool = True) -> list[Counted]:
    """By state and reason."""
    names = ("state", "said") if by_reason else ("state",)
    found = batch.rows.order_by(*names).values(*names).annotate(rows=Count("id"), kop=Sum("sum_kop"))
    return [Counted(one["state"], one.get("said", ""), one["rows"], one["kop"]) for one in found]


def rows(batch: Batch, state: str, *, after: int, most: int) -> list[BatchRow]:
    """A page of a state's rows.   after: the last id of the page before."""
    return list(batch.rows.filter(state=state, id__gt=after).order_by("id")[:most])


def running() -> list[int]:
    return list(Batch.objects.filter(state=BatchState.RUNNING).order_by("id").values_list("id", flat=True))


def forget_old(now: datetime) -> int:
    """Previews that nobody has confirmed; give how many."""
    return Batch.objects.filter(state=BatchState.PREVIEW, drawn_at__lt=now - KEPT_PREVIEWS).delete()[0]


def tell(batch_id: int) -> None:
    """Its open pages, once a second at most."""
    if time.monotonic() - _told_at.get(batch_id, 0.0) >= TELL_EVERY_SECONDS:
        _told_at[batch_id] = time.monotonic()
        with db.atomic():
            _publish(batch_id)


def _draw(batch: Batch, found: Sequence[Found], at: datetime) -> None:
    assert len(found) <= MOST_ROWS, len(found)
    columns = {
        "ids": [one.subject_id for one in found],
        "sums": [one.sum_kop for one in found],
        "said": [one.left_out for one in found],
    }
    db.run(_KEEP, {"batch_id": batch.pk, **columns})
    meant = [one.sum_kop for one in found if not one.left_out]
    batch.planned, batch.planned_kop, batch.drawn_at = len(meant), sum(meant), at
    batch.save(update_fields=["planned", "planned_kop", "drawn_at"])


def _would_do_more(batch: Batch, found: Sequence[Found]) -> bool:
    now = {one.subject_id: one for one in found}
    shown = batch.rows.filter(state=BatchRowState.PLANNED).values_list("subject_id", "sum_kop")
    return any(
        (one := now.get(subject_id)) is not None and (bool(one.left_out) or one.sum_kop > sum_kop)
        for subject_id, sum_kop in shown
    )


def _publish(batch_id: int) -> None:
    events.publish(TOPIC, "batch", {"batch": batch_id})


def _record(what: str, batch: Batch, by: str, address: str | None, new: dict[str, Any]) -> None:
    new = {"kind": batch.kind, **new}
    audit.record(
        actor=by, action=f"core.{what}_batch", subject=f"batch:{batch.pk}", new=new, why=batch.why, address=address
    )
