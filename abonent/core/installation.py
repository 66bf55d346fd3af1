"""What this installation is: fit settings, a fit database, and what SQL must know of the profile."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.db import OperationalError, connection

from abonent.core import db, postgres_check


class UnableToChangeZone(Exception):
    """The operator's dates are counted in one zone for ever: half a history in another would charge a day twice."""


def mirror_profile() -> None:
    """Write the profile's time zone at first start; refuse a later change (lessons 4 and 7).

    Raises UnableToChangeZone.
    """
    wanted = settings.PROFILE.time_zone
    db.run(
        "insert into core_installation (id, time_zone, clock_offset_seconds) values (1, %s, 0) on conflict do nothing",
        [wanted],
    )
    stored = db.rows("select time_zone from core_installation")[0]["time_zone"]
    if stored != wanted:
        raise UnableToChangeZone(
            f"this database counts its dates in {stored}, the profile says {wanted}: "
            f'set time_zone = "{stored}" in the profile, or use another database'
        )


def problems_of_settings() -> list[str]:
    """What forbids a start, a line each: the sandbox may never stand where strangers reach it."""
    if not settings.SANDBOX:
        return []
    doors = {
        "ABONENT_PUBLIC_URL": urlsplit(settings.PUBLIC_URL).hostname,
        "ABONENT_SANDBOX_URL": urlsplit(settings.SANDBOX_URL).hostname,
        "ABONENT_YOOKASSA_API_URL": urlsplit(settings.YOOKASSA_API_URL).hostname,
        "ABONENT_ATOL_API_URL": urlsplit(settings.ATOL_API_URL).hostname,
        "ABONENT_SMSC_URL": urlsplit(settings.SMSC_URL).hostname,
        "ABONENT_SMTP_HOST": settings.EMAIL_HOST,
    }
    return [
        f"{name} is {host}: with ABONENT_SANDBOX on, everything must stand on the loopback (localhost); "
        "turn ABONENT_SANDBOX off, or use a loopback address"
        for name, host in doors.items()
        if not is_loopback(host or "")
    ]


def problems_of_database() -> list[str]:
    """What forbids to use this PostgreSQL, a line each; empty when it is fit."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        return [f"no database answers: {reason}; check DATABASE_URL, or unset it to use the embedded one"]
    return postgres_check.problems(connection.connection)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
