"""What an open page is told the moment it is committed. The only module that writes Event.

streams.py carries it to the page.
"""

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
    assert _NAME.match(name), name
    db.prepared_rows(_PUBLISH, {"topic": topic, "name": name, "data": json.dumps(data, ensure_ascii=False)})


def last_id(topics: list[str]) -> int:
    """The id of the newest event kept of these topics, 0 for none: what a page drawn now has already seen."""
    return int(db.rows("select coalesce(max(id), 0) as id from core_event where topic = any(%s)", [topics])[0]["id"])


def sweep() -> int:
    """Delete events older than an hour of real time; give how many."""
    return db.run("delete from core_event where created_at < now() - make_interval(secs => %s)", [KEPT_SECONDS])
