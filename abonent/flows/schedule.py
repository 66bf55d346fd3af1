"""What happens by the clock: the one list of periodic work, and the modules whose jobs a worker runs.

A worker asks every 5 minutes (`run_tick`), the demo's clock whenever it moves (`tick`): each entry does what
is not done up to that instant. An entry that owes something to every date (the charge run) keeps its own
account of dates and catches up by itself. One that fails is in the log and among the alarms, stops no other,
and is asked again at the next tick.
"""

import importlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.contrib.sessions.backends.db import SessionStore

from abonent.billing import debts
from abonent.billing.documents import invoices
from abonent.core import alarms, apart, clock, events, jobs, marks, partitions
from abonent.flows import (
    autopay,
    batching,
    bind_card,
    change_tariff,
    charge_run,
    defer,
    forgetting,
    four_eyes,
    import_statement,
    mailing,
    moving_desk,
    network_extras,
    outage,
    price_change,
    receipt_offsets,
    receipting,
    reconciling,
    refunding,
    send_documents,
    sign_request,
    tell_documents,
    topup,
    traffic,
)
from abonent.identity import app_requests, app_tokens, codes, devices, limits
from abonent.network import allowances, mending
from abonent.network import devices as network_devices
from abonent.notifications import delivery
from abonent.payments import gateway_asks
from abonent.support import waiting

# Every module with a job; a test compares this with the tree.
JOB_MODULES = (
    "abonent.flows.batching",
    "abonent.flows.bind_card",
    "abonent.flows.mailing",
    "abonent.flows.month_end",
    "abonent.flows.moving_desk",
    "abonent.flows.outage",
    "abonent.flows.price_change",
    "abonent.flows.receipt_delivery",
    "abonent.flows.recover_password",
    "abonent.flows.refunding",
    "abonent.flows.schedule",
    "abonent.flows.send_documents",
    "abonent.flows.topup",
    "abonent.network.following",
    "abonent.notifications.delivery",
    "abonent.support.letters",
)

log = logging.getLogger(__name__)


class Entry(NamedTuple):
    name: str
    work: Callable[[datetime], object]  # takes the instant of the tick, by the operator's clock; safe twice
    daily: bool = True  # once a date; else at each tick


# In this order: the quick ones first, the charge of the day last, for it may take minutes.
ENTRIES = (
    Entry("partitions", lambda now: partitions.ensure_ahead(clock.on_date(now))),
    Entry("topups", topup.poll_open, daily=False),
    Entry("refunds", refunding.poll_open, daily=False),
    Entry("bank_entries", lambda now: import_statement.credit_new(), daily=False),
    Entry("notices", lambda now: delivery.wake_if_due(), daily=False),
    Entry("batches", batching.tick, daily=False),
    Entry("mailings", lambda now: mailing.go_on(), daily=False),
    Entry("receipts", receipting.make_good, daily=False),
    Entry("talks_late", waiting.tell_late, daily=False),
    Entry("events", lambda now: events.sweep(), daily=False),
    Entry("wrong_tries", limits.forget_old, daily=False),
    Entry("known_devices", devices.forget_old),
    Entry("app_requests", app_requests.forget_old, daily=False),
    Entry("app_tokens", app_tokens.forget_old),
    Entry("codes", codes.forget_old, daily=False),
    Entry("moves", moving_desk.forget_old, daily=False),
    Entry("sessions", lambda now: SessionStore.clear_expired()),
    Entry("gateway_asks", gateway_asks.forget_old),
    Entry("finished_jobs", lambda now: jobs.sweep()),
    Entry("deferral_reminders", lambda now: defer.remind(clock.on_date(now))),
    Entry("tariff_requests", lambda now: change_tariff.expire_due(clock.on_date(now))),
    Entry("reconcile", lambda now: reconciling.nightly(clock.on_date(now))),
    Entry("forgetting", forgetting.forget_due),
    Entry("refunds_overdue", lambda now: refunding.tell_overdue(clock.on_date(now))),
    Entry("second_yes", four_eyes.expire_due, daily=False),
    Entry("bindings", bind_card.poll_open, daily=False),
    Entry("requests_online", sign_request.send_online, daily=False),
    Entry("autopay", autopay.debit_due, daily=False),
    Entry("charge", lambda now: charge_run.catch_up_unless_stopped(clock.on_date(now)), daily=False),
    # After the charge, which moves people onto the version of its date.
    Entry("price_changes", lambda now: price_change.tick(clock.on_date(now))),
    Entry("debts", lambda now: debts.look(clock.on_date(now)), daily=False),
    Entry("traffic", traffic.tick, daily=False),
    Entry("static_addresses", lambda now: network_extras.settle(), daily=False),
    # After the charge: it has left its own rows for each line it closed or opened.
    Entry("access", mending.tick, daily=False),
    Entry("outages", outage.tick, daily=False),
    Entry("old_answers", lambda now: mending.forget_old(clock.on_date(now))),
    Entry("old_traffic", allowances.forget_old),
    Entry("sightings", lambda now: network_devices.forget_old()),
    Entry("autopay_plan", lambda now: autopay.plan(clock.on_date(now))),
    Entry("receipt_offsets", lambda now: receipt_offsets.offset_due(clock.on_date(now))),
    Entry("documents", lambda now: invoices.make_due(clock.on_date(now))),
    Entry("document_letters", tell_documents.tell_new, daily=False),
    Entry("document_mails", send_documents.queue_new, daily=False),
)


def load_jobs() -> None:
    """Import every module with a job, so that this process can run them all."""
    for name in JOB_MODULES:
        importlib.import_module(name)


@jobs.job(queue="schedule", lock="schedule", queueing_lock="schedule", retry=0)
def run_tick() -> None:
    tick(clock.now())


def tick(now: datetime) -> list[str]:
    """Do what every entry has not done up to `now`; give the names of those that failed.

    Call it outside a transaction. Another process's tick is waited for, never run beside.
    """
    with apart.alone("schedule"):
        return [entry.name for entry in ENTRIES if not _did(entry, now)]


def _did(entry: Entry, now: datetime) -> bool:
    today = clock.on_date(now)
    if entry.daily and marks.is_done(entry.name, today):
        return True
    try:
        entry.work(now)
        if entry.daily:
            marks.set_done(entry.name, today)
    except Exception as error:
        _tell(entry, now, error)
        return False
    return True


def _tell(entry: Entry, now: datetime, error: Exception) -> None:
    what = f"the schedule's {entry.name} of {clock.on_date(now)} failed: {type(error).__name__}"
    log.error("%s at %s", what, jobs.place_of(error))
    try:
        alarms.raise_alarm(key=f"schedule:{entry.name}:{clock.on_date(now)}", what=what)
    except Exception as second:  # the database itself may be away; the next tick asks again
        log.error("its alarm was not written: %s", type(second).__name__)
