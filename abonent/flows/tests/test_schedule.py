"""The one list of periodic work: what is due once a date, what at each tick, and what becomes of failures."""

import re
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import connections

import abonent
from abonent.core import alarms, apart, clock, events, installation, jobs, marks, partitions
from abonent.core import db as database
from abonent.core.models import Event
from abonent.flows import charge_run, schedule
from abonent.identity.models import WrongTry

TODAY = date(2026, 12, 14)
NOON = clock.at_noon(TODAY)


class Diary:
    """Entries that write down when they were asked; those in `broken` fail."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime]] = []
        self.broken: set[str] = set()

    def entry(self, name: str, *, daily: bool) -> schedule.Entry:
        def work(now: datetime) -> None:
            self.asked.append((name, now))
            if name in self.broken:
                raise ValueError("Анна Петрова, +79161234567")

        return schedule.Entry(name, work, daily)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


@pytest.fixture
def diary(db: None, monkeypatch: pytest.MonkeyPatch) -> Diary:
    made = Diary()
    entries = (made.entry("daily", daily=True), made.entry("often", daily=False), made.entry("last", daily=True))
    monkeypatch.setattr(schedule, "ENTRIES", entries)
    return made


def test_a_daily_entry_is_done_once_a_date_and_the_others_at_each_tick(diary: Diary) -> None:
    for minutes in (0, 5, 10):
        assert schedule.tick(NOON + timedelta(minutes=minutes)) == []
    assert diary.names == ["daily", "often", "last", "often", "often"]
    schedule.tick(NOON + timedelta(days=1))
    assert diary.names[5:] == ["daily", "often", "last"]


def test_the_date_is_the_operators(diary: Diary) -> None:
    before_midnight = NOON + timedelta(hours=11, minutes=59)  # Moscow
    schedule.tick(before_midnight)
    schedule.tick(before_midnight + timedelta(minutes=2))
    assert diary.names.count("daily") == 2


def test_after_days_without_a_tick_it_is_asked_once_for_the_date_that_is(diary: Diary) -> None:
    schedule.tick(NOON)
    schedule.tick(NOON + timedelta(days=31))
    assert [now for name, now in diary.asked if name == "daily"] == [NOON, NOON + timedelta(days=31)]


def test_one_that_fails_stops_no_other_and_is_asked_again(diary: Diary, caplog: pytest.LogCaptureFixture) -> None:
    diary.broken = {"daily", "often"}
    with caplog.at_level("ERROR"):
        assert schedule.tick(NOON) == ["daily", "often"]
    assert diary.names == ["daily", "often", "last"]
    assert sorted(alarm.key for alarm in alarms.open_alarms()) == [
        "schedule:daily:2026-12-14",
        "schedule:often:2026-12-14",
    ]
    assert "Петрова" not in caplog.text + "".join(alarm.what for alarm in alarms.open_alarms())
    diary.broken = set()
    assert schedule.tick(NOON + timedelta(minutes=5)) == []
    assert diary.names[3:] == ["daily", "often"]


def test_the_worker_does_the_same_by_a_job_of_which_one_waits_at_most(diary: Diary) -> None:
    schedule.run_tick.defer()
    schedule.run_tick.defer()
    with clock.frozen(NOON):
        assert jobs.run_due() == 1
    assert diary.names == ["daily", "often", "last"]


def test_a_mark_never_goes_back(db: None) -> None:
    marks.set_done("charge", TODAY)
    marks.set_done("charge", TODAY - timedelta(days=1))
    assert marks.is_done("charge", TODAY)
    assert marks.is_done("charge", TODAY - timedelta(days=1))
    assert not marks.is_done("charge", TODAY + timedelta(days=1))
    assert not marks.is_done("partitions", TODAY)


@pytest.mark.committing
def test_a_tick_waits_for_another_processs_tick(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    diary = Diary()
    monkeypatch.setattr(schedule, "ENTRIES", (diary.entry("daily", daily=True),))
    with psycopg.connect(own_database, autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtextextended('schedule', 0))")
        thread = in_thread(lambda: schedule.tick(NOON))
        wait_until(lambda: locks(granted=False))
        assert diary.asked == []
    thread.join(30)  # the holder is gone, as after a kill: the database has freed its lock
    assert diary.names == ["daily"]


@pytest.mark.committing
def test_the_lock_is_free_again_whatever_happened_inside(own_database: str) -> None:
    with pytest.raises(RuntimeError), apart.alone("schedule"):
        raise RuntimeError
    with apart.alone("schedule"):
        assert locks(granted=True) == 1
    wait_until(lambda: locks(granted=True) == 0)


@pytest.fixture
def installed(own_database: str) -> None:
    installation.mirror_profile()
    partitions.ensure_ahead(TODAY)
    charge_run.start_from(TODAY)


@pytest.mark.committing
def test_the_whole_list_is_done_without_a_failure(installed: None) -> None:
    WrongTry.objects.create(key="user:1", at=NOON - timedelta(days=1))
    Session.objects.create(session_key="old", session_data="", expire_date=datetime(2020, 1, 1, tzinfo=NOON.tzinfo))
    events.publish("contract:1", "payment", {})
    database.run("update core_event set created_at = created_at - interval '2 hours'")
    with clock.frozen(NOON):
        assert schedule.tick(NOON) == []
        assert schedule.tick(NOON + timedelta(minutes=5)) == []
    assert (WrongTry.objects.count(), Session.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert all(marks.is_done(entry.name, TODAY) for entry in schedule.ENTRIES if entry.daily)
    assert alarms.open_alarms() == []


def test_names_of_entries_are_unique_for_their_marks_stand_by_them() -> None:
    names = [entry.name for entry in schedule.ENTRIES]
    assert len(names) == len(set(names))
    assert names.index("partitions") < names.index("charge")


def test_every_module_with_a_job_is_known_to_the_worker() -> None:
    root = Path(abonent.__file__).parent
    with_jobs = {
        ".".join(("abonent", *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("*.py")
        if "tests" not in path.parts and re.search(r"^@jobs\.job\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(schedule.JOB_MODULES) == with_jobs
    schedule.load_jobs()
    assert with_jobs <= {one.name.rpartition(".")[0] for one in jobs.registered()}


def locks(*, granted: bool) -> int:
    """Advisory locks of this database; the server has others', of tests that run beside."""
    here = "database = (select oid from pg_database where datname = current_database())"
    found = database.rows(f"select 1 from pg_locks where locktype = 'advisory' and {here} and granted = %s", [granted])
    return len(found)


def in_thread(function: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until(what: Callable[[], object]) -> None:
    for _ in range(3000):
        if what():
            return
        threading.Event().wait(0.01)
    raise AssertionError("30 s have passed")
