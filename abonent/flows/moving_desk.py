"""Staff take a provider over, or everything out, from their pages: the story around `moving_in` and `moving_out`.

    receive ──► job: done whole, and taken back ──► shown ──► confirm ──► job: taken over, with its row ──► done
    begin_export ──► job: written, packed ──► downloaded until it expires

A job killed anywhere is begun again by the state of its row: the import is one transaction, and its row becomes «done»
in it. The bundle's files are personal data: they go with the import, with a word of the staff, or by time.
"""

import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.core import apart, audit, clock, db, jobs
from abonent.core.models import Move, MoveKind, MoveState
from abonent.flows import moving_files, moving_in, moving_out, moving_received, moving_shape

KEPT_DAYS = 7  # a bundle that nobody has confirmed
EXPORT_KEPT_HOURS = 24
STUCK_SECONDS = 90  # not heard of for so long: it may be begun again
EXPORT, ERRORS = "export.zip", "errors.csv"
_TELL_EVERY_SECONDS = 0.5
_TELL = (
    "update core_move set step = %s, rows_done = %s, told_at = now() where id = %s and state in ('checking', 'writing')"
)
_ROWS = """
    select coalesce(sum(greatest(reltuples, 0)), 0)::bigint as n from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
      and (relname ~ '^ledger_transfer_' or relname in ('payments_payment', 'billing_subscription', 'ledger_account',
                                                        'subscribers_customer', 'subscribers_contract'))
"""


class UnableToMove(Exception):
    """Nothing has changed; the text says why."""


def folder_of(move: Move) -> Path:
    """Web and workers on several machines share ABONENT_HOME."""
    return settings.HOME.joinpath("moves", str(move.pk))


def receive(
    sent: Sequence[moving_received.Sent], *, source: str, actor: str, address: str | None, language: str
) -> Move:
    """Keep a bundle and look at it.   source: of `moving_in`.   Raises moving_received.UnableToReceive."""
    with db.atomic():
        move = Move.objects.create(
            kind=MoveKind.IN, state=MoveState.RECEIVING, source=source, language=language, asked_by=actor,
            asked_at=clock.now(), expires_at=clock.now() + timedelta(days=KEPT_DAYS),
        )  # fmt: skip
    try:
        kept = moving_received.keep(folder_of(move), sent)
    except BaseException:
        move.delete()
        raise
    with db.atomic():
        Move.objects.filter(pk=move.pk).update(
            state=MoveState.CHECKING, name=kept.name, rows_expected=kept.lines, size_octets=kept.octets, told_at=Now()
        )
        _record("receive_bundle", move, actor, address, {"name": kept.name, "octets": kept.octets})
        go_on.defer(move.pk)
    return move


def remap(move_id: int, mapping: Mapping[str, Mapping[str, str]], *, actor: str, address: str | None) -> None:
    """Which of their columns is which of ours, by table; then it is looked at anew.   Raises UnableToMove."""
    known = {table.name: {column.name for column in table.columns} for table in moving_shape.TABLES}
    lines: list[str] = []
    for table, columns in mapping.items():
        chosen = {ours: theirs for ours, theirs in columns.items() if ours in known.get(table, ())}
        if chosen:
            lines += [f"[{table}]", *(f"{ours} = {json.dumps(theirs)}" for ours, theirs in chosen.items())]
    with db.atomic():
        move = _held(move_id, MoveState.WRONG, MoveState.CHECKED)
        folder_of(move).joinpath(moving_files.MAPPING).write_text("\n".join(lines) + "\n", encoding="utf-8")
        move.state, move.step, move.rows_done, move.problem = MoveState.CHECKING, "", 0, ""
        move.told_at = Now()
        move.save(update_fields=["state", "step", "rows_done", "problem", "told_at"])
        _record("map_bundle", move, actor, address, {"tables": sorted(mapping)})
        go_on.defer(move_id)


def confirm(move_id: int, *, actor: str, address: str | None) -> None:
    """What was shown is taken over.   Raises UnableToMove: it waits no more, or another is being taken over."""
    try:
        with db.atomic():
            move = _held(move_id, MoveState.CHECKED, MoveState.FAILED)
            move.state, move.confirmed_by, move.step, move.rows_done = MoveState.WRITING, actor, "", 0
            move.problem, move.told_at = "", Now()
            move.rows_expected = sum(one["rows"] for one in move.report["totals"])
            changed = ["state", "confirmed_by", "step", "rows_done", "rows_expected", "problem", "told_at"]
            move.save(update_fields=changed)
            _record("confirm_bundle", move, actor, address, {"name": move.name})
            go_on.defer(move_id)
    except IntegrityError as error:
        raise UnableToMove(_("Another bundle is being taken over: wait for its end.")) from error


