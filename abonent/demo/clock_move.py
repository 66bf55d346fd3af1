"""Move the demo's clock forward, and let happen what would have happened by itself meanwhile."""

from datetime import date

from abonent.core import clock
from abonent.flows import schedule


def move(day: date) -> list[str]:
    """Make `day` the operator's today and run the schedule; give what it did, a line each.

    Raises clock.UnableToMoveClock with the sandbox off, or when `day` is not after today.
    """
    clock.move_to(day)
    return schedule.tick(clock.now())
