"""«Why is there no internet?»: every cause by the rule, and the same from the database, said in both languages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from abonent.core import clock
from abonent.core import db as database
from abonent.flows import diagnosis
from abonent.flows.diagnosis import Cause, Facts
from abonent.network import outages, queries
from abonent.network.models import Nas
from abonent.subscribers.models import Line
from abonent.ui import diagnosis as words
from tests.world import World

NOW = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


NEW = queries.LineSeen(
    line_id=1, rights="open", reason="open", session_id=None, started_at=None, updated_at=None, granted=None,
    expected=None, session_mac=None, session_address=None, nas=None, interim_seconds=None, is_changing=False,
    answered_at=None, is_accepted=None, answer=None, answer_mac=None, ended_at=None, end_cause=None, devices=1,
    sightings=0,
)  # fmt: skip
ONLINE = {
    "session_id": 7, "started_at": ago(60), "updated_at": ago(5), "granted": "open:300:300:-",
    "expected": "open:300:300:-", "interim_seconds": 300,
}  # fmt: skip
WALLED = {"granted": "walled", "expected": "walled"}
SAID_YES = {"answered_at": ago(60), "is_accepted": True, "answer": "open"}
DECLARED = outages.Interruption(1, 5, True, "Обрыв кабеля", ago(30), None)
SEEN = outages.Interruption(1, 6, False, "", ago(8), None)

# what is known of the line, the word of billing, an outage → the cause
TABLE: list[tuple[dict[str, Any], str, outages.Interruption | None, Cause]] = [
    ({}, "none", None, Cause.NO_SERVICE),
    ({"reason": "closed", "rights": "closed"}, "working", None, Cause.NO_SERVICE),
    ({}, "working", DECLARED, Cause.OUTAGE),
    ({"reason": "debt", "rights": "walled"}, "suspended", DECLARED, Cause.OUTAGE),
    ({"reason": "waiting", "rights": "walled"}, "waiting", None, Cause.WAITING),
    ({"reason": "paused", "rights": "walled"}, "paused", None, Cause.PAUSED),
    ({"reason": "debt", "rights": "walled"}, "suspended", None, Cause.DEBT),
    ({"reason": "debt", "rights": "walled", **ONLINE, **WALLED}, "suspended", SEEN, Cause.DEBT),
    ({"reason": "unpaid", "rights": "walled"}, "working", None, Cause.SETTLING),
    ({"reason": "used_up", "rights": "walled", **ONLINE, **WALLED}, "working", None, Cause.USED_UP),
    ({**ONLINE}, "working", None, Cause.WORKS),
    ({**ONLINE}, "working", SEEN, Cause.WORKS),
    ({"reason": "slow", **ONLINE, "granted": "open:10:10:-", "expected": "open:10:10:-"}, "working", None, Cause.SLOW),
    ({**ONLINE, "granted": "walled"}, "working", None, Cause.ON_ITS_WAY),
    ({**ONLINE, **WALLED}, "working", None, Cause.UNKNOWN_DEVICE),
    ({**ONLINE, "updated_at": ago(13)}, "working", None, Cause.SILENT),
    ({**ONLINE, "updated_at": ago(13)}, "working", SEEN, Cause.OUTAGE_SEEN),
    ({**SAID_YES, "ended_at": ago(9), "end_cause": "Lost-Carrier"}, "working", SEEN, Cause.OUTAGE_SEEN),
    ({**SAID_YES, "is_accepted": False, "answer": "wrong_password"}, "working", None, Cause.WRONG_PASSWORD),
    ({**SAID_YES, "is_accepted": False, "answer": "closed"}, "working", None, Cause.REFUSED),
    ({**SAID_YES, "answer": "unknown_device"}, "working", None, Cause.UNKNOWN_DEVICE),
    (
        {**SAID_YES, "is_accepted": False, "answer": "wrong_password", "ended_at": ago(9)}, "working", None,
        Cause.OFFLINE,
    ),  # he has been online since
    ({**SAID_YES, "ended_at": ago(9), "end_cause": "User-Request"}, "working", None, Cause.OFFLINE),
    ({}, "working", None, Cause.NEVER),
]  # fmt: skip


def test_every_cause_and_each_is_told_in_words_with_what_helps(db: None) -> None:
    for known, service, outage, cause in TABLE:
        facts = Facts(service, NEW._replace(**known), outage)
        found = diagnosis.decide(facts, NOW)
        assert found == cause, (known, found)
        plain = diagnosis.Verdict(found, facts, 325_00, NOW.date(), 0, 0).plain()
        said, checked = words.said(plain), words.checks(plain)
        assert said.title, cause
        assert said.why, cause
        assert "%(" not in said.title + said.why, said
        assert said.help in words.HELPS or cause in {Cause.OUTAGE, Cause.OUTAGE_SEEN}
        assert (said.mark == "ok") == (cause == Cause.WORKS)
        assert all(one.text and "%(" not in one.text for one in checked)
    assert {cause for *_, cause in TABLE} == set(Cause)
    assert diagnosis.decide(Facts("none", None, None), NOW) == Cause.NO_SERVICE


def session(world: World, contract_id: int, granted: str) -> None:
    database.run(
        "insert into network_accesssession (unique_id, nas_id, acct_session_id, user_name, line_id, way, port, "
        "circuit_id, remote_id, started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, "
        "raw_down_octets, has_class, granted) select 's-' || l.id, %s, 'y', 'x', l.id, 'login', '', '', '', "
        "%s, %s, 0, 0, 0, 0, 0, true, %s from subscribers_line l where l.contract_id = %s",
        [Nas.objects.get().pk, *[clock.now()] * 2, granted, contract_id],
    )


@pytest.mark.committing
def test_the_cast_is_told_what_is_so_and_a_session_is_restarted_once(world: World) -> None:
    def causes(contract_id: int) -> list[Cause]:
        return [one.cause for one in diagnosis.of(contract_id)]

    assert causes(world.anna.contract_id) == [Cause.NEVER]
    assert causes(world.boris.contract_id) == [Cause.DEBT]
    assert diagnosis.of(world.boris.contract_id)[0].missing_kop == world.missing(world.boris)
    assert causes(world.gleb.contract_id) == [Cause.WAITING]
    session(world, world.anna.contract_id, "open:300:300:-")
    assert causes(world.anna.contract_id) == [Cause.WORKS]
    line = Line.objects.get(contract_id=world.anna.contract_id)
    diagnosis.restart(line.pk, actor="100001")
    with pytest.raises(diagnosis.UnableToRestart):
        diagnosis.restart(line.pk, actor="100001")
    other = Line.objects.get(contract_id=world.boris.contract_id)
    with pytest.raises(diagnosis.UnableToRestart):
        diagnosis.restart(other.pk, actor="100002")