def begin_export(*, actor: str, address: str | None, language: str) -> Move:
    """Raises UnableToMove: one is being written."""
    try:
        with db.atomic():
            move = Move.objects.create(
                kind=MoveKind.OUT, state=MoveState.WRITING, language=language, asked_by=actor, asked_at=clock.now(),
                rows_expected=db.rows(_ROWS)[0]["n"],
            )  # fmt: skip
            _record("begin_export", move, actor, address, {})
            go_on.defer(move.pk)
    except IntegrityError as error:
        raise UnableToMove(_("An export is being made already: wait for it.")) from error
    return move


def drop(move_id: int, *, actor: str, address: str | None) -> None:
    """Its files are deleted; of one that is being written nothing stays.   Raises UnableToMove: it is done."""
    with db.atomic():
        move = db.lock(Move, [move_id])[move_id]
        if (move.kind == MoveKind.IN and move.state == MoveState.DONE) or move.state == MoveState.DROPPED:
            raise UnableToMove(_("It is over already."))
        _drop(move)
        _record("drop_bundle", move, actor, address, {"kind": move.kind})
    moving_received.forget(folder_of(move))


def again(move_id: int) -> None:
    """Begin again what nobody has heard of for a while; twice is once."""
    with db.atomic():
        if is_stuck(Move.objects.get(pk=move_id)):
            go_on.defer(move_id)


def is_stuck(move: Move) -> bool:
    told_seconds = db.rows(
        "select extract(epoch from now() - told_at)::int as n from core_move where id = %s", [move.pk]
    )
    return move.state in (MoveState.CHECKING, MoveState.WRITING) and told_seconds[0]["n"] > STUCK_SECONDS


def downloaded(move: Move, *, actor: str, address: str | None) -> Path:
    """The packed export, once more in the log.   Raises UnableToMove: it has expired."""
    path = folder_of(move).joinpath(EXPORT)
    if move.state != MoveState.DONE or (move.expires_at and move.expires_at <= clock.now()) or not path.is_file():
        raise UnableToMove(_("The file is there no more: make a new export."))
    with db.atomic():
        _record("download_export", move, actor, address, {"octets": move.size_octets})
    return path


def forget_old(now: datetime) -> int:
    """For the schedule: files that have had their time; give how many moves lost theirs."""
    ended = 0
    for move in Move.objects.exclude(state=MoveState.DROPPED).filter(expires_at__lte=now).order_by("id"):
        if move.kind == MoveKind.OUT or move.state != MoveState.DONE:
            with db.atomic():
                _drop(db.lock(Move, [move.pk])[move.pk])
            ended += 1
        moving_received.forget(folder_of(move))
    return ended


@jobs.job(queue="moving", lock="moving", queueing_lock="move:{move_id}", retry=2)
def go_on(move_id: int) -> None:
    """What the row's state asks for. Killed anywhere, a repeat does what is missing."""
    move = Move.objects.get(pk=move_id)
    with translation.override(move.language), _Told(move_id) as told:
        if move.state == MoveState.CHECKING:
            _check(move, told)
        elif move.state == MoveState.WRITING and move.kind == MoveKind.IN:
            _take_over(move, told)
        elif move.state == MoveState.WRITING:
            _write_out(move, told)


def _check(move: Move, told: "_Told") -> None:
    folder = folder_of(move)
    found: dict[str, Any] = {}
    try:
        with moving_files.opened(moving_received.path_of(folder)) as bundle:
            looked = [bundle.look(table) for table in bundle.present]
        found = {"tables": [one.header._asdict() | {"names": one.names, "missing": one.missing} for one in looked]}
        if any(one.missing for one in looked):
            _end(move, MoveState.WRONG, found, _("Some columns that are needed were not found: choose them below."))
            return
        report = _load(move, told, dry_run=True)
    except (moving_files.UnableToRead, moving_in.UnableToMoveIn) as error:
        _end(move, MoveState.WRONG, found, str(error))
        return
    _end(move, MoveState.WRONG if report.problems else MoveState.CHECKED, found | _said(report))


