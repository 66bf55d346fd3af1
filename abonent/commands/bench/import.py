"""How fast a provider is taken over, and how much memory it takes, against COPY of the same files and nothing more."""

import argparse
import csv
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abonent.commands.bench import scratch

HELP = "a bundle of a provider who moves in: rows a second, the largest memory"
PAYMENTS_EACH = 3
FLATS_A_HOUSE = 100
HOUSES_A_STREET = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=100_000)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.core import clock
    from abonent.flows import moving_in

    today = clock.on_date(datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="abonent_bench_") as name, scratch.database("import", today):
        folder = Path(name) / "bundle"
        folder.mkdir()
        _make(folder, args.accounts)
        floor_seconds = _copy_alone(folder)
        idle_mb = _peak_mb()
        for what in ("first", "again"):
            began = time.perf_counter()
            report = moving_in.load(folder, errors=Path(name) / "errors.csv", on=clock.today(), actor="bench")
            seconds = time.perf_counter() - began
            assert report.written, report
            yield {
                "bench": "import",
                "what": what,
                "accounts": args.accounts,
                "rows": report.rows,
                "seconds": round(seconds, 1),
                "per_second": int(report.rows / seconds),
                "floor_seconds": round(floor_seconds, 1),
                "ratio": round(seconds / floor_seconds, 1),
                "idle_rss_mb": idle_mb,
                "peak_rss_mb": _peak_mb(),
            }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _copy_alone(folder: Path) -> float:
    """Seconds of the limit itself: the files as they lie, into tables of texts without an index."""
    from django.db import connection, transaction

    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for path in sorted(folder.glob("*.csv")):
            with path.open("rb") as file:
                columns = file.readline().decode().strip().split(",")
                cursor.execute(
                    f"create temporary table bench_{path.stem} ({', '.join(f'{one} text' for one in columns)})"
                )
                with cursor.copy(f"copy bench_{path.stem} from stdin (format csv)") as copy:
                    while chunk := file.read(2**16):
                        copy.write(chunk)
        transaction.set_rollback(True)
    return time.perf_counter() - began


def _make(folder: Path, count: int) -> None:
    rnd = random.Random(1)  # the same town in every run
    people = range(1, count + 1)
    _write(folder, "tariffs", "code,name,price", (("b-100", "Bench 100", "500"), ("b-300", "Bench 300", "700")))
    _write(folder, "addresses", "address_id,settlement,street,house,flat", (_address(n) for n in people))
    _write(folder, "customers", "customer_id,full_name,phone", ((n, _name(rnd), f"8916{n:07d}") for n in people))
    _write(
        folder,
        "contracts",
        "contract_id,customer_id,number,signed_on",
        ((n, n, f"B{n:08d}", "2023-04-05") for n in people),
    )
    _write(
        folder,
        "subscriptions",
        "subscription_id,contract_id,address_id,tariff,started_on,paid_until",
        ((n, n, n, "b-300" if n % 3 else "b-100", "2023-04-05", "2026-12-01") for n in people),
    )
    _write(folder, "balances", "contract_id,balance", ((n, f"{rnd.randint(-500, 3000)},{n % 100:02d}") for n in people))
    _write(
        folder,
        "payments",
        "payment_id,contract_id,paid_on,amount",
        (
            (f"{n}-{k}", n, f"2026-{k + 7:02d}-{n % 28 + 1:02d}", 500 + n % 700)
            for n in people
            for k in range(PAYMENTS_EACH)
        ),
    )
    _write(folder, "devices", "contract_id,mac", ((n, f"d807b6{n:06x}") for n in people))


def _address(number: int) -> tuple[object, ...]:
    house, flat = divmod(number, FLATS_A_HOUSE)
    street, house = divmod(house, HOUSES_A_STREET)
    return number, "g. Zarechensk", f"ul. Bench{street}aya", house + 1, flat + 1


def _name(rnd: random.Random) -> str:
    family, given = rnd.choice(("Orlova", "Sokolov", "Lebedev")), rnd.choice(("Maria", "Ivan", "Pavel"))
    return f"{family} {given} {rnd.randint(1, 99999)}"


def _write(folder: Path, name: str, header: str, rows: Any) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
