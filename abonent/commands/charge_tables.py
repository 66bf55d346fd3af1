"""What `abonent charge` shows: a plan beside the run before it, and what runs did beside their plans."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.table import Table

from abonent.core import money
from abonent.flows.charge_run import Ran


def of_plan(on: date, plan: dict[str, Any]) -> Table:
    """plan: as a run keeps it (run_plans.Plan.as_json). A row for each kind of service and way of charging."""
    compared = plan["compared"]
    before = {(one["kind"], one["charging"]): one for one in compared["differences"]} if compared else {}
    table = Table(title=f"Plan of {on}: {plan['accounts']:,} accounts", show_footer=True)
    total_kop, total = sum(one["due_kop"] for one in plan["groups"]), sum(one["charges"] for one in plan["groups"])
    table.add_column("service", footer="all", overflow="fold")
    for column, footer in (
        ("due", f"{total:,}"),
        ("amount due", money.show(total_kop)),
        ("covered", money.show(plan["amount_kop"])),
        ("to suspend", f"{plan['suspensions']:,}"),
        ("due then", f"{compared['then_charges']:,}" if compared else ""),
        ("moved", _share(compared["moved_kop"], compared["then_kop"]) if compared else ""),
    ):
        table.add_column(column, footer, justify="right")
    groups = {(one["kind"], one["charging"]): one for one in plan["groups"]}
    for key in sorted({*groups, *before}):
        one, then = groups.get(key, {}), before.get(key)
        due = one.get("charges", 0)
        table.add_row(
            ", ".join(key),
            f"{due:,}",
            money.show(one.get("due_kop", 0)),
            money.show(one.get("covered_kop", 0)),
            f"{due - one.get('covered', 0):,}",
            f"{then['then_charges']:,}" if then else "",
            _signed(then["priced_kop"] - then["then_priced_kop"], then["then_priced_kop"]) if then else "",
        )
    table.caption = (
        f"compared with {', '.join(compared['dates'])}, by the prices of whole periods"
        if compared
        else "there is no run to compare it with"
    )
    return table


def of_runs(ran: Sequence[Ran], *, title: str) -> Table:
    """A row for each date; before it what was planned, where that is known and was otherwise."""
    table = Table(title=title)
    table.add_column("date")
    for column in ("", "accounts", "charges", "amount", "suspended", "parked", "seconds"):
        table.add_column(column, justify="right")
    for one in ran:
        if one.plan:
            plan = one.plan
            counts = f"{plan['accounts']:,}", f"{plan['charges']:,}", money.show(plan["amount_kop"])
            table.add_row(str(one.on), "plan", *counts, f"{plan['suspensions']:,}", "", "")
        table.add_row(
            "" if one.plan else str(one.on),
            "fact",
            f"{one.accounts:,}",
            f"{one.charges:,}",
            money.show(one.amount_kop),
            f"{one.suspensions:,}",
            f"{one.parked:,}",
            f"{one.seconds:.1f}",
        )
    return table


def _share(moved_kop: int, of_kop: int) -> str:
    """Of then, in whole per cent; something is never 0 %."""
    if not of_kop:
        return "new" if moved_kop else "0 %"
    percent = moved_kop * 100 // of_kop
    return f"{percent} %" if percent or not moved_kop else "<1 %"


def _signed(moved_kop: int, of_kop: int) -> str:
    shown = _share(abs(moved_kop), of_kop)
    return shown if not moved_kop or shown == "new" else f"{'+' if moved_kop > 0 else '−'}{shown}"
