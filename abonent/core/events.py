"""What an open page is told the moment it is committed. The only module that writes Event.

streams.py carries it to the page.
"""

import functools
import json
import re
from typing import Any

from abonent.core import db

CHANNEL = "abonent_events"
KEPT_SECONDS = 3600  # a stream that comes back within this misses nothing

_NAME = re.compile(r"^[a-z][a-z0-9_ -]*$")  # it stands on a line of its own in the stream
_PUBLISH = db.read_sql(__file__, "events_publish")


def publish(topic: str, name: str, data: dict[str, Any]) -> None:
    """Tell the topic's open pages, in the caller's transaction: nobody hears of what was rolled back.

    topic: "contract:<id>".   name: the event pages wait for: "payment".
    data: small JSON; the page asks for its fragment anew, so ids and states are enough. Nothing personal.
    """
    db.prepared_rows(*statement(topic, name, data))


def statement(topic: str, name: str, data: dict[str, Any], *, first: str = "", also: str = "") -> db.Statement:
    """`publish` for who sends it along with others, or beside what comes first in one statement.

    first: parts of a WITH.   also: the name of one of them that must be read, or it would not run.
    """
    assert _NAME.match(name), name
    said = {"topic": topic, "name": name, "data": json.dumps(data, ensure_ascii=False)}
    return db.Statement(_publish(first, also), said)


@functools.cache
def _publish(first: str, also: str) -> str:
    return _PUBLISH.format(first=first and f"{first},", also=also and f", {also}")


def last_id(topics: list[str]) -> int:
    """The id of the newest event kept of these topics, 0 for none: what a page drawn now has already seen."""
    return int(db.rows("select coalesce(max(id), 0) as id from core_event where topic = any(%s)", [topics])[0]["id"])


def sweep() -> int:
    """Delete events older than an hour of real time; give how many."""
    return db.run("delete from core_event where created_at < now() - make_interval(secs => %s)", [KEPT_SECONDS])
