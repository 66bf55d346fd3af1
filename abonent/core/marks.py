"""Which date each daily entry of the schedule is done through. The only module that writes ScheduleMark."""

from datetime import date

from abonent.core import db
from abonent.core.models import ScheduleMark


def is_done(entry: str, on: date) -> bool:
    return ScheduleMark.objects.filter(entry=entry, done_on__gte=on).exists()


def set_done(entry: str, on: date) -> None:
    """Remember that the entry is done through `on`; an earlier date changes nothing."""
    db.run(
        "insert into core_schedulemark (entry, done_on) values (%s, %s) "
        "on conflict (entry) do update set done_on = greatest(core_schedulemark.done_on, excluded.done_on)",
        [entry, on],
    )
