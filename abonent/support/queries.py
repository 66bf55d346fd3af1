"""What the desk shows: the queue, an operator's talks, everybody's load."""

from datetime import datetime, timedelta
from typing import Any

from abonent.conversations import queries as conversations
from abonent.conversations.models import Conversation, Kind, State
from abonent.core import db
from abonent.identity.models import User
from abonent.support import operators
from abonent.support.models import Operator

LIST_MOST = 100
_WITH = ("contract__customer", "owner")

_LOAD = db.read_sql(__file__, "load")
_TIMES = db.read_sql(__file__, "times")


def queue(operator: Operator) -> list[conversations.Line]:
    """Nobody's, chats before letters, the operator's topics first, the oldest first."""
    found = list(
        Conversation.objects.select_related(*_WITH)
        .filter(state=State.WAITING)
        .order_by("waiting_since", "pk")[:LIST_MOST]
    )
    found.sort(key=lambda one: (one.kind != Kind.CHAT, bool(operator.topics) and one.topic not in operator.topics))
    return conversations.lines(found, notes=True)


def count_waiting() -> int:
    """Conversations nobody has taken."""
    return Conversation.objects.filter(state=State.WAITING).count()


def of_operator(user_id: int) -> list[conversations.Line]:
    """His open talks, those that wait for his answer first."""
    found = list(
        Conversation.objects.select_related(*_WITH)
        .filter(state=State.OPEN, owner_id=user_id)
        .order_by("-last_at")[:LIST_MOST]
    )
    found.sort(key=lambda one: one.waiting_since is None)
    return conversations.lines(found, notes=True)


def recent(contract_id: int, *, but: int) -> list[Conversation]:
    """What this contract talked of before."""
    found = Conversation.objects.filter(contract_id=contract_id).exclude(pk=but).exclude(kind=Kind.NOTICE)
    return list(found.order_by("-last_at")[:5])


def open_of_others(user_id: int) -> list[conversations.Line]:
    found = Conversation.objects.filter(state=State.OPEN).exclude(owner_id=user_id).order_by("-last_at")
    return conversations.lines(list(found.select_related(*_WITH)[:LIST_MOST]), notes=True)


def colleagues(at: datetime) -> list[Operator]:
    """Whom a talk may be handed over to."""
    present = at - operators.PRESENT
    return list(Operator.objects.filter(state="on", seen_at__gt=present).select_related("user").order_by("shown_name"))


def all_operators() -> list[Operator]:
    """All who have opened the desk."""
    return list(Operator.objects.order_by("user_id"))


def load() -> list[dict[str, Any]]:
    """A row an operator: shown_name, state, seen_at, open, waiting, closed_today, mark."""
    return db.rows(_LOAD)


def times(at: datetime) -> dict[str, Any]:
    """Of the last day: taken, wait_seconds and answer_seconds (medians), kept (promises kept, percent), mark."""
    return db.rows(_TIMES, {"since": at - timedelta(days=1), "now": at})[0]


def conversation(conversation_id: int) -> Conversation | None:
    """For staff; notices are letters of the company, not talks."""
    found = Conversation.objects.filter(pk=conversation_id).exclude(kind=Kind.NOTICE)
    return found.select_related(*_WITH).first()


def staff_by_id(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id, is_staff=True, is_active=True).first()
