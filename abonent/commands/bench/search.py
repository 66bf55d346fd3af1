"""The staff's search among so many subscribers, by whatever a caller may say, against the look-up of a known number."""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from abonent.commands.bench import load, scratch

HELP = "the staff's search by a number, a name, a phone, an address, a MAC, a payment"
SEARCHES = 200
AIM_MS = 100
SURNAMES = 50_000  # words beside the crowd's own, as a country has them: a mistyped one is compared with each
_FLOOR = "select id from subscribers_contract where number = %s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=1_000_000, metavar="SUBSCRIBERS")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.core import clock, db
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))
    with scratch.database("search", today):
        crowd.make(args.accounts, seed=1, on=today, charged=False)
        rnd = random.Random(1)  # the same callers in every run
        others = [["".join(rnd.choices("abvgdezhiklmnoprst", k=rnd.randint(5, 10)))] for _ in range(SURNAMES)]
        with db.atomic():
            for one in range(0, SURNAMES, 1000):
                words = [word for (word,) in others[one : one + 1000]]
                db.run(
                    "insert into subscribers_nameword (word) select unnest(%s::text[]) on conflict do nothing", [words]
                )
        crowd.settle_statistics()
        yield from _rows(args, rnd)
        yield _card(args)


def _rows(args: argparse.Namespace, rnd: random.Random) -> Iterator[dict[str, Any]]:
    from abonent.core import db
    from abonent.flows import search

    people = db.rows(
        "select k.number, c.full_name, p.value as phone, d.mac::text as mac, pay.external_id, b.street, b.house,"
        " pr.flat"
        " from subscribers_contract k join subscribers_customer c on c.id = k.customer_id"
        " join subscribers_contact p on p.customer_id = c.id join subscribers_line l on l.contract_id = k.id"
        " join network_device d on d.line_id = l.id join addresses_premises pr on pr.id = l.premises_id"
        " join addresses_building b on b.id = pr.building_id join ledger_account a on a.contract_id = k.id"
        " join payments_payment pay on pay.account_id = a.id"
        " where k.id in (select (random() * %s)::int from generate_series(1, %s)) limit %s",
        [args.accounts, SEARCHES * 3, SEARCHES],
    )

    def typed(one: dict[str, Any]) -> dict[str, str]:
        surname, given, father = one["full_name"].split()
        return {
            "contract": one["number"],
            "number begun": one["number"][:6],
            "full name": f"{surname} {given} {father}",
            "family and given name": f"{given} {surname}",
            "a common name alone": given,
            "name with typos": f"{_mistyped(rnd, surname)} {_mistyped(rnd, given)}",
            "nobody's name": f"{_mistyped(rnd, surname[::-1])} {given}",
            "phone": f"8 ({one['phone'][2:5]}) {one['phone'][5:8]}-{one['phone'][8:10]}-{one['phone'][10:]}",
            "address with its flat": f"{one['street']} {one['house']} {_flat(one)}",
            "address with a typo": f"{_mistyped(rnd, one['street'].split()[0])} {one['house']}",
            "MAC": one["mac"].replace(":", "").upper(),
            "payment": one["external_id"],
        }

    asked = [typed(one) for one in people]
    floor = _timed(lambda one: db.rows(_FLOOR, [one]), [one["contract"] for one in asked])
    for what in asked[0]:
        texts = [one[what] for one in asked]

        def find(text: str) -> object:
            return search.find(text, sees_network=True, sees_money=True)

        if what not in ("nobody's name", "name with typos", "address with a typo") and not find(texts[0]):
            raise load.UnableToLoad(f"{what}: «{texts[0]}» finds nobody")
        spent = _timed(find, texts)
        yield _row(args, what, spent, floor)


def _row(args: argparse.Namespace, what: str, spent: list[float], floor: list[float]) -> dict[str, Any]:
    """spent, floor: seconds of each, the shortest first."""
    return {
        "bench": "search",
        "what": what,
        "accounts": args.accounts,
        "seconds": round(sum(spent), 3),
        "per_second": int(len(spent) / sum(spent)),
        "p50_ms": round(spent[len(spent) // 2] * 1000, 1),
        "p99_ms": round(spent[len(spent) * 99 // 100] * 1000, 1),
        "aim_ms": AIM_MS,
        "floor_seconds": round(sum(floor), 3),
        "ratio": round(sum(spent) / sum(floor), 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _card(args: argparse.Namespace) -> dict[str, Any]:
    """The whole page of a subscriber, as an operator opens it: every part of it, and the note that he looked."""
    from django.conf import settings
    from django.test import Client

    from abonent.core import db
    from abonent.demo import crowd
    from abonent.identity import users
    from abonent.identity.models import User
    from abonent.ui import stylesheet

    stylesheet.collect(settings.HOME)  # a page names its styles
    with db.atomic():
        users.create_staff("bench", role="support", password="of nobody: signed in below")
    (cookie,) = crowd.sign_in(User.objects.filter(username="bench"))
    browser = Client(headers={"host": "localhost", "cookie": cookie})
    numbers = [
        row["number"]
        for row in db.rows(
            "select number from subscribers_contract where id in (select (random() * %s)::int from"
            " generate_series(1, %s)) limit %s",
            [args.accounts, SEARCHES * 3, SEARCHES],
        )
    ]

    def look(number: str) -> None:
        answer = browser.get(f"/staff/contracts/{number}/")
        if answer.status_code != 200:
            raise load.UnableToLoad(f"the card of {number} answers {answer.status_code}")

    spent, floor = _timed(look, numbers), _timed(lambda one: db.rows(_FLOOR, [one]), numbers)
    return _row(args, "the card of one found", spent, floor)


def _timed(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Seconds of each, the shortest first; a fifth of them before, to warm."""
    for text in texts[: len(texts) // 5]:
        work(text)
    spent = []
    for text in texts:
        began = time.perf_counter()
        work(text)
        spent.append(time.perf_counter() - began)
    return sorted(spent)


def _flat(one: dict[str, Any]) -> str:
    return f"- {one['flat']}"


def _mistyped(rnd: random.Random, word: str) -> str:
    """One letter another, as fingers slip; a short word stays."""
    if len(word) < 5:
        return word
    place = rnd.randrange(1, len(word) - 1)
    return word[:place] + word[place - 1] + word[place + 1 :]
