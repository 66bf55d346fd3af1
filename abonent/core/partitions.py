"""Make the partitions of the big tables ahead of time. The only module that makes them.

Which tables are partitioned, the database itself knows: every table partitioned by range of a date gets a
partition a month, and a parent that refuses TRUNCATE by a trigger hands that trigger to each partition (row
triggers PostgreSQL clones by itself, statement triggers it does not). A default partition catches what nobody
foresaw; `doctor` watches that it is empty.
"""

from datetime import date

from django.db import connection, transaction

from abonent.core import db, periods

MONTHS_AHEAD = 3
_LOCK = 0x41424F4E  # an advisory lock: two processes at start make each partition once

_PARENTS = """
    select c.oid::regclass::text as name,
           exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal
                   and (t.tgtype & 32) <> 0) as refuses_truncate
    from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
    where p.partstrat = 'r' and c.relnamespace = 'public'::regnamespace
    order by 1
"""


def ensure(first: date, last: date) -> list[str]:
    """Make every missing monthly partition that a date of `[first, last]` needs; give the names made.

    Safe at any moment and from several processes at once.
    """
    months = [periods.month(first.replace(day=1), n) for n in range(_months_between(first, last) + 1)]
    parents = db.rows(_PARENTS)
    existing = {row["name"] for row in db.rows("select relname as name from pg_class where relispartition")}
    wanted = [
        (parent, month, name)
        for parent in parents
        for month in months
        if (name := f"{parent['name']}_{month:%Y_%m}") not in existing
    ]
    if not wanted:
        return []
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        for parent, month, name in wanted:
            if _make(str(parent["name"]), month, name, refuses_truncate=bool(parent["refuses_truncate"])):
                made.append(name)
    return made


def ensure_ahead(today: date) -> list[str]:
    """The month of `today` and three ahead: at migrate, at serve, daily, and when the demo's clock moves."""
    return ensure(today, periods.month(today.replace(day=1), MONTHS_AHEAD))


def strays() -> dict[str, int]:
    """Rows in default partitions, by table: something wrote a date nobody made a partition for."""
    names = [row["name"] for row in db.rows(_PARENTS)]
    counts = {name: db.rows(f"select count(*) as n from {name}_default")[0]["n"] for name in names}
    return {name: n for name, n in counts.items() if n}


def _make(parent: str, month: date, name: str, *, refuses_truncate: bool) -> bool:
    if db.rows("select 1 from pg_class where relname = %s and relispartition", [name]):
        return False  # another process made it while we waited for the lock
    until = periods.month(month, 1)
    db.run(f"create table {name} partition of {parent} for values from ('{month}') to ('{until}')")
    if refuses_truncate:
        db.run(
            f"create trigger refuse_truncate before truncate on {name} "
            "for each statement execute function core.refuse_change()"
        )
    return True


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
