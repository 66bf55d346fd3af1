"""FreeRADIUS's configuration for this site: written from deploy/freeradius and the access servers of the database."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import conninfo, sql

import abonent
from abonent.core import db

ROLE = "abonent_radius"
TEMPLATES = Path(abonent.__file__).resolve().parents[1] / "deploy" / "freeradius"
NAMES = ("freeradius", "radiusd")
LIBRARIES = ("/usr/lib/freeradius", "/usr/lib64/freeradius", "/usr/local/lib")
STATEMENT_MS = 2000  # an access server waits no longer either


class UnableToConfigure(Exception):
    """What is missing, and how to mend it."""


class Site(NamedTuple):
    """Where this server listens. Ports as RFC 2865 has them, unless several stand on one machine."""

    folder: Path
    address: str = "*"
    auth_port: int = 1812
    acct_port: int = 1813
    reject_delay_seconds: int = 1


def program() -> Path | None:
    """FreeRADIUS's own program; None where it is not installed."""
    for name in NAMES:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found:
            return Path(found)
    return None


def configure(site: Site, *, password: str | None = None) -> None:
    """Write everything FreeRADIUS needs into the site's folder; the role of the database may sign in from now on.

    password: of the database's role; None keeps the one that was given before (a socket that trusts needs none).
    Raises UnableToConfigure.
    """
    let_in(password)
    for name in ("log", "run", "spool"):
        site.folder.joinpath(name).mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = site.folder / "pgpass"
    if password:
        _write(passwords, "*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
    values = {
        "folder": str(site.folder),
        "libdir": next((one for one in LIBRARIES if Path(one, "rlm_sql.so").exists()), LIBRARIES[0]),
        "database": database(passwords if passwords.exists() else None),
        "address": site.address,
        "auth_port": str(site.auth_port),
        "acct_port": str(site.acct_port),
        "reject_delay": str(site.reject_delay_seconds),
    }
    text = (TEMPLATES / "radiusd.conf").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    _write(site.folder / "radiusd.conf", text)
    _write(site.folder / "access_reject", (TEMPLATES / "access_reject").read_text(encoding="utf-8"))
    _write(site.folder / "dictionary", "# FreeRADIUS's own are enough.\n")
    _write(site.folder / "clients.conf", clients())


def clients() -> str:
    """clients.conf: FreeRADIUS's own way to read them from SQL cannot require Message-Authenticator (BlastRADIUS).

    Raises UnableToConfigure.
    """
    blocks = [
        f"client nas-{one['id']} {{\n"
        f"\tipaddr = {one['address']}\n"
        f"\tsecret = {_quoted(one['secret'])}\n"
        f"\trequire_message_authenticator = {'yes' if one['authenticator'] else 'no'}\n"
        f"\tlimit {{\n\t\tmax_connections = 0\n\t}}\n"
        "}\n"
        for one in db.rows("select * from radius.clients()")
    ]
    return "# Written by `abonent radius configure` from the look-up table of access servers.\n" + "".join(blocks)


def let_in(password: str | None) -> None:
    """The role of the database may sign in.   Raises UnableToConfigure."""
    found = db.rows("select rolcanlogin from pg_roles where rolname = %s", [ROLE])
    if not found:
        raise UnableToConfigure(f"the database has no role {ROLE}: run `abonent migrate` as a role with CREATEROLE")
    if found[0]["rolcanlogin"] and password is None:
        return
    text = sql.SQL("alter role {} login").format(sql.Identifier(ROLE))
    if password is not None:
        text = sql.SQL("alter role {} login password {}").format(sql.Identifier(ROLE), sql.Literal(password))
    connection.ensure_connection()
    assert connection.connection is not None
    try:
        connection.connection.execute(text)
    except psycopg.errors.InsufficientPrivilege:
        raise UnableToConfigure(
            f"our role of the database may not let {ROLE} sign in: as its owner run "
            f"`alter role {ROLE} login password '…'`, and give the password with --password"
        ) from None
    except psycopg.errors.InternalError_:  # another process did it this very moment
        return


def database(passwords: Path | None = None) -> str:
    """Where FreeRADIUS finds the database, in libpq's words.

    passwords: libpq's own file of them: FreeRADIUS writes these words into its log.
    """
    known = settings.DATABASES["default"]
    words: dict[str, str] = {
        "host": str(known["HOST"]),
        "port": str(known["PORT"] or 5432),
        "dbname": str(connection.settings_dict["NAME"]),
        "user": ROLE,
        "connect_timeout": "3",
        # Answers and interim updates do not wait for the disk; what must, says so itself (radius.accounting).
        "options": f"-c statement_timeout={STATEMENT_MS} -c synchronous_commit=off",
    }
    if passwords:
        words["passfile"] = str(passwords)
    return conninfo.make_conninfo(**words).replace("\\", "\\\\").replace('"', '\\"')


def problems(folder: Path) -> list[str]:
    """What FreeRADIUS itself says of a written configuration; empty when it would start."""
    found = program()
    if found is None:
        return ["FreeRADIUS is not installed: apt install freeradius freeradius-postgresql freeradius-utils"]
    answer = subprocess.run(
        [found, "-C", "-X", "-d", str(folder)], capture_output=True, text=True, timeout=30, check=False
    )
    if answer.returncode == 0:
        return []
    lines = [line for line in answer.stdout.splitlines() if "rror" in line] or answer.stdout.splitlines()[-3:]
    return [f"{folder}: {line.strip()}" for line in lines[-5:]]


def _write(path: Path, text: str) -> None:
    """Secrets stand in it: ours alone to read, and whole at any moment."""
    making = path.with_name(f".{path.name}.making")
    with open(making, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    making.replace(path)


def _quoted(secret: str) -> str:
    """In FreeRADIUS's single quotes: in double ones `${x}` keeps it from starting, and no backslash comes through.

    Raises UnableToConfigure.
    """
    if "\\'" in secret or secret.endswith("\\"):
        raise UnableToConfigure(
            "FreeRADIUS cannot be told a secret with a backslash at its end or before an apostrophe: "
            "give that access server another one"
        )
    return "'" + secret.replace("'", "\\'") + "'"
