"""What is left of a line's included traffic. Writes Allowance, TrafficPack, Threshold beside SQL."""

from datetime import date, datetime
from typing import NamedTuple

from abonent.core import db
from abonent.network.models import Threshold, TrafficPack

PERCENTS = (80, 100)
_KEEP_DAYS = 400

_ADD = """
    insert into network_trafficpack (change_id, line_id, period_start, octets)
    select %(change_id)s, %(line_id)s, radius.period_start(s.anchor_day, %(on)s), %(octets)s
    from billing_subscription s
    where s.line_id = %(line_id)s and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
    on conflict (change_id) do nothing
"""
_COUNT_ANEW = """
    select radius.begin_allowance(s.line_id, s.anchor_day, %(on)s)
    from billing_subscription s
    where s.line_id = %(line_id)s and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
"""
_QUEUE = "select radius.queue(array(select id from network_accesssession where line_id = %s), 'traffic')"
_TELL_BACK = """
    select radius.queue(array(
        select r.session_id from radius.session_rights r where r.line_id = any(%s) and r.granted <> r.expected
    ), 'period') as queued
"""
_OVER = "delete from network_allowance where period_end <= %s returning line_id"
_UNTOLD = """
    update network_threshold t set told_at = radius.now_at()
    from (
        select id from network_threshold where told_at is null order by id limit %(most)s for update skip locked
    ) due
    where t.id = due.id
    returning t.id, t.line_id, t.period_start, t.whole_octets, t.percent
"""


class Reached(NamedTuple):
    """A line that has reached a part of what its period includes."""

    line_id: int
    period_start: date
    whole_octets: int
    percent: int


def add_pack(*, change_id: int, line_id: int, octets: int, on: date) -> bool:
    """Give a line traffic it has bought for the billing period that holds `on`, once by the change.

    Its sessions are told in the same transaction. False: it was given before.
    """
    db.require_transaction()
    if not db.run(_ADD, {"change_id": change_id, "line_id": line_id, "octets": octets, "on": on}):
        return False
    db.run("select pg_advisory_xact_lock(hashtext('network_allowance'), (%s %% 2147483647)::int)", [line_id])
    db.rows(_COUNT_ANEW, {"line_id": line_id, "on": on})
    db.rows(_QUEUE, [line_id])
    return True


def begin_periods(on: date) -> int:
    """End the allowances whose period is over, and tell the sessions that get their speed back; give how many."""
    with db.atomic():
        lines = [row["line_id"] for row in db.rows(_OVER, [on])]
        if not lines:
            return 0
        return int(db.rows(_TELL_BACK, [lines])[0]["queued"])


def take_reached(most: int) -> list[Reached]:
    """Thresholds nobody was told of: told from now on, if the caller's transaction stands. The higher one of a pair."""
    db.require_transaction()
    found = db.rows(_UNTOLD, {"most": most})
    newest = {(row["line_id"], row["period_start"], row["whole_octets"]): 0 for row in found}
    for row in found:
        key = (row["line_id"], row["period_start"], row["whole_octets"])
        newest[key] = max(newest[key], row["percent"])
    return [Reached(*key, percent) for key, percent in sorted(newest.items())]


def forget(line_ids: list[int]) -> None:
    db.require_transaction()
    Threshold.objects.filter(line_id__in=line_ids).delete()
    TrafficPack.objects.filter(line_id__in=line_ids).delete()
    db.run("delete from network_allowance where line_id = any(%s)", [line_ids])


def forget_old(now: datetime) -> None:
    """Thresholds and packs of more than a year ago."""
    since = "%s::timestamptz - make_interval(days => %s)"
    db.run(f"delete from network_threshold where reached_at < {since}", [now, _KEEP_DAYS])
    db.run(f"delete from network_trafficpack where bought_at < {since}", [now, _KEEP_DAYS])
