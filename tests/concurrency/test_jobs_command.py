"""`abonent worker`: the schedule, the notices, and an end within ten seconds."""

import signal
import time

import pytest
from django.db import transaction

from abonent.core import alarms, clock, installation, marks, partitions
from abonent.flows import charge_run, schedule
from abonent.notifications import outbox
from abonent.notifications.models import Notice, NoticeState
from tests.concurrency.pages import sign_in
from tests.concurrency.processes import running, wait_for

pytestmark = pytest.mark.committing


def test_the_worker_ticks_delivers_and_stops(own_database: str) -> None:
    installation.mirror_profile()
    partitions.ensure_ahead(clock.today())
    charge_run.start_from(clock.today())
    anna = sign_in("anna")
    daily = [entry.name for entry in schedule.ENTRIES if entry.daily]
    with running("abonent.commands.main", "worker", dsn=own_database) as worker:
        wait_for(lambda: all(marks.is_done(name, clock.today()) for name in daily))
        with transaction.atomic():
            outbox.queue(key="activated:1", contract_id=anna.contract_ids[0], kind="activated", params={})
        wait_for(lambda: Notice.objects.get().state == NoticeState.FAILED)  # she has neither a phone nor an e-mail
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert time.monotonic() - began < 10
    assert alarms.open_alarms() == []


def test_two_workers_do_each_days_work_once(own_database: str) -> None:
    installation.mirror_profile()
    partitions.ensure_ahead(clock.today())
    charge_run.start_from(clock.today())
    daily = [entry.name for entry in schedule.ENTRIES if entry.daily]
    with (
        running("abonent.commands.main", "worker", "--concurrency", "1", dsn=own_database),
        running("abonent.commands.main", "worker", "--concurrency", "1", dsn=own_database),
    ):
        wait_for(lambda: all(marks.is_done(name, clock.today()) for name in daily))
    assert alarms.open_alarms() == []
