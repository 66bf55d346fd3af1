"""Whether a PostgreSQL database is fit for us. Asks and changes nothing."""

from typing import Any

import psycopg

OLDEST_MAJOR = 15
# The letter that blind locales see least, in SQL.
CAPITAL_YO, SMALL_YO = "chr(1025)", "chr(1105)"
EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")


def problems(conn: psycopg.Connection[Any]) -> list[str]:
    """What makes the database of `conn` unfit, a line each that says what to do; empty when it is fit."""
    if conn.info.server_version < OLDEST_MAJOR * 10000:
        return [
            f"PostgreSQL {conn.info.server_version // 10000} is too old: "
            f"give DATABASE_URL of PostgreSQL {OLDEST_MAJOR} or newer"
        ]
    missing = _missing_extensions(conn)
    return [*_of_text(conn, missing), *missing.values(), *_of_rights(conn)]


def _of_text(conn: psycopg.Connection[Any], missing: dict[str, str]) -> list[str]:
    """Encoding, case and trigrams: search is blind to Cyrillic in a database whose locale is C."""
    name, encoding, locale = _row(
        conn,
        """select datname, pg_encoding_to_char(encoding), datctype
        from pg_database where datname = current_database()""",
    )
    cure = (
        "make another, `create database NAME template template0 encoding 'UTF8' locale 'C.UTF-8'`, "
        "and give its DATABASE_URL"
    )
    if encoding != "UTF8":
        return [f"database {name} keeps text in {encoding}, not UTF8: {cure}"]
    sees_case = _row(conn, f"select lower({CAPITAL_YO}) = {SMALL_YO}")[0]
    sees_trigrams = "pg_trgm" in missing or _sees_trigrams(conn)
    if sees_case and sees_trigrams:
        return []
    blind = " and ".join(
        [*(["lower() does not change"] * (not sees_case)), *(["pg_trgm does not see"] * (not sees_trigrams))]
    )
    return [f"database {name} has the locale {locale}, in which {blind} Cyrillic letters: {cure}"]


def _sees_trigrams(conn: psycopg.Connection[Any]) -> bool:
    """Creates pg_trgm when it is not there, and takes it back."""
    with conn.transaction(force_rollback=True):
        conn.execute("create extension if not exists pg_trgm")
        schema = _row(conn, "select extnamespace::regnamespace::text from pg_extension where extname = 'pg_trgm'")
        return bool(_row(conn, f"select {schema[0]}.show_trgm({SMALL_YO}) <> '{{}}'")[0])


def _missing_extensions(conn: psycopg.Connection[Any]) -> dict[str, str]:
    """By name, the extensions that are not in the database and cannot be created, with what to do."""
    found = {
        name: (is_here, may_create)
        for name, is_here, may_create in conn.execute(
            """select a.name, a.installed_version is not null,
                bool_or(r.rolsuper or v.trusted and has_database_privilege(current_database(), 'CREATE'))
            from pg_available_extensions a
            join pg_available_extension_versions v on v.name = a.name and v.version = a.default_version
            join pg_roles r on r.rolname = current_user
            where a.name = any(%s)
            group by a.name, a.installed_version""",
            [list(EXTENSIONS)],
        )
    }
    lines = {}
    for name in EXTENSIONS:
        is_here, may_create = found.get(name, (False, None))
        if may_create is None:
            lines[name] = f"the server has no extension {name}: install the package postgresql-contrib there"
        elif not is_here and not may_create:
            lines[name] = (
                f"role {conn.info.user} may not create extension {name}: "
                f"let a superuser run `create extension {name}` in database {conn.info.dbname}"
            )
    return lines


def _of_rights(conn: psycopg.Connection[Any]) -> list[str]:
    """The right to create, asked of whoever migrates: of the tables' owner once there are tables."""
    database, user = conn.info.dbname, conn.info.user
    in_database, in_schema, only_uses = _row(
        conn,
        """select has_database_privilege(current_database(), 'CREATE'),
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
            coalesce((select not pg_has_role(relowner, 'USAGE') from pg_class
                where oid = to_regclass('django_migrations')), false)""",
    )
    if only_uses:
        return []
    lines = []
    if not in_database:
        lines.append(
            f"role {user} may not create schemas in database {database}: "
            f"let its owner run `grant create on database {database} to {user}`"
        )
    if not in_schema:
        lines.append(
            f"role {user} may not create tables in database {database}: "
            f"let its owner run `grant create on schema public to {user}` there"
        )
    return lines


def _row(conn: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row = conn.execute(query).fetchone()
    assert row is not None
    return tuple(row)
