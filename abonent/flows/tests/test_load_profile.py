"""The profile becomes rows, however often it is loaded."""

import threading
from datetime import date

import pytest
from django.conf import settings
from django.db import connection

from abonent.addresses.models import Building
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import db, installation
from abonent.flows import load_profile

ON = date(2026, 11, 10)


def test_the_whole_profile_is_loaded_and_a_second_time_changes_nothing(db: None) -> None:
    first = load_profile.load(ON)
    assert (first.catalog.added, first.buildings) == (len(settings.PROFILE.catalog), len(settings.PROFILE.buildings))
    again = load_profile.load(ON)
    assert (again.catalog.added, again.catalog.new_versions, again.catalog.withdrawn) == (0, 0, 0)
    assert OfferVersion.objects.count() == len(settings.PROFILE.catalog)


def test_sql_knows_the_operators_zone(db: None) -> None:
    load_profile.mirror()
    assert zone() == settings.PROFILE.time_zone


def test_another_zone_is_refused_and_nothing_is_loaded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    load_profile.mirror()
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"time_zone": "Asia/Omsk"}))
    with pytest.raises(installation.UnableToChangeZone, match=r"Europe/Moscow.*Asia/Omsk"):
        load_profile.load(ON)
    assert not Offer.objects.exists()


@pytest.mark.committing
def test_two_starts_at_once_load_it_once(own_database: str) -> None:
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def start() -> None:
        try:
            together.wait(10)
            load_profile.load(ON)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Offer.objects.count() == OfferVersion.objects.count() == len(settings.PROFILE.catalog)
    assert Building.objects.count() == len(settings.PROFILE.buildings)


def zone() -> str:
    return str(db.rows("select time_zone from core_installation")[0]["time_zone"])