def _take_over(move: Move, told: "_Told") -> None:
    tables = {"tables": move.report["tables"]}

    def keep(done: moving_in.Report) -> None:
        """In the import's own transaction: who is killed after it finds it done."""
        locked = db.lock(Move, [move.pk])[move.pk]
        if locked.state != MoveState.WRITING:
            raise moving_in.UnableToMoveIn(_("It was stopped: nothing is written."))
        locked.report, locked.state, locked.ended_at = tables | _said(done), MoveState.DONE, clock.now()
        locked.save(update_fields=["report", "state", "ended_at"])

    try:
        report = _load(
            move, told, dry_run=False, also=keep, confirm=lambda before: _promised(_said(before), move.report)
        )
    except (moving_files.UnableToRead, moving_in.UnableToMoveIn) as error:
        _end(move, MoveState.FAILED, move.report, str(error))
        return
    if report.written:
        moving_received.forget(folder_of(move))
    elif report.problems:
        _end(move, MoveState.WRONG, tables | _said(report))
    else:
        changed = _("Something has changed since this was shown: look at the new figures, and confirm again.")
        _end(move, MoveState.CHECKED, tables | _said(report), changed)


def _load(move: Move, told: "_Told", *, dry_run: bool, **more: Any) -> moving_in.Report:
    folder = folder_of(move)
    return moving_in.load(
        moving_received.path_of(folder),
        errors=folder.joinpath(ERRORS),
        on=clock.today(),
        actor=move.confirmed_by or move.asked_by,
        source=move.source,
        dry_run=dry_run,
        progress=told,
        **more,
    )


def _write_out(move: Move, told: "_Told") -> None:
    """From the beginning, whatever a killed one has left."""
    folder = folder_of(move)
    moving_received.forget(folder)
    try:
        report = moving_out.export(folder / "export", actor=move.asked_by, progress=told)
        told("pack", 0)
        path, made = folder.joinpath(EXPORT), folder / f"{EXPORT}.part"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            for one in sorted((folder / "export").iterdir()):
                packed.write(one, one.name)
        made.rename(path)
        moving_received.forget(folder / "export")
    except (moving_out.UnableToMoveOut, OSError) as error:
        moving_received.forget(folder)
        _end(move, MoveState.FAILED, {}, str(error))
        return
    totals = [{"table": one.table, "rows": one.rows, "kop": one.kop} for one in report.tables]
    with db.atomic():
        locked = db.lock(Move, [move.pk])[move.pk]
        if locked.state == MoveState.WRITING:
            locked.state, locked.ended_at, locked.size_octets = MoveState.DONE, clock.now(), path.stat().st_size
            locked.expires_at = clock.now() + timedelta(hours=EXPORT_KEPT_HOURS)
            locked.report = {"totals": totals, "seconds": report.seconds}
            locked.save(update_fields=["state", "ended_at", "size_octets", "expires_at", "report"])
            return
    moving_received.forget(folder)


class _Told:
    """How far it is, on a connection apart: the import's own transaction shows nothing until its end."""

    def __init__(self, move_id: int) -> None:
        self._move_id, self._held = move_id, ExitStack()
        self._rows: dict[str, int] = {}
        self._at, self._step = 0.0, ""

    def __enter__(self) -> "_Told":
        self._own = self._held.enter_context(psycopg.connect(**apart.params(), autocommit=True))
        return self

    def __exit__(self, *_raised: object) -> None:
        self._held.close()

    def __call__(self, what: str, rows: int) -> None:
        self._rows[what] = rows
        if what == self._step and time.monotonic() - self._at < _TELL_EVERY_SECONDS:
            return
        self._at, self._step = time.monotonic(), what
        self._own.execute(_TELL, [what, sum(self._rows.values()), self._move_id])


def _promised(now: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether what would be done is what was confirmed."""

    def counts(one: dict[str, Any]) -> list[Any]:
        return [one["first_day"], [(each["table"], each["rows"], each["kop"], each["new"]) for each in one["totals"]]]

    return counts(now) == counts(shown)


def _said(report: moving_in.Report) -> dict[str, Any]:
    return {
        "totals": [one._asdict() for one in report.totals],
        "problems": report.problems,
        "first_day": report.first_day.isoformat(),
        "seconds": report.seconds,
    }


def _held(move_id: int, *states: MoveState) -> Move:
    move = db.lock(Move, [move_id])[move_id]
    if move.kind != MoveKind.IN or move.state not in states:
        raise UnableToMove(_("It does not wait for this any more: look where it stands."))
    return move


def _end(move: Move, state: MoveState, report: dict[str, Any], problem: str = "") -> None:
    with db.atomic():
        locked = db.lock(Move, [move.pk])[move.pk]
        if locked.state == move.state:
            locked.state, locked.report, locked.problem = state, report, problem
            locked.save(update_fields=["state", "report", "problem"])


def _drop(move: Move) -> None:
    move.state, move.ended_at = MoveState.DROPPED, clock.now()
    move.save(update_fields=["state", "ended_at"])


def _record(verb: str, move: Move, actor: str, address: str | None, new: dict[str, Any]) -> None:
    audit.record(actor=actor, action=f"flows.{verb}", subject=f"move:{move.pk}", new=new, address=address)
