"""What an open page is told the moment it is committed. The only module that writes Event.

streams.py carries it to the page.
"""

import functools
import json
import re
import threading
from typing import Any

from abonent.core import db, wakes

CHANNEL = "abonent_events"
KEPT_SECONDS = 3600  # a stream that comes back within this misses nothing

_NAME = re.compile(r"^[a-z][a-z0-9_ -]*$")  # it stands on a line of its own in the stream
_PART = db.read_sql(__file__, "events_publish")
_PUBLISH = f"with {_PART.format(source='')} select pg_notify('{CHANNEL}', told) from kept"
_TELL = f"select pg_notify('{CHANNEL}', said) from unnest(%(said)s::text[]) said"
_lock = threading.Lock()
_untold: list[str] = []


def publish(topic: str, name: str, data: dict[str, Any]) -> None:
    """Tell the topic's open pages, in the caller's transaction: nobody hears of what was rolled back.

    topic: "contract:<id>".   name: the event pages wait for: "payment".
    data: small JSON; the page asks for its fragment anew, so ids and states are enough. Nothing personal.
    """
    db.prepared_rows(_PUBLISH, _said(topic, name, data))


def part(topic: str, name: str, data: dict[str, Any], *, source: str) -> db.Statement:
    """`publish` as a part of a WITH, `kept`: its column `told` is what `tell` takes after the commit.

    source: the part before it that says by a row that it is to be kept.
    """
    return db.Statement(_part_of(source), _said(topic, name, data))


def tell(told: str) -> None:
    """Notify the streams of an event that is committed.

    To notify in the transaction takes a lock of the whole database, held while the disk is written: payments would
    be committed one after another. Who is killed in between has told nobody: the streams look again (core/hub.py).
    told: of `part`.
    """
    with _lock:
        _untold.append(told)
    wakes.go(CHANNEL, _tell)


def _tell() -> None:
    with _lock:
        said = _untold.copy()
        _untold.clear()
    if said:
        db.prepared_rows(_TELL, {"said": said})


def _said(topic: str, name: str, data: dict[str, Any]) -> dict[str, str]:
    assert _NAME.match(name), name
    return {"topic": topic, "name": name, "data": json.dumps(data, ensure_ascii=False)}


@functools.cache
def _part_of(source: str) -> str:
    return _PART.format(source=f"from {source}")


def last_id(topics: list[str]) -> int:
    """The id of the newest event kept of these topics, 0 for none: what a page drawn now has already seen."""
    return int(db.rows("select coalesce(max(id), 0) as id from core_event where topic = any(%s)", [topics])[0]["id"])


def sweep() -> int:
    """Delete events older than an hour of real time; give how many."""
    return db.run("delete from core_event where created_at < now() - make_interval(secs => %s)", [KEPT_SECONDS])
