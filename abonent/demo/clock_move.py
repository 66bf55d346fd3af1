"""Move the demo's clock forward, and let happen what would have happened by itself meanwhile."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from abonent.billing.models import ChargeRun, RunState
from abonent.core import clock, money, periods
from abonent.flows import schedule
from abonent.payments.models_cards import Autopay


def _days(before: date, day: date) -> list[date]:
    """Where the clock stops on its way: at each date where something is debited by itself, else at the last one."""
    if day <= before or not Autopay.objects.filter(is_on=True).exists():
        return [day]
    return list(periods.each_day(before + periods.ONE_DAY, day + periods.ONE_DAY))


def move(day: date) -> list[str]:
    """Make `day` the operator's today and run the schedule; give what it did, a line each, in the reader's language.

    Raises clock.UnableToMoveClock with the sandbox off, or when `day` is not after today.
    """
    before = clock.today()
    failed: list[str] = []
    for each in _days(before, day):
        clock.move_to(each)
        failed += schedule.tick(clock.now())
    runs = list(ChargeRun.objects.filter(on__gt=before, on__lte=day, state=RunState.FINISHED))
    charges = sum(run.fact["charges"] for run in runs)
    suspensions = sum(run.fact["suspensions"] for run in runs)
    lines = [
        ngettext("%(n)s night was charged.", "%(n)s nights were charged.", len(runs)) % {"n": len(runs)},
        ngettext("%(n)s charge, %(sum)s in all.", "%(n)s charges, %(sum)s in all.", charges)
        % {"n": charges, "sum": money.show(sum(run.fact["amount_kop"] for run in runs))},
    ]
    if suspensions:
        lines.append(
            ngettext("%(n)s service was suspended.", "%(n)s services were suspended.", suspensions) % {"n": suspensions}
        )
    lines += [_("Failed: %(what)s. The worker's log says why.") % {"what": name} for name in dict.fromkeys(failed)]
    return lines
