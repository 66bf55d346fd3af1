"""What the database lets FreeRADIUS do."""

from abonent.core import db as database


def test_the_role_of_radius_may_execute_its_functions_and_nothing_else(db: None) -> None:
    may_read = database.rows(
        "select c.oid::regclass::text as name from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S') "
        "and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
        "and case when c.relkind = 'S' then has_sequence_privilege('abonent_radius', c.oid, 'usage, select, update') "
        "else has_table_privilege('abonent_radius', c.oid, 'select, insert, update, delete, truncate') end"
    )
    assert may_read == []
    may_run = database.rows(
        "select p.proname as name, p.prosecdef and p.proconfig is not null as is_fixed from pg_proc p "
        "where p.pronamespace = 'radius'::regnamespace and has_function_privilege('abonent_radius', p.oid, 'execute') "
        "order by 1"
    )
    assert may_run == [
        {"name": name, "is_fixed": True} for name in ("accounting", "answered", "authorize", "clients", "reply")
    ]
