"""What the staff see of the network: servers, pools, the reconciler's looks and mends, outages. Reads only."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count

from abonent.core import db
from abonent.network import lines
from abonent.network.models import AddressPool, Mend, Nas, Outage, OutageState

MENDS_SHOWN = 20
OUTAGES_SHOWN = 20
_SERVERS = """
    select n.id, n.name, host(n.address) as address, n.kind, n.is_on, n.heard_at,
           coalesce(s.live, 0) as live, coalesce(s.walled, 0) as walled, s.newest_at
    from network_nas n
    left join (
        select nas_id, count(*) as live, count(*) filter (where granted = 'walled') as walled,
               max(updated_at) as newest_at
        from network_accesssession group by nas_id
    ) s on s.nas_id = n.id
    order by n.name
"""
_MENDED = """
    select c.id, c.queued_at, c.state, c.answer, c.done_at, k.number as contract
    from network_accesschange c
    left join subscribers_line l on l.id = c.line_id
    left join subscribers_contract k on k.id = l.contract_id
    where c.cause = 'drift'
    order by c.id desc
    limit %s
"""


class Server(NamedTuple):
    id: int
    name: str
    address: str
    kind: str
    is_on: bool
    heard_at: datetime | None
    live: int
    walled: int
    newest_at: datetime | None


class Pool(NamedTuple):
    id: int
    name: str
    network: str
    given: int
    free: int


class Mended(NamedTuple):
    """A session that had something else than the ledger allows, and what came of telling its server."""

    id: int
    queued_at: datetime
    state: str
    answer: str
    done_at: datetime | None
    contract: str | None


class OutageRow(NamedTuple):
    outage: Outage
    node: str
    buildings: list[str]
    lines: int
    given_kop: int
    given_lines: int


def servers() -> list[Server]:
    return [Server(**row) for row in db.rows(_SERVERS)]


def pools() -> list[Pool]:
    found = AddressPool.objects.annotate(given=Count("staticaddress")).order_by("name")
    return [Pool(one.pk, one.name, one.network, one.given, lines.free_addresses(one)) for one in found]


def last_look() -> Mend | None:
    """The reconciler's newest look at all sessions; None: it has not looked yet."""
    return Mend.objects.order_by("-id").first()


def drifted_since(now: datetime, hours: int = 24) -> int:
    """How many sessions were mended within these hours."""
    looks = Mend.objects.filter(at__gt=now - timedelta(hours=hours))
    return sum(looks.values_list("drifted", flat=True))


def mended() -> list[Mended]:
    """The newest first."""
    return [Mended(**row) for row in db.rows(_MENDED, [MENDS_SHOWN])]


def nodes() -> list[tuple[int, str]]:
    return list(Nas.objects.filter(is_on=True).order_by("name").values_list("id", "name"))


def open_outages() -> list[OutageRow]:
    """Those that were seen first: somebody must look at them."""
    found = Outage.objects.filter(state__in=[OutageState.SEEN, OutageState.DECLARED])
    rows = _rows(list(found.order_by("started_at").select_related("nas").prefetch_related("places__building")))
    return sorted(rows, key=lambda one: one.outage.state != OutageState.SEEN)


def past_outages() -> list[OutageRow]:
    found = Outage.objects.filter(state__in=[OutageState.ENDED, OutageState.DISMISSED])
    newest = found.order_by("-started_at", "-id").select_related("nas").prefetch_related("places__building")
    return _rows(list(newest[:OUTAGES_SHOWN]))


def count_seen_outages() -> int:
    return Outage.objects.filter(state=OutageState.SEEN).count()


def _rows(found: list[Outage]) -> list[OutageRow]:
    ids = [one.pk for one in found]
    counted = {
        row["outage_id"]: row
        for row in db.rows(
            "select o.id as outage_id, "
            "(select count(*) from network_outageline t where t.outage_id = o.id) as lines, "
            "(select count(*) from network_outagecredit c where c.outage_id = o.id) as given_lines, "
            "(select coalesce(sum(c.amount_kop), 0)::bigint from network_outagecredit c where c.outage_id = o.id) "
            "as kop "
            "from network_outage o where o.id = any(%s)",
            [ids],
        )
    }
    return [
        OutageRow(
            outage=one,
            node=one.nas.name if one.nas else "",
            buildings=sorted(str(place.building) for place in one.places.all()),
            lines=counted[one.pk]["lines"],
            given_kop=counted[one.pk]["kop"],
            given_lines=counted[one.pk]["given_lines"],
        )
        for one in found
    ]
