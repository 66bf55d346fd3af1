"""Debts: who owes since when, whose turn it is for what, what was done. The only module that writes Debt, DebtStep.

An episode begins where the ledger goes below what the account may owe, and ends where it does not any more. Who pays is
gone from every list at once; the rows follow at the next look.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from abonent.billing.models import Debt, DebtStep
from abonent.billing.models_debts import DebtStage
from abonent.core import db

AGES: tuple[tuple[str, int, int], ...] = (
    ("0", 0, 29), ("30", 30, 59), ("60", 60, 89), ("90", 90, 179), ("180", 180, 100_000),
)  # fmt: skip
PLACES = (*DebtStage.values, "waiting", "held", "ended")
HELD_MOST_DAYS = 92

_OWING = db.read_sql(__file__, "debts_owing")
_LOOK = db.read_sql(__file__, "debts_look").replace("{owing}", _OWING)
_BEGIN = db.read_sql(__file__, "debts_begin").replace("{owing}", _OWING)
_DEBTS = db.read_sql(__file__, "debts")
_COLUMNS = """debt_id, account_id, contract_id, began_on, owed_kop, age_days, place, turn, due_on, held_until,
    notice_on, suspension_on, is_suspended, letter_on, ends_on"""
_PAGE = _DEBTS.replace(
    "{then}",
    f"select {_COLUMNS} from meant where (began_on, debt_id) > (%(after_on)s::date, %(after_id)s::bigint) "
    "order by began_on, debt_id limit %(most)s",
)
_ALL = _DEBTS.replace("{then}", f"select {_COLUMNS} from meant order by began_on, debt_id limit %(most)s")
_TOTALS = _DEBTS.replace(
    "{then}",
    "select place, width_bucket(age_days, %(bounds)s::int[]) as bucket, count(*) as debtors, "
    "sum(owed_kop)::bigint as owed_kop from meant group by 1, 2 order by 1, 2",
)


class UnableToStep(Exception):
    """The stage has been done to this debt already."""


class UnableToHold(Exception):
    """There is no such debt any more, or the day is not possible: from today on, HELD_MOST_DAYS ahead at most."""


class Choice(NamedTuple):
    """Which debtors; the defaults are all of them."""

    place: str = ""  # of PLACES
    age: str = ""  # the first of AGES
    least_kop: int = 0
    most_kop: int = 0  # 0: any
    building_id: int = 0
    tariff: str = ""  # an offer's code
    accounts: list[int] | None = None  # only these


class Debtor(NamedTuple):
    """Who owes now."""

    debt_id: int
    account_id: int
    contract_id: int
    began_on: date
    owed_kop: int
    age_days: int
    place: str  # the stage whose turn has come; "waiting", "held", "ended"
    turn: str  # the next stage, be it not yet; "ended"
    due_on: date | None  # when its days are over
    held_until: date | None
    notice_on: date | None
    suspension_on: date | None  # as a step; a charge run may have suspended him besides
    is_suspended: bool
    letter_on: date | None
    ends_on: date | None


class Total(NamedTuple):
    place: str
    age: str  # of AGES
    debtors: int
    owed_kop: int


def look(on: date) -> int:
    """Bring the episodes to what the ledger says now; give how many have begun. Safe to repeat."""
    with db.atomic():
        db.rows(_LOOK, {"on": on})
        return db.run(_BEGIN, {"on": on})


def page(choice: Choice, *, on: date, after: tuple[date, int], most: int) -> list[Debtor]:
    """The oldest debts first.   after: (began_on, debt_id) of the last one before. One statement."""
    params = _params(choice, on) | {"after_on": after[0], "after_id": after[1], "most": most}
    return [Debtor(**row) for row in db.rows(_PAGE, params)]


def found(choice: Choice, *, on: date, most: int) -> list[Debtor]:
    """All of them, the oldest debts first, `most` at most. One statement."""
    return [Debtor(**row) for row in db.rows(_ALL, _params(choice, on) | {"most": most})]


def of(account_id: int, *, on: date) -> Debtor | None:
    """None: owes nothing, or the next look has yet to find it."""
    one = found(Choice(accounts=[account_id]), on=on, most=1)
    return one[0] if one else None


def totals(choice: Choice, *, on: date) -> list[Total]:
    """By place and age. One statement."""
    rows = db.rows(_TOTALS, _params(choice, on) | {"bounds": [first for _, first, _ in AGES]})
    return [Total(row["place"], AGES[row["bucket"] - 1][0], row["debtors"], row["owed_kop"]) for row in rows]


def take_step(
    debtor: Debtor, stage: DebtStage, *, on: date, by: str, batch_id: int | None, data: dict[str, Any] | None = None
) -> DebtStep:
    """Write that a stage is done to this debt; what it does is the caller's, in the same transaction.

    Raises UnableToStep.
    """
    db.require_transaction()
    try:
        with transaction.atomic():
            return DebtStep.objects.create(
                debt_id=debtor.debt_id, stage=stage, on=on, by=by, owed_kop=debtor.owed_kop, batch_id=batch_id,
                data=data or {},
            )  # fmt: skip
    except IntegrityError as error:
        raise UnableToStep from error


def steps(account_id: int) -> list[DebtStep]:
    """Of every episode, the newest first; each with its `debt`."""
    return list(DebtStep.objects.filter(debt__account_id=account_id).select_related("debt").order_by("-id"))


def open_debt(account_id: int) -> Debt | None:
    return Debt.objects.filter(account_id=account_id, ended_on__isnull=True).first()


def letters(batch_id: int) -> list[DebtStep]:
    """What a batch has written, in its order."""
    return list(DebtStep.objects.filter(batch_id=batch_id, stage=DebtStage.LETTER).order_by("id"))


def hold(account_id: int, *, until: date | None, why: str, by: str, on: date) -> Debt:
    """He has promised to pay by a day, and is left in peace through it; None: not any more.   Raises UnableToHold."""
    db.require_transaction()
    found = Debt.objects.select_for_update(no_key=True).filter(account_id=account_id, ended_on__isnull=True).first()
    if found is None or (until is not None and not on <= until <= on + timedelta(days=HELD_MOST_DAYS)):
        raise UnableToHold
    found.held_until, found.held_why, found.held_by = until, why if until else "", by if until else ""
    found.save(update_fields=["held_until", "held_why", "held_by"])
    return found


def days_of(stage: str) -> int:
    """Of a debt's age, when it is this stage's turn."""
    return int(getattr(settings.PROFILE.debts, stage).days)


def _params(choice: Choice, on: date) -> dict[str, Any]:
    policy = settings.PROFILE.debts
    first, last = next(((first, last) for name, first, last in AGES if name == choice.age), (0, 100_000))
    accounts: Sequence[int] | None = choice.accounts
    params = choice._asdict() | {"on": on, "age_from": first, "age_to": last, "accounts": accounts}
    for stage in DebtStage.values:
        one = getattr(policy, stage)
        params |= {f"{stage}_days": one.days, f"{stage}_kop": one.least_kop}
    return params
