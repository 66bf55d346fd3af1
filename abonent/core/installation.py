"""Mirror what SQL must know of the profile into the installation's one row."""

from django.conf import settings

from abonent.core import db


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
            f"set time_zone = \"{stored}\" in the profile, or use another database"
        )
