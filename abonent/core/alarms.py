"""Things of money that a person must look at. The only module that writes Alarm."""

import logging

from django.db import connection

from abonent.core import masking
from abonent.core.models import Alarm

log = logging.getLogger(__name__)


def raise_alarm(*, key: str, what: str) -> None:
    """Write the alarm once by its key.

    Call it in a transaction that will stand: an alarm of a refused step is written after the refusal, outside
    the step's own transaction, or it would vanish with it.
    """
    key, what = masking.text(key), masking.text(what)
    log.error("alarm %s: %s", key, what)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_alarm (key, what) values (%s, %s) on conflict (key) do nothing", [key[:160], what]
        )


def open_alarms() -> list[Alarm]:
    return list(Alarm.objects.filter(closed_at=None).order_by("raised_at"))
