"""Things of money that a person must look at. The only module that writes Alarm."""

import logging

from django.db import connection
from django.db.models.functions import Now

from abonent.core import masking
from abonent.core.models import Alarm

log = logging.getLogger(__name__)


def raise_alarm(*, key: str, what: str) -> None:
    """Write the alarm once by its key; one that was closed is opened again.

    Call it in a transaction that will stand: an alarm of a refused step is written after the refusal, outside
    the step's own transaction, or it would vanish with it.
    """
    key, what = masking.text(key), masking.text(what)
    log.error("alarm %s: %s", key, what)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_alarm as known (key, what) values (%s, %s) on conflict (key) do update"
            " set what = excluded.what, raised_at = now(), closed_at = null where known.closed_at is not null",
            [key[:160], what],
        )


def open_alarms() -> list[Alarm]:
    return list(Alarm.objects.filter(closed_at=None).order_by("raised_at"))


def close(start: str) -> int:
    """Close the open alarms whose keys begin with `start`: what they told of is looked at. Give how many."""
    return Alarm.objects.filter(key__startswith=start, closed_at=None).update(closed_at=Now())
