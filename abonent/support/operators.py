"""Operators and their states. The only module that writes Operator."""

from datetime import datetime, timedelta

from abonent.conversations import talks
from abonent.core import db, events
from abonent.identity.models import User
from abonent.support.models import Operator, OperatorState

PRESENT = timedelta(minutes=3)  # the desk's page tells of itself each minute


def of(user: User, at: datetime) -> Operator:
    """The operator of a user; made at his first look at the desk."""
    found, _ = Operator.objects.get_or_create(user=user, defaults={"shown_name": user.username, "seen_at": at})
    return found


def set_state(user: User, state: OperatorState, at: datetime) -> Operator:
    db.require_transaction()
    found = of(user, at)
    found.state, found.seen_at = state, at
    found.save(update_fields=["state", "seen_at"])
    events.publish(talks.DESK, "desk", {})
    return found


def set_shown(user: User, *, name: str, topics: list[str], at: datetime) -> Operator:
    """How visitors see him, and whose queue comes first to him."""
    found = of(user, at)
    found.shown_name, found.topics = name.strip()[:80] or user.username, topics
    found.save(update_fields=["shown_name", "topics"])
    return found


def seen(user_id: int, at: datetime) -> None:
    """His desk is open."""
    Operator.objects.filter(user_id=user_id).update(seen_at=at)


def present(at: datetime) -> int:
    """How many take chats now."""
    return Operator.objects.filter(state=OperatorState.ON, seen_at__gt=at - PRESENT).count()
