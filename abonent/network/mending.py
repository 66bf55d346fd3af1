"""Compare what live sessions have with what the ledger allows, mend it, and end what has gone stale."""

import logging
from datetime import date, datetime, timedelta
from typing import NamedTuple

from abonent.core import clock, db, periods
from abonent.network import following
from abonent.network.models import Mend

STALE_INTERIMS_X2 = 5  # a session silent for two and a half interims, at a server that goes on speaking
_KEPT_MONTHS = {"network_authorisation": 6, "network_closedsession": 36}

log = logging.getLogger(__name__)

_HEARD = db.read_sql(__file__, "mending_heard")
_STALE = db.read_sql(__file__, "mending_stale")
_DRIFT = """
    select r.session_id, r.granted, r.expected
    from radius.session_rights r
    where r.granted <> r.expected
      and not exists (select from network_accesschange c where c.session_id = r.session_id and c.state = 'queued')
"""


class Mended(NamedTuple):
    sessions: int  # alive
    drifted: int  # had something else than the ledger allows, and nothing was on its way: now it is


def mend() -> Mended:
    """Queue every live session that has more or less than it should, and wake the worker. Safe at any moment."""
    with db.atomic():
        found = db.rows(
            f"with drifted as materialized ({_DRIFT}) select (select count(*) from network_accesssession) as sessions, "
            "(select count(*) from drifted) as drifted, "
            "radius.queue(array(select session_id from drifted), 'drift') as queued"
        )[0]
    if found["drifted"]:
        log.warning("%s of %s live sessions had drifted from the ledger", found["drifted"], found["sessions"])
    return Mended(found["sessions"], found["drifted"])


def drift() -> int:
    """How many live sessions have something else than the ledger allows, with nothing on its way."""
    return int(db.rows(f"select count(*) as n from ({_DRIFT}) one")[0]["n"])


def close_stale(now: datetime) -> int:
    """End the sessions that are silent for two and a half interims, by the last word of each; give how many.

    Only at servers that have been heard of all that time without a break: after an outage of ours, or of theirs, every
    session looks stale (openwisp closed them all). A later word of a session opens it again.
    """
    with db.atomic():
        db.run(_HEARD, {"now": now})
        return int(db.rows(_STALE, {"now": now, "interims_x2": STALE_INTERIMS_X2})[0]["closed"])


def tick(now: datetime) -> None:
    """For the schedule."""
    stale = close_stale(now)
    found = mend()
    Mend.objects.create(at=now, sessions=found.sessions, drifted=found.drifted, stale=stale)
    following.wake_if_due()


def forget_old(today: date) -> list[str]:
    """Drop the months of answers and of sessions that are kept no longer; give the names of what was dropped."""
    dropped = []
    for table, months in _KEPT_MONTHS.items():
        first = periods.month(today.replace(day=1), -months)
        names = db.rows(
            "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid "
            "where i.inhparent = %s::regclass and c.relname ~ '_[0-9]{4}_[0-9]{2}$' and c.relname < %s order by 1",
            [table, f"{table}_{first:%Y_%m}"],
        )
        for row in names:
            db.run(f"drop table {row['name']}")
            dropped.append(row["name"])
    following.forget_old()
    Mend.objects.filter(at__lt=clock.now() - timedelta(days=following.KEEP_DAYS)).delete()
    return dropped
