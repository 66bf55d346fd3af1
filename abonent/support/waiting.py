"""The queue as one who waits in it sees it: his place, how long it took the others, and what is promised."""

from datetime import datetime, timedelta

from django.db.models import Q

from abonent.conversations import talks
from abonent.conversations.models import Conversation, Kind, State
from abonent.core import alarms, db, events

ALARM_BEFORE = timedelta(minutes=5)  # the schedule looks as often
LEAST_KNOWN = 3  # fewer chats say nothing about the next

_PACE = db.read_sql(__file__, "waiting_pace")


def place(conversation: Conversation) -> int:
    """1 is next. 0: it is not in the queue."""
    if conversation.state != State.WAITING or conversation.kind != Kind.CHAT or conversation.waiting_since is None:
        return 0
    return 1 + _ahead(conversation.department, conversation.waiting_since, conversation.pk)


def place_of_new(department: str, at: datetime) -> int:
    return 1 + _ahead(department, at, None)


def minutes(department: str, at_place: int, at: datetime) -> int | None:
    """How long the last ones waited at such a place, up to whole minutes.   None: too few to tell."""
    found = db.rows(_PACE, {"department": department, "since": at - timedelta(hours=12), "least": LEAST_KNOWN})
    seconds = found[0]["seconds_a_place"] if found else None
    return None if seconds is None else max(1, -(-int(seconds) * at_place // 60))


def tell_late(at: datetime) -> int:
    """An alarm for each promise that runs out within ALARM_BEFORE or has; give how many wait so."""
    late = Conversation.objects.filter(waiting_since__isnull=False, answer_by__lt=at + ALARM_BEFORE)
    found = list(late.exclude(state=State.CLOSED).values_list("pk", "answer_by"))
    for number, answer_by in found:
        alarms.raise_alarm(
            key=f"talk:{number}:{answer_by:%Y%m%dT%H%M}", what=f"the conversation {number} waits for its answer"
        )
    if found:
        events.publish(talks.DESK, "desk", {})
    return len(found)


def _ahead(department: str, since: datetime, own_id: int | None) -> int:
    """Chats that wait longer; of those that began together the ones kept first."""
    before = Q(waiting_since__lt=since)
    before |= Q(waiting_since=since) if own_id is None else Q(waiting_since=since, pk__lt=own_id)
    return Conversation.objects.filter(before, kind=Kind.CHAT, state=State.WAITING, department=department).count()
