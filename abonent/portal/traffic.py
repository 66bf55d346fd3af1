"""Traffic in words and bars: what is used and left of the tariff's, by day, and the sessions. Asks once a line."""

from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from abonent.core import clock
from abonent.network import makers, queries
from abonent.ui import amounts, formats

DAYS = 30
HEIGHT = 120  # of the picture, pixels
_WIDTH = 1000
_TENTH_OF_GB = 10**8


class Bar(NamedTuple):
    x: int
    width: int
    y: int
    height: int


class DayRow(NamedTuple):
    on: date
    down: str
    up: str


class SessionRow(NamedTuple):
    when: str
    is_live: bool
    is_walled: bool
    where: str  # address, maker
    down: str
    up: str


class Traffic(NamedTuple):
    used: str
    left: str  # empty: the tariff has no limit
    included: str
    percent: int  # of the included, at most 100
    period: str
    bars: list[Bar]
    most: str  # of one day: the top of the picture
    first: date
    last: date
    said: str
    after: str  # what becomes of the line when it is used up, or has become; empty: the tariff has no limit
    is_used_up: bool
    address: str  # static; empty: none
    days: list[DayRow]  # the newest first
    sessions: list[SessionRow]


def of(contract_id: int, today: date) -> list[Traffic]:
    """Of each line of the contract with an internet tariff."""
    return [_line(one, today) for one in queries.lines(contract_id, today)]


def _line(line: queries.OwnLine, today: date) -> Traffic:
    first = today - timedelta(days=DAYS - 1)
    known = queries.by_day(line.line_id, min(first, line.period.start), today + timedelta(days=1))
    used = sum(one.down_octets + one.up_octets for one in known if one.on >= line.period.start)
    days = known[-DAYS:]
    most = max(one.down_octets + one.up_octets for one in days)
    included = None if line.included_octets is None else line.included_octets + line.extra_octets
    total = sum(one.down_octets + one.up_octets for one in days)
    return Traffic(
        used=amounts.octets(used),
        left="" if included is None else amounts.octets(_rounded_up(max(0, included - used))),
        included="" if included is None else amounts.octets(included),
        percent=0 if not included else min(100, used * 100 // included),
        after="" if included is None else _after(line, is_used_up=used >= included),
        is_used_up=included is not None and used >= included,
        address=line.address or "",
        period=formats.period(line.period.start, line.period.end),
        bars=_bars([one.down_octets + one.up_octets for one in days], most),
        most=amounts.octets(most),
        first=days[0].on,
        last=days[-1].on,
        said=_("Traffic by day for %(period)s: %(total)s in all, %(most)s at most in a day.")
        % {
            "period": formats.period(first, today + timedelta(days=1)),
            "total": amounts.octets(total),
            "most": amounts.octets(most),
        },
        days=[DayRow(one.on, amounts.octets(one.down_octets), amounts.octets(one.up_octets)) for one in reversed(days)],
        sessions=[_session(one) for one in queries.sessions(line.line_id, today)],
    )


def _after(line: queries.OwnLine, *, is_used_up: bool) -> str:
    facts = {"slow": line.slow_mbps, "day": formats.day(line.period.end)}
    if is_used_up:
        said = {
            "slow": _("The included traffic is used: %(slow)s Mbit/s until %(day)s."),
            "stop": _("The included traffic is used: the internet stands still until %(day)s."),
        }.get(line.when_used_up, _("The included traffic is used; the internet goes on as before."))
    else:
        said = {
            "slow": _("When it is used, the speed is %(slow)s Mbit/s until %(day)s."),
            "stop": _("When it is used, the internet stands still until %(day)s."),
        }.get(line.when_used_up, _("When it is used, the internet goes on as before."))
    return said % facts


def _rounded_up(octets: int) -> int:
    """To a tenth of a gigabyte, so that used and left, each shown to a tenth, sum to the whole."""
    return -(-octets // _TENTH_OF_GB) * _TENTH_OF_GB


def _bars(octets: list[int], most: int) -> list[Bar]:
    step = _WIDTH // len(octets)
    heights = [one * HEIGHT // most if most else 0 for one in octets]
    return [
        Bar(number * step + 3, step - 6, HEIGHT - max(height, 1), max(height, 1))
        for number, height in enumerate(heights)
    ]


def _session(one: queries.Session) -> SessionRow:
    began = f"{formats.day(clock.on_date(one.started_at))}, {clock.local(one.started_at):%H:%M}"
    ended = "" if one.ended_at is None else f" {formats.EN_DASH} {clock.local(one.ended_at):%H:%M}"
    where = [part for part in (one.address, makers.maker(one.mac) if one.mac else "") if part]
    return SessionRow(
        when=began + ended,
        is_live=one.ended_at is None,
        is_walled=one.is_walled,
        where=", ".join(where),
        down=amounts.octets(one.down_octets),
        up=amounts.octets(one.up_octets),
    )
