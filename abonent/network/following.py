"""Take what the ledger allows to the live sessions. The only module that changes an AccessChange's state.

Claim (attempts + 1, the next try pushed ahead, the rule asked) → tell the access server, outside any transaction →
mark. Killed between the last two, it is told again: the rule is asked anew, and a second CoA changes nothing.
"""

import logging
import time
from concurrent import futures
from datetime import timedelta
from typing import Any, NamedTuple

from abonent.core import clock, db, jobs
from abonent.network import coa, rules
from abonent.network.models import AccessChange, ChangeState

BATCH = 64
THREADS = 16
CLAIMED_SECONDS = 60  # longer than the most patient access server
RUN_SECONDS = 5  # then the job hands over to a next one, so that a worker can stop
KEEP_DAYS = 14

log = logging.getLogger(__name__)

_CLAIM = db.read_sql(__file__, "following_claim")
_ATTRIBUTES = "select attribute, value from radius.attributes(%s, %s, %s) where in_coa"


_Given = tuple[str | None, str | None, int | None]  # the kind of server, what is given, the interim


class _Outcome(NamedTuple):
    state: ChangeState
    answer: str
    granted: str | None = None  # what the session has now
    is_gone: bool = False  # the access server knows no such session
    retry_seconds: int = 0


@jobs.job(queue="network", lock="access", queueing_lock="access", retry=3)
def follow() -> None:
    """Tell the access servers all that is due, then sleep until the next one is."""
    until = time.monotonic() + RUN_SECONDS
    known: dict[_Given, list[tuple[str, str]]] = {}
    with futures.ThreadPoolExecutor(THREADS, "coa") as threads:
        while batch := db.rows(_CLAIM, {"most": BATCH, "claimed_seconds": CLAIMED_SECONDS}):
            running = {threads.submit(_tell, one, _attributes(one, known)): one for one in batch}
            for done in futures.as_completed(running):
                _mark(running[done], done.result())
            if time.monotonic() > until:
                follow.defer()
                return
    wait = db.rows(
        "select ceil(extract(epoch from min(next_try_at) - statement_timestamp()))::int as seconds "
        "from network_accesschange where state = 'queued'"
    )[0]["seconds"]
    if wait is not None:
        follow.defer_in(max(wait, 1))


def wake_if_due() -> None:
    """For the schedule: a wake that a killed process took with it is made good."""
    if db.rows(
        "select 1 from network_accesschange where state = 'queued' and next_try_at <= statement_timestamp() limit 1"
    ):
        follow.wake()


def forget_old() -> int:
    """What was done more than two weeks ago."""
    last = clock.now() - timedelta(days=KEEP_DAYS)
    return AccessChange.objects.exclude(state=ChangeState.QUEUED).filter(done_at__lt=last).delete()[0]


def _attributes(one: dict[str, Any], known: dict[_Given, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """What its access server is told for what it should have; asked once a run."""
    given: _Given = (one["kind"], one["expected"], one["interim_seconds"])
    if given not in known:
        known[given] = [(row["attribute"], row["value"]) for row in db.rows(_ATTRIBUTES, given)]
    return known[given]


def _tell(one: dict[str, Any], attributes: list[tuple[str, str]]) -> _Outcome:
    if not one["is_live"]:
        return _Outcome(ChangeState.DONE, "no session")
    try:
        return _told(one, attributes)
    except Exception as error:  # a mistake of ours, or of the table of attributes: the others must go on
        log.error("access change %s: %s at %s", one["id"], type(error).__name__, jobs.place_of(error))
        return _after_nothing(one, type(error).__name__)


def _told(one: dict[str, Any], attributes: list[tuple[str, str]]) -> _Outcome:
    way = rules.way(one["kind"], one["granted"], one["expected"])
    if one["ends_session"]:
        way = rules.Way.DISCONNECT
    if way is rules.Way.NOTHING:
        return _Outcome(ChangeState.DONE, "as it should be")
    server = coa.Server(
        one["nas_address"], one["coa_port"], one["secret"], one["coa_timeout_seconds"], one["coa_tries"]
    )
    session = coa.Session(one["acct_session_id"], one["user_name"], one["address"] or "", one["nas_address"])
    if way is rules.Way.COA:
        told = coa.change(server, session, attributes)
        if told.answer is rules.Answer.ACK:
            return _Outcome(ChangeState.DONE, "coa ack", granted=one["expected"])
        if told.answer is rules.Answer.GONE:
            return _Outcome(ChangeState.DONE, "coa nak 503", is_gone=True)
        if told.answer is rules.Answer.SILENCE:
            return _after_nothing(one, "coa silence")
    ended = coa.disconnect(server, session)  # also after a CoA that was refused
    if ended.answer is rules.Answer.ACK:
        return _Outcome(ChangeState.DONE, "disconnect ack")
    if ended.answer is rules.Answer.GONE:
        return _Outcome(ChangeState.DONE, "disconnect nak 503", is_gone=True)
    cause = "" if ended.cause is None else f" {ended.cause}"
    return _after_nothing(one, f"disconnect {ended.answer}{cause}")


def _after_nothing(one: dict[str, Any], answer: str) -> _Outcome:
    seconds = rules.retry_seconds(one["attempts"])
    if seconds is None:
        return _Outcome(ChangeState.FAILED, answer)
    return _Outcome(ChangeState.QUEUED, answer, retry_seconds=seconds)


def _mark(one: dict[str, Any], outcome: _Outcome) -> None:
    with db.atomic():
        if outcome.is_gone:
            db.rows(
                "select radius.close(array(select id from network_accesssession where id = %s for update), null, "
                "'Not-On-Nas')",
                [one["session_id"]],
            )
        elif outcome.granted is not None:
            db.run("update network_accesssession set granted = %s where id = %s", [outcome.granted, one["session_id"]])
        db.run(
            "update network_accesschange set state = %(state)s, answer = %(answer)s, "
            "done_at = case when %(state)s = 'queued' then null else radius.now_at() end, "
            "next_try_at = case when %(state)s = 'queued' "
            "then statement_timestamp() + make_interval(secs => %(wait)s) else next_try_at end "
            "where id = %(id)s and state = 'queued'",
            {
                "id": one["id"],
                "state": outcome.state.value,
                "answer": outcome.answer[:60],
                "wait": outcome.retry_seconds,
            },
        )
