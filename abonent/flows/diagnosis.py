"""«Why is there no internet?»: one answer for the subscriber and for support, from money to the last answer of RADIUS.

`decide` is the rule, on plain values; `of` gathers them. What is said of each cause stands in `ui/diagnosis.py`.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from abonent.billing import queries as billing
from abonent.core import audit, clock, db
from abonent.network import outages, queries

AGAIN_AFTER = timedelta(minutes=2)  # a session is restarted at most so often
_SILENT_INTERIMS_X2 = 5  # as mending.py has it
_RESTART = (
    "select radius.queue(array(select id from network_accesssession where line_id = %s), 'restart', true) as queued"
)
_RESTARTED = """
    select 1 from network_accesschange
    where line_id = %s and cause = 'restart' and (state = 'queued' or done_at > %s) limit 1
"""


class Cause(StrEnum):
    NO_SERVICE = "no_service"  # no internet tariff, or the contract has ended
    OUTAGE = "outage"
    WAITING = "waiting"  # for the first top-up, or the first payment
    PAUSED = "paused"
    DEBT = "debt"
    SETTLING = "settling"  # active, and its paid days lie behind the last finished run
    USED_UP = "used_up"
    ON_ITS_WAY = "on_its_way"  # the session has something else than it should: it is being told
    UNKNOWN_DEVICE = "unknown_device"
    SLOW = "slow"  # works, at the speed after the included traffic
    WORKS = "works"
    OUTAGE_SEEN = "outage_seen"  # many around have dropped; nobody of the staff has spoken yet
    SILENT = "silent"  # there is a session, and it says nothing any more
    WRONG_PASSWORD = "wrong_password"
    REFUSED = "refused"
    NEVER = "never"  # nothing was ever heard of the line
    OFFLINE = "offline"  # all is well here; the router does not come in


class UnableToRestart(Exception):
    """There is no session, or it was restarted a moment ago."""


class Facts(NamedTuple):
    """What `decide` looks at."""

    service: str  # billing.ServiceState.word
    seen: queries.LineSeen | None  # None: no line
    outage: outages.Interruption | None


class Verdict(NamedTuple):
    """Of one line."""

    cause: Cause
    facts: Facts
    missing_kop: int  # what must be paid so that everything works
    since: date | None  # suspended or paused since
    first_top_up_left_kop: int
    balance_kop: int

    @property
    def line_id(self) -> int:
        return self.facts.seen.line_id if self.facts.seen else 0

    def plain(self, *, with_sums: bool = True) -> dict[str, Any]:
        """For `ui.diagnosis`, which knows none of these rooms.   with_sums: False for staff who may not see money."""
        line, outage = self.facts.seen, self.facts.outage
        plain: dict[str, Any] = {
            "cause": str(self.cause),
            "service": self.facts.service,
            "missing_kop": self.missing_kop or self.first_top_up_left_kop if with_sums else None,
            "since": self.since,
            "is_outage": outage is not None,
            "what": outage.what if outage else "",
            "began_at": outage.started_at if outage else None,
            "until_at": outage.expected_at if outage else None,
        }
        return plain | (line._asdict() if line else dict.fromkeys(queries.LineSeen._fields))


def decide(facts: Facts, now: datetime) -> Cause:
    """The one cause that stands in the way; what must be mended first comes first."""
    seen, outage = facts.seen, facts.outage
    if seen is None or facts.service == "none" or seen.reason == "closed":
        return Cause.NO_SERVICE
    if outage is not None and outage.is_declared:
        return Cause.OUTAGE
    by_rights = {
        "waiting": Cause.WAITING,
        "paused": Cause.PAUSED,
        "debt": Cause.DEBT,
        "unpaid": Cause.SETTLING,
        "used_up": Cause.USED_UP,
    }
    if seen.reason in by_rights:
        return by_rights[seen.reason]
    if _is_alive(seen, now):
        return _of_session(seen)
    if outage is not None:
        return Cause.OUTAGE_SEEN
    if seen.session_id is not None:
        return Cause.SILENT
    if seen.answered_at is not None and (seen.ended_at is None or seen.answered_at >= seen.ended_at):
        if not seen.is_accepted:
            return Cause.WRONG_PASSWORD if seen.answer == "wrong_password" else Cause.REFUSED
        if seen.answer == "unknown_device":
            return Cause.UNKNOWN_DEVICE
    if seen.answered_at is None and seen.ended_at is None:
        return Cause.NEVER
    return Cause.OFFLINE


def of(contract_id: int, *, seen: billing.Overview | None = None) -> list[Verdict]:
    """Of each line with the internet, or one for a contract without.

    seen: what billing knows, where the caller has asked already. Two statements more.
    """
    today, now = clock.today(), clock.now()
    seen = seen or billing.overview(contract_id, today)
    if seen is None:
        return []
    state = billing.service_state(seen, today)
    internet = {one.line_id for one in seen.subscriptions if one.role == "tariff" and one.kind == "internet"}
    lines = [one for one in queries.seen_lines(contract_id) if one.line_id in internet]
    open_at = {one.line_id: one for one in reversed(outages.open_of([one.line_id for one in lines]))}
    found: list[queries.LineSeen | None] = [*lines] or [None]
    return [
        _verdict(Facts(state.word, one, open_at.get(one.line_id) if one else None), seen, state, now) for one in found
    ]


def restart(line_id: int, *, actor: str, address: str | None = None) -> None:
    """End the line's sessions, so that its router comes in anew.   Raises UnableToRestart."""
    with db.atomic():
        if db.rows(_RESTARTED, [line_id, clock.now() - AGAIN_AFTER]):
            raise UnableToRestart("a moment ago")
        if not db.rows(_RESTART, [line_id])[0]["queued"]:
            raise UnableToRestart("no session")
        audit.record(actor=actor, action="network.restart_session", subject=f"line:{line_id}", address=address)


def _is_alive(seen: queries.LineSeen, now: datetime) -> bool:
    if seen.session_id is None or seen.updated_at is None:
        return False
    silent_seconds = (now - seen.updated_at).total_seconds()
    return silent_seconds * 2 <= (seen.interim_seconds or 300) * _SILENT_INTERIMS_X2


def _of_session(seen: queries.LineSeen) -> Cause:
    if seen.granted != seen.expected:
        return Cause.ON_ITS_WAY
    if seen.expected == "walled":
        return Cause.UNKNOWN_DEVICE
    return Cause.SLOW if seen.reason == "slow" else Cause.WORKS


def _verdict(facts: Facts, seen: billing.Overview, state: billing.ServiceState, now: datetime) -> Verdict:
    return Verdict(
        cause=decide(facts, now),
        facts=facts,
        missing_kop=state.missing_kop,
        since=state.since,
        first_top_up_left_kop=seen.first_top_up_left_kop,
        balance_kop=seen.balance_kop,
    )
