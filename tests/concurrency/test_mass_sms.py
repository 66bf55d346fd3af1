"""A mailing by SMS through a real SMPP peer, its worker killed on the way: nobody is left out, nobody is told twice."""

import json
import logging
import subprocess
import threading
import time
from collections import Counter
from contextlib import AbstractContextManager
from datetime import date

import pytest

from abonent.core import clock, db
from abonent.flows import mailing
from abonent.notifications import mailings
from abonent.notifications.models import Mailing, Notice
from sandbox import testing
from tests import smsc
from tests.concurrency import processes

pytestmark = pytest.mark.committing

CLAIMED_SECONDS = "3"  # instead of five minutes: what a killed worker held is tried again after so long
PEOPLE = """
    with made as (
        insert into subscribers_customer (kind, full_name, sort_key, given_name, inn, kpp, language)
        select 'person', 'P' || n, 'p' || n, 'P', '', '', 'ru' from generate_series(1, %(many)s) n
        returning id
    ), reached as (
        insert into subscribers_contact (customer_id, kind, value)
        select id, 'phone', '+79' || lpad(id::text, 7, '0') || '99' from made
    )
    insert into subscribers_contract (number, customer_id, signed_on) select 'm' || id, id, '2026-09-01' from made
"""

log = logging.getLogger(__name__)


class Drain:
    """Reads all that the centre takes, so that it never waits for us."""

    def __init__(self, centre: smsc.Centre) -> None:
        assert centre.process.stdout is not None
        self.phones: Counter[str] = Counter()
        self._lines = centre.process.stdout
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def taken(self) -> int:
        return self.phones.total()

    def end(self) -> None:
        """Once the centre has ended."""
        self._thread.join(30)

    def _read(self) -> None:
        for line in self._lines:
            self.phones[json.loads(line)["phone"]] += 1


@pytest.mark.parametrize(
    ("many", "kills"), [(300, 1), pytest.param(100_000, 4, marks=pytest.mark.soak)], ids=["few", "100000"]
)
def test_none_is_lost_or_doubled_when_the_worker_is_killed(own_database: str, many: int, kills: int) -> None:
    db.run(PEOPLE, {"many": many})
    wish = mailings.Wish("Works", False, "sms", "all", "", "", "Ночью будут работы на линии.")
    one = mailings.make(wish, by="admin", address=None)
    with clock.frozen(clock.at_noon(date(2026, 12, 14))):
        assert mailing.start(one.pk, by="admin", address=None).all == many
        queueing = time.monotonic()
        while mailing.queue_chunk(one.pk):
            pass
    db.run("analyze")  # the tests' server does it for nobody
    log.warning("queued %s in %.1f s", many, time.monotonic() - queueing)
    began = time.monotonic()
    with smsc.start(testing.free_ports()[0]) as centre:
        drain = Drain(centre)
        for kill in range(1, kills + 1):
            enough = many * kill // (kills + 1)
            with _worker(own_database, centre) as worker:
                processes.wait_for(lambda enough=enough: drain.taken >= enough, max(60, many // 100))  # type: ignore[misc]
                worker.kill()
        with _worker(own_database, centre) as worker:
            assert worker.wait(max(60, many // 50)) == 0
        seconds = time.monotonic() - began
    drain.end()
    log.warning("%s messages, %s kills: %.1f s, %.0f a second", many, kills, seconds, many // seconds)
    assert len(drain.phones) == many
    assert [phone for phone, times in drain.phones.items() if times > 1] == []
    mailings.finish()
    assert Mailing.objects.get().state == "done"
    assert Notice.objects.filter(mailing=one, state="sent").count() == many


def _worker(dsn: str, centre: smsc.Centre) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    return processes.running("tests.concurrency.sms_process", centre.url, CLAIMED_SECONDS, dsn=dsn)
