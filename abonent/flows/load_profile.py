"""The operator's profile becomes rows: what SQL must know of it, its tariffs, its buildings."""

from datetime import date
from typing import NamedTuple

from django.conf import settings

from abonent.addresses import loading
from abonent.catalog import sync
from abonent.core import clock, db, installation
from abonent.flows import receipting


class Loaded(NamedTuple):
    catalog: sync.Synced
    buildings: int


def mirror() -> None:
    """What SQL must know of the profile, before anything asks for the operator's date.

    Raises installation.UnableToChangeZone.
    """
    installation.mirror_profile()


def load(on: date) -> Loaded:
    """The whole profile, in one transaction; twice, or two at once, is as good as once.

    on: the operator's date from which changed prices hold.
    Raises installation.UnableToChangeZone or catalog.sync.UnableToSync; nothing is written then.
    """
    with db.atomic():
        mirror()
        receipting.keep_duty(clock.now())
        return Loaded(sync.sync(settings.PROFILE.catalog, on), loading.load(settings.PROFILE.buildings).all)
