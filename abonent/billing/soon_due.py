"""Who has not enough for what is due in some days. Reads only; no lock: what it finds is told, nothing is charged."""

from datetime import date
from typing import Any

from abonent.billing import charging, policies, rules, run_plans
from abonent.core import db

SOON = "billing_soon"  # the temporary table of what was found
_ASKED = db.read_sql(__file__, "soon_asked")
_PRICES = f"select charging, price_kop, anchor_day, paid_until from ({_ASKED}) asked group by 1, 2, 3, 4"
_SHORT = db.read_sql(__file__, "soon_short").format(asked=_ASKED)
_STOPS = db.read_sql(__file__, "soon_stops").format(asked=_ASKED)


def find(on: date, last: date) -> bool:
    """Fill the temporary table `SOON` until the commit; give whether there is anybody.

    Its columns: account_id, contract_id, stops_on (the first date of `(on, last]` that the money does not cover),
    missing_kop (for that date), by_month (whether a month is due then; else only days).
    on: the date whose charges are done.
    """
    run_plans.look_at_everybody()
    bounds = {"on": on, "last": last}
    prices = [row for row in db.rows(_PRICES, bounds) if charging.is_sane(row)]
    if not prices:
        return False
    params: dict[str, Any] = {**bounds, **_amounts(prices, last)}
    db.run("drop table if exists pg_temp.billing_soon, pg_temp.billing_soon_short")
    if not db.run(_SHORT, params):
        return False
    return db.run(_STOPS, params) > 0


def _amounts(prices: list[dict[str, Any]], last: date) -> dict[str, list[Any]]:
    """What each distinct price asks for by `last`, in all and by date, from the one rule, as the arrays SQL joins."""
    proration_days = policies.in_force().proration_days
    keys = ("charging", "price_kop", "anchor_day", "paid_until")
    arrays: dict[str, list[Any]] = {key: [row[key] for row in prices] for key in keys}
    arrays |= {"total_kop": [], "due_on": [], "due_kop": [], **{f"due_{key}": [] for key in keys}}
    for row in prices:
        dues = rules.due_by(row["charging"], row["paid_until"], row["anchor_day"], last)
        amounts = [rules.amount_kop(row["charging"], row["price_kop"], due, proration_days) for due in dues]
        arrays["total_kop"].append(sum(amounts))
        for due, kop in zip(dues, amounts, strict=True):
            for key in keys:
                arrays[f"due_{key}"].append(row[key])
            arrays["due_on"].append(due.period.start)
            arrays["due_kop"].append(kop)
    return arrays
