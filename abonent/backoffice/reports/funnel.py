"""Report: how far requests to be connected came, and how long each stage took."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice import words
from abonent.backoffice.reports import shape
from abonent.core import clock
from abonent.identity import permissions
from abonent.onboarding import funnel


def make(asked: shape.Asked) -> shape.Shown:
    between = (asked.start_at, asked.end_at)
    stages, whole, states = funnel.of(*between), funnel.whole(*between), funnel.states(*between)
    first = stages[0].reached
    lines = [
        [
            shape.Cell(_name(one.state)),
            shape.Cell(one.reached, "count", shape.key("reached", one.state)),
            shape.Cell(one.reached * 100 // first if first else None, "percent"),
            shape.Cell(one.median, "seconds", shape.key("time", one.state) if one.timed else ""),
            shape.Cell(one.most, "seconds", shape.key("time", one.state) if one.timed else ""),
        ]
        for one in stages
    ]
    opens = shape.key("whole", funnel.WAY[-1]) if whole.timed else ""
    lines[0][3:] = [shape.Cell(None, "seconds"), shape.Cell(None, "seconds")]  # nothing comes before the first
    total = [
        shape.Cell(_("From the request to the open access")),
        shape.Cell(whole.timed, "count", opens),
        shape.Cell(whole.timed * 100 // first if first else None, "percent"),
        shape.Cell(whole.median, "seconds", opens),
        shape.Cell(whole.most, "seconds", opens),
    ]
    heads = (_("Stage"), _("Requests"), _("Of all"), _("From the stage before, median"), _("90 of 100 within"))
    ended = [
        [shape.Cell(_name(state)), shape.Cell(count, "count", shape.key("state", state))]
        for state, count in sorted(states.items(), key=lambda one: list(words.STATES).index(one[0]))
    ]
    every = sum(states.values())
    tables = [
        shape.Table(_("How far requests came"), heads, lines, total),
        shape.Table(
            _("Where they stand now"), (_("State"), _("Requests")), ended,
            [shape.Cell(_("Total")), shape.Cell(every, "count")],
        ),
    ]  # fmt: skip
    picture = shape.Lanes(_("How far requests came"), [(_name(one.state), one.reached) for one in stages], "count")
    said = (
        _("Of requests made in these days, whenever they came further. Repeats of another request are left out above. "
          "A time is of those who came from the stage just before."),
    )  # fmt: skip
    return shape.Shown(tables, picture, said) if every else shape.Shown((), None, said)


def rows(asked: shape.Asked, key: Sequence[str], after: int, most: int) -> shape.Opened:
    """key: "reached", "time", "whole" or "state"; the stage."""
    if len(key) != 2 or key[1] not in words.STATES:
        raise shape.NotAFigure
    what, state = key
    common = (state, asked.start_at, asked.end_at)
    zone = clock.zone().key
    if what == "state":
        found = funnel.state_rows(*common, zone=zone, after=after, most=most)
    elif state not in funnel.WAY:
        raise shape.NotAFigure
    elif what == "reached":
        found = funnel.reached_rows(*common, zone=zone, after=after, most=most)
    elif what in ("time", "whole"):
        found = funnel.time_rows(*common, zone=zone, whole=what == "whole", after=after, most=most)
    else:
        raise shape.NotAFigure
    is_time = what in ("time", "whole")
    return shape.Opened(
        _name(state),
        found,
        "seconds" if is_time else "count",
        _("Time") if is_time else "",
        _("State now"),
        _name,
        "request",
        is_summed=not is_time,
    )


def _name(state: str) -> str:
    return str(words.STATES[state][1])


REPORT = shape.Report(
    "funnel", gettext_lazy("Requests"), (permissions.VIEW_SUBSCRIBERS_REPORTS,), make, rows, usual_months=3
)  # fmt: skip
