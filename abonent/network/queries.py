"""What the network knows of a line: devices, sessions, traffic. Reads only."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from abonent.core import db, periods
from abonent.network.models import Device, Sighting

SESSIONS_SHOWN = 20
SESSIONS_DAYS = 92


class OwnLine(NamedTuple):
    """A line of a contract with its internet tariff."""

    line_id: int
    subscription_id: int
    included_octets: int | None  # None: not limited
    period: periods.Period  # what the included traffic is counted over
    extra_octets: int = 0  # bought for this period
    when_used_up: str = ""  # catalog.models.WhenUsedUp
    slow_mbps: int | None = None
    address: str | None = None  # of its own, static


class DayTraffic(NamedTuple):
    on: date
    up_octets: int
    down_octets: int


class Session(NamedTuple):
    started_at: datetime
    ended_at: datetime | None  # None: it goes on
    address: str | None
    mac: str | None
    up_octets: int
    down_octets: int
    is_walled: bool


_LINES_SEEN = db.read_sql(__file__, "lines_seen")
_LINES = """
    select s.line_id, s.id as subscription_id, v.included_octets, v.when_used_up, v.slow_mbps, s.anchor_day,
           host(a.address) as address,
           (
               select coalesce(sum(k.octets), 0)::bigint from network_trafficpack k
               where k.line_id = s.line_id and k.period_start = radius.period_start(s.anchor_day, %(on)s)
           ) as extra_octets
    from subscribers_line l
    join billing_subscription s on s.line_id = l.id and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
    join catalog_offerversion v on v.id = s.version_id
    left join network_staticaddress a on a.line_id = s.line_id
    where l.contract_id = %(contract_id)s
    order by s.line_id
"""
_SESSIONS = """
    select started_at, null::timestamptz as ended_at, host(address) as address, mac::text as mac,
           up_octets, down_octets, granted = 'walled' as is_walled
    from network_accesssession where line_id = %(line_id)s
    union all (
        select started_at, ended_at, host(address), mac::text, up_octets, down_octets, granted = 'walled'
        from network_closedsession where line_id = %(line_id)s and ended_on >= %(since)s
        order by ended_at desc limit %(most)s
    )
    order by ended_at desc nulls first, started_at desc
    limit %(most)s
"""


def lines(contract_id: int, on: date) -> list[OwnLine]:
    """The lines of a contract that have an internet tariff."""
    return [
        OwnLine(
            row["line_id"],
            row["subscription_id"],
            row["included_octets"],
            periods.cycle(on, row["anchor_day"]),
            row["extra_octets"],
            row["when_used_up"],
            row["slow_mbps"],
            row["address"],
        )
        for row in db.rows(_LINES, {"contract_id": contract_id, "on": on})
    ]


def devices(line_ids: Sequence[int]) -> list[Device]:
    return list(Device.objects.filter(line_id__in=line_ids).order_by("registered_at", "id"))


def sightings(line_ids: Sequence[int]) -> list[Sighting]:
    """Unknown devices seen there, the newest first."""
    return list(Sighting.objects.filter(line_id__in=line_ids).order_by("-seen_at"))


def online(line_ids: Sequence[int]) -> set[str]:
    """The MACs of the live sessions."""
    rows = db.rows(
        "select mac::text as mac from network_accesssession where line_id = any(%s) and mac is not null",
        [list(line_ids)],
    )
    return {row["mac"] for row in rows}


def by_day(line_id: int, start: date, end: date) -> list[DayTraffic]:
    """Every date of `[start, end)`, those without traffic too."""
    rows = db.rows(
        'select "on", sum(up_octets)::bigint as up, sum(down_octets)::bigint as down from network_usage '
        'where line_id = %s and "on" >= %s and "on" < %s group by 1',
        [line_id, start, end],
    )
    found = {row["on"]: row for row in rows}
    return [
        DayTraffic(day, found[day]["up"], found[day]["down"]) if day in found else DayTraffic(day, 0, 0)
        for day in periods.each_day(start, end)
    ]


def sessions(line_id: int, on: date) -> list[Session]:
    """The newest sessions of three months, those that go on first."""
    since = on - timedelta(days=SESSIONS_DAYS)
    return [Session(**row) for row in db.rows(_SESSIONS, {"line_id": line_id, "since": since, "most": SESSIONS_SHOWN})]


class LineSeen(NamedTuple):
    """What the network knows of a line at this moment."""

    line_id: int
    rights: str  # "open", "walled", "closed"
    reason: str  # of the rights: "open", "slow", "used_up", "debt", "unpaid", "waiting", "paused", "closed"
    session_id: int | None
    started_at: datetime | None  # of the session that lives
    updated_at: datetime | None
    granted: str | None
    expected: str | None
    session_mac: str | None
    session_address: str | None
    nas: str | None
    interim_seconds: int | None
    is_changing: bool  # the access server is being told just now
    answered_at: datetime | None  # the last answer to a request to come in
    is_accepted: bool | None
    answer: str | None  # its reason: "open", "debt", "unknown_device", "wrong_password"…
    answer_mac: str | None
    ended_at: datetime | None  # of the session before
    end_cause: str | None
    devices: int
    sightings: int


def seen_lines(contract_id: int) -> list[LineSeen]:
    """Of each line of a contract; one statement."""
    return [LineSeen(**row) for row in db.rows(_LINES_SEEN, [contract_id])]


class OfLine(NamedTuple):
    """Where a MAC or an address is known."""

    line_id: int
    what: str  # "device", "seen", "session", "static"
    value: str


_OF_MAC = """
    select line_id, 'device' as what, mac::text as value from network_device where mac = %(mac)s
    union all
    (select line_id, 'seen', mac::text from network_sighting where mac = %(mac)s order by seen_at desc limit %(most)s)
"""
_OF_ADDRESS = """
    select line_id, 'static' as what, host(address) as value from network_staticaddress where address = %(address)s
    union all
    (select line_id, 'session', host(address) from network_accesssession
     where address = %(address)s and line_id is not null order by id limit %(most)s)
"""


def of_mac(mac: str, most: int) -> list[OfLine]:
    """Lines that have a device of that MAC, or have seen it.   mac: as rules.read_mac gives it."""
    return [OfLine(**row) for row in db.rows(_OF_MAC, {"mac": mac, "most": most})]


def of_address(address: str, most: int) -> list[OfLine]:
    """Lines that have that address now: of their own, or in a live session."""
    return [OfLine(**row) for row in db.rows(_OF_ADDRESS, {"address": address, "most": most})]
