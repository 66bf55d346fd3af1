"""How fast a building is found among many, typed well and mistyped, against the bare look-up of a known one."""

import argparse
import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from abonent.commands.bench import scratch

HELP = "searches of a building: typed well, cut short, with three typos"
SEARCHES = 500
HOUSES_A_STREET = 42
_SYLLABLES = (
    "ka", "ro", "mi", "ne", "la", "so", "sta", "ver", "nik", "ov", "sko", "be", "rez", "tor", "pol", "gra", "dev",
    "zar", "ona", "luch", "mor", "bul", "tin", "zhar", "kos", "fe", "lu",
)  # fmt: skip
_TOWNS = ("Zarechensk", "Novyi Bereg", "Verkhnie Luga", "Staraya Pristan")
_LETTERS = "abdegiklmnoprstuvz"
_FLOOR = "select id from addresses_building where settlement = %s and street = %s and house = %s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=200_000, metavar="BUILDINGS")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.addresses import loading, search
    from abonent.core import clock, db

    rnd = random.Random(1)  # the same town in every run
    streets = _streets(rnd, max(1, args.accounts // HOUSES_A_STREET))
    with scratch.database("addresses", clock.on_date(datetime.now(UTC))):
        with db.atomic():
            loading.load(_buildings(streets))
        db.run("analyze")
        asked = [rnd.choice(streets) for _ in range(SEARCHES)]

        def bare(one: tuple[str, str]) -> None:
            db.rows(_FLOOR, [one[0], f"ul. {one[1]}", "12"])

        kinds: dict[str, Callable[[tuple[str, str]], str]] = {
            "typed well": lambda one: f"{one[1].lower()} 12",
            "with its town": lambda one: f"{one[0]} {one[1]} 12",
            "cut short": lambda one: f"{one[1][:5]} 12",
            "three typos": lambda one: f"{_mistyped(rnd, one[1].lower())} 12",
        }
        floor = _timed(bare, asked)
        for what, typed in kinds.items():
            spent = _timed(lambda one, typed=typed: search.find(typed(one)), asked)  # type: ignore[misc]
            yield {
                "bench": "addresses",
                "what": what,
                "accounts": args.accounts,
                "seconds": round(sum(spent), 3),
                "per_second": int(SEARCHES / sum(spent)),
                "p50_ms": round(spent[SEARCHES // 2] * 1000, 1),
                "p99_ms": round(spent[SEARCHES * 99 // 100] * 1000, 1),
                "floor_seconds": round(sum(floor), 3),
                "ratio": round(sum(spent) / sum(floor), 1),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }


def _timed(work: Callable[[tuple[str, str]], object], asked: list[tuple[str, str]]) -> list[float]:
    """Seconds of each, the shortest first."""
    spent = []
    for one in asked:
        began = time.perf_counter()
        work(one)
        spent.append(time.perf_counter() - began)
    return sorted(spent)


def _streets(rnd: random.Random, count: int) -> list[tuple[str, str]]:
    names: set[str] = set()
    while len(names) < count:
        names.add("".join(rnd.choices(_SYLLABLES, k=rnd.randint(3, 5))).capitalize() + "aya")
    return [(f"g. {_TOWNS[number % len(_TOWNS)]}", name) for number, name in enumerate(sorted(names))]


def _buildings(streets: list[tuple[str, str]]) -> Iterator[Any]:
    from abonent.core import profile_schema

    facts: dict[str, Any] = {"segment": "apartment", "connected": "yes", "technology": "gpon", "flats": 100}
    for settlement, name in streets:
        for house in range(1, HOUSES_A_STREET + 1):
            yield profile_schema.Building.model_construct(
                settlement=settlement,
                street=f"ul. {name}",
                house=str(house),
                korpus="2" if house % 7 == 0 else "",
                stroenie="",
                liter="",
                entrances=None,
                floors=9,
                **facts,
            )


def _mistyped(rnd: random.Random, word: str) -> str:
    letters = list(word)
    for place in rnd.sample(range(len(letters)), 3):
        letters[place] = rnd.choice(_LETTERS)
    return "".join(letters)
