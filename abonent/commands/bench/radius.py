"""Authorisations and interim updates a second, against the same FreeRADIUS with its stock SQL on the same database.

Three servers of eight threads stand beside one another and are asked by short turns, so that a slow moment of the
machine falls on all. A closed-loop client of ours costs less of the machine than `radclient`.
"""

import argparse
import ipaddress
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abonent.commands.bench import load, radius_lines, radius_packets, radius_server, scratch, udp

HELP = "authorisations and interim updates a second, against FreeRADIUS's stock SQL"
NAS_ADDRESS, SECRET = radius_lines.NAS_ADDRESS, radius_lines.SECRET
NAS = ipaddress.IPv4Address(NAS_ADDRESS).packed
CLIENTS = 32
TURN = 1_500  # requests of a turn
KINDS = ("ours", "stock, five queries", "stock, two queries")
AIMS = {"stock, five queries": 0.5, "stock, two queries": 1.25}
UP, DOWN = 1_000_000, 10_000_000  # of a session in each interim


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=100_000, metavar="LINES")
    parser.add_argument("--turns", type=int, default=12, help=f"of {TURN:,} requests to each server (12)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.core import clock, db
    from abonent.demo import crowd
    from abonent.network import freeradius

    if freeradius.program() is None:
        raise load.UnableToLoad("FreeRADIUS is not installed: apt install freeradius freeradius-postgresql")
    schema = (radius_server.stock_folder() / "schema.sql").read_text(encoding="utf-8")
    today = clock.on_date(datetime.now(UTC))
    with scratch.database("radius", today), ExitStack() as held:
        radius_lines.make(args.accounts, today)
        db.run("create schema stock")
        with db.atomic():
            db.run("set local search_path = stock")
            db.run(schema.replace("%", "%%"))
        db.run(db.read_sql(__file__, "radius_stock"))
        db.run("grant usage on schema stock to abonent_radius")
        for what in ("tables", "sequences"):
            db.run(f"grant all on all {what} in schema stock to abonent_radius")
        crowd.settle_statistics()
        ports = _serve(Path(held.enter_context(tempfile.TemporaryDirectory(prefix="abonent-bench-"))), held)
        people = _people()
        yield from _authorisations(args, ports, people)
        yield from _interims(args, ports, people)


def _serve(home: Path, held: ExitStack) -> dict[str, tuple[int, int]]:
    """Each kind's ports, of authorisation and of accounting."""
    from abonent.network import freeradius

    ports = {kind: (radius_server.free_port(), radius_server.free_port()) for kind in KINDS}
    ours = home / "ours"
    freeradius.configure(freeradius.Site(ours, "127.0.0.1", *ports["ours"], reject_delay_seconds=0))
    folders = [ours]
    for kind in KINDS[1:]:
        folder = home / kind.replace(", ", "-").replace(" ", "-")
        auth_port, acct_port = ports[kind]
        radius_server.write_stock(folder, ours, groups="five" in kind, auth_port=auth_port, acct_port=acct_port)
        folders.append(folder)
    for folder in folders:
        held.enter_context(radius_server.running(folder))
    return ports


def _people() -> list[dict[str, Any]]:
    """Every line, in an order that jumps about the tables."""
    from abonent.core import db

    return db.rows(
        "select l.line_id, l.name, l.password, upper(replace(s.mac::text, ':', '-')) as calling, s.granted,"
        " host(s.address) as address, md5('s' || l.line_id) as class"
        " from network_login l join network_accesssession s on s.line_id = l.line_id"
        " order by hashint8(l.line_id)"
    )


def _authorisations(
    args: argparse.Namespace, ports: dict[str, tuple[int, int]], people: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    spent: dict[str, list[udp.Result]] = {kind: [] for kind in KINDS}
    for turn in range(args.turns + 1):  # the first warms
        chosen = _turn(people, turn)
        for kind in KINDS:
            packets = [
                radius_packets.access(number, one["name"], one["password"], one["calling"], NAS, SECRET.encode())
                for number, one in enumerate(chosen)
            ]
            spent[kind].append(udp.run(ports[kind][0], NAS_ADDRESS, packets, clients=CLIENTS))
            if set(spent[kind][-1].codes) != {2}:
                raise load.UnableToLoad(f"{kind}: {spent[kind][-1].codes}, lost {spent[kind][-1].lost}: all must pass")
    for floor in KINDS[1:]:
        yield _row(args, f"authorisation ↔ {floor}", spent["ours"][1:], spent[floor][1:], AIMS[floor])


def _interims(
    args: argparse.Namespace, ports: dict[str, tuple[int, int]], people: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    spent: dict[str, list[udp.Result]] = {kind: [] for kind in KINDS[:2]}
    told: dict[int, int] = {}  # of a line: how many interims
    now = int(time.time())
    for turn in range(args.turns + 1):
        chosen = _turn(people, turn)
        for one in chosen:
            told[one["line_id"]] = told.get(one["line_id"], 0) + 1
        packets = [_interim(number, one, told[one["line_id"]], now + turn) for number, one in enumerate(chosen)]
        for kind in KINDS[:2]:
            spent[kind].append(udp.run(ports[kind][1], NAS_ADDRESS, packets, clients=CLIENTS))
    counted = _counted()
    wanted = {"ours": sum(told.values()) * DOWN, "stock": sum(told.values()) * DOWN}
    if counted != wanted:
        raise load.UnableToLoad(f"octets were lost: {counted}, told {wanted}")
    yield _row(args, "interim update ↔ stock", spent["ours"][1:], spent[KINDS[1]][1:], 1.0)


def _interim(number: int, one: dict[str, Any], times: int, at: int) -> bytes:
    return radius_packets.interim(
        number, one["name"], one["calling"], f"{one['line_id']:x}", f"ai:{one['class']};{one['granted']}",
        ipaddress.IPv4Address(one["address"]).packed, UP * times, DOWN * times, 300 * times, at, NAS, SECRET.encode(),
    )  # fmt: skip


def _counted() -> dict[str, int]:
    from abonent.core import db

    found = db.rows(
        "select (select sum(down_octets) from network_accesssession)::bigint as ours,"
        " (select sum(acctoutputoctets) from stock.radacct)::bigint as stock,"
        " (select sum(down_octets) from network_usage)::bigint as used"
    )[0]
    if found["used"] != found["ours"]:
        raise load.UnableToLoad(f"sessions tell of {found['ours']} octets, the days of {found['used']}")
    return {"ours": found["ours"], "stock": found["stock"]}


def _turn(people: list[dict[str, Any]], turn: int) -> list[dict[str, Any]]:
    return [people[(turn * TURN + at) % len(people)] for at in range(TURN)]


def _row(
    args: argparse.Namespace, what: str, ours: list[udp.Result], floors: list[udp.Result], aim: float
) -> dict[str, Any]:
    seconds, floor_seconds = sum(one.seconds for one in ours), sum(one.seconds for one in floors)
    count = sum(one.answered for one in ours)
    return {
        "bench": "radius",
        "what": what,
        "accounts": args.accounts,
        "clients": CLIENTS,
        "seconds": round(seconds, 2),
        "per_second": int(count / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "floor_per_second": int(sum(one.answered for one in floors) / floor_seconds),
        "ratio": round(seconds / floor_seconds, 2),
        "aim": aim,
        "lost": sum(one.lost for one in ours),
        "load": round(os.getloadavg()[0], 1),
    }
