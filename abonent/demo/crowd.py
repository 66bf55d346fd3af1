"""Subscribers by the hundred thousand, for benches and for a demo of any size. Money is moved by the real verbs."""

import secrets
import time
import tomllib
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from abonent.addresses import loading
from abonent.billing import runs
from abonent.core import clock, db, partitions, periods, profile_schema
from abonent.flows import charge_run
from abonent.identity import signed_in
from abonent.identity.models import User
from abonent.ledger import transfers

FLATS = 96  # of a building of the crowd's
_HOUSES_A_STREET = 60
_CROWD = db.read_sql(__file__, "crowd")
_NETWORK = db.read_sql(__file__, "crowd_network")


class UnableToMake(Exception):
    """The crowd cannot be made; the message says why."""


def make(count: int, *, seed: int, on: date, charged: bool = True) -> None:
    """Make `count` subscribers who signed in the last month and are charged for this one, through `on`.

    seed: another seed makes other people; the same seed twice is refused by their numbers.
    charged: False for those who are only to be looked at: nothing is taken from them.
    """
    if not 0 < count < 10_000_000:
        raise UnableToMake("from 1 to 9,999,999 subscribers")
    this_month = periods.calendar_month(on).start
    signed_on = periods.month(this_month, -1)
    partitions.ensure(signed_on, on)
    partitions.ensure_ahead(on)
    dates = {"signed_on": signed_on, "paid_until": _first_unpaid(this_month)}
    with db.atomic():
        places = _places(count)
        db.run(_CROWD, {"count": count, "seed": seed, **dates, **_names(), **places})
        transfers.post_keyed_batch("crowd_money")
        db.run(_NETWORK, {"seed": seed, "signed_on": signed_on})
    if charged:
        charge_run.start_from(this_month)
        runs.forget_measures()  # so many at once are like no run before
        charge_run.catch_up(on)


def _words() -> dict[str, list[str]]:
    words = tomllib.loads(Path(__file__).with_name("crowd.toml").read_text(encoding="utf-8"))
    street = words.pop("street")
    words["streets"] = "\n".join(street.format(one) for one in words["streets"].split())
    return {name: listed.splitlines() if name == "streets" else listed.split() for name, listed in words.items()}


def _names() -> dict[str, list[str]]:
    words = _words()
    men, _ = words.pop("surnames"), words.pop("streets")
    return {**words, "surnames": men, "women_surnames": [f"{one}\N{CYRILLIC SMALL LETTER A}" for one in men]}


def _places(count: int) -> dict[str, object]:
    """Buildings for so many, in the operator's town, on streets of the crowd's own."""
    settlement = db.rows("select settlement from addresses_building where segment = 'apartment' order by id limit 1")
    streets = _words()["streets"]
    houses = -(-count // FLATS)
    a_street = max(_HOUSES_A_STREET, -(-houses // len(streets)))
    town = str(settlement[0]["settlement"])
    loading.load(
        profile_schema.Building.model_construct(
            settlement=town, street=streets[number // a_street], house=str(1 + number % a_street), korpus="",
            stroenie="", liter="", segment="apartment", connected="yes", technology="gpon", entrances=4, floors=8,
            flats=FLATS,
        )
        for number in range(houses)
    )  # fmt: skip
    return {"settlement": town, "streets": streets, "flats": FLATS}


def _first_unpaid(this_month: date) -> date:
    """This month's first, or the first date that no run has charged: paid days lie ahead of runs."""
    through = runs.charged_through()
    return this_month if through is None else max(this_month, through + periods.ONE_DAY)


def settle_statistics() -> None:
    """What autovacuum would have done by the morning."""
    db.run("vacuum analyze")


def sign_in_everybody() -> list[str]:
    """A session for each user of the crowd; their cookies, for a load. Sessions live on real time."""
    return sign_in(User.objects.filter(username__startswith="C").order_by("id"))


def sign_in(users: QuerySet[User]) -> list[str]:
    """A session for each; their cookies, in the same order."""
    with clock.frozen(clock.now()):
        store = SessionStore()
        cookies, rows = [], []
        for user in users.iterator():
            key = secrets.token_hex(16)
            data = {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: user.get_session_auth_hash(),
                signed_in.SEEN_KEY: int(time.time()),
            }
            rows.append(Session(session_key=key, session_data=store.encode(data), expire_date=store.get_expiry_date()))
            cookies.append(f"{settings.SESSION_COOKIE_NAME}={key}")
        Session.objects.bulk_create(rows, batch_size=5000)
    return cookies
