"""Month's end of legal entities: invoices, acts and VAT invoices made and printed, against bare inserts and Typst."""

import argparse
import json
import resource
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from abonent.commands.bench import scratch

HELP = "month's end of legal entities: documents made, and printed, against bare inserts and Typst alone"
ON = date(2026, 12, 1)
_COMPANIES = """
    with companies as (
        update subscribers_customer
        set kind = 'legal', full_name = 'OOO Bench ' || id, inn = '5042001238', kpp = '504201001',
            registered_address = '141300, Bench'
        returning id
    )
    insert into billing_terms (account_id, credit_limit_kop, first_top_up_kop)
    select a.id, 5000000, 0
    from companies
    join subscribers_contract c on c.customer_id = companies.id
    join ledger_account a on a.contract_id = c.id
    on conflict (account_id) do update set credit_limit_kop = excluded.credit_limit_kop
"""
_BARE = "insert into bench_document select * from billing_document where contract_id = %s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=2_000, help="how many invoices are printed (2,000)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.billing.documents import invoices
    from abonent.core import clock, db, periods
    from abonent.demo import crowd

    with scratch.database("documents", ON), clock.frozen(clock.at_noon(ON)):
        crowd.make(args.accounts, seed=1, on=ON - periods.ONE_DAY)
        db.run(_COMPANIES)
        crowd.settle_statistics()
        idle_mb = _peak_mb()
        began = time.perf_counter()
        made = invoices.make_due(ON)
        seconds = time.perf_counter() - began
        contracts = list({one.contract_id for one in made})
        floor_seconds = _bare_inserts(contracts)
        yield _row("made", args.accounts, len(contracts), len(made), seconds, floor_seconds, idle_mb)
        printed = [one for one in made if one.kind == "invoice"][: args.pages]
        seconds, floor_seconds = _print(printed)
        yield _row("printed", args.accounts, len(printed), len(printed), seconds, floor_seconds, idle_mb)


def _row(
    what: str, accounts: int, invoices: int, documents: int, seconds: float, floor_seconds: float, idle_mb: int
) -> dict[str, Any]:
    return {
        "bench": "documents",
        "what": what,
        "accounts": accounts,
        "documents": documents,
        "seconds": round(seconds, 1),
        "per_second": int(invoices / seconds),  # invoices
        "floor_seconds": round(floor_seconds, 1),
        "ratio": round(seconds / floor_seconds, 2),
        "idle_rss_mb": idle_mb,
        "peak_rss_mb": _peak_mb(),
    }


def _bare_inserts(contracts: list[int]) -> float:
    """The same rows as they are, a transaction a contract, for numbers without gaps ask for no less."""
    from abonent.core import db

    db.run(
        "create table bench_document (like billing_document including defaults including constraints including indexes)"
    )
    began = time.perf_counter()
    for contract_id in contracts:
        db.run(_BARE, [contract_id])
    return time.perf_counter() - began


def _print(made: list[Any]) -> tuple[float, float]:
    """Seconds of the pages as they are printed, and of Typst alone on the same texts."""
    import typst

    from abonent.billing.documents import printing

    fonts = typst.Fonts(include_system_fonts=False)
    texts = [json.dumps(printing.printed(one, "ru"), ensure_ascii=False) for one in made]
    template = printing.TEMPLATES.joinpath("invoice.typ")
    printing.pdf(made[0], "ru")  # fonts are read once
    began = time.perf_counter()
    for one in made:
        printing.pdf(one, "ru")
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    for said in texts:
        typst.compile(str(template), root=str(template.parent), sys_inputs={"data": said}, font_paths=fonts)
    return seconds, time.perf_counter() - began


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
