"""Browsers that have signed a user in before."""

from datetime import UTC, datetime, timedelta

import pytest

from abonent.identity import devices
from abonent.identity.models import KnownDevice, User

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create(username="100001")


def test_a_browser_is_known_to_the_user_who_signed_in_with_it(anna: User) -> None:
    boris = User.objects.create(username="100002")
    token = devices.remember(anna.pk, "", NOW)
    assert devices.is_known(anna.pk, token, NOW)
    assert not devices.is_known(boris.pk, token, NOW)
    assert not devices.is_known(anna.pk, "", NOW)
    assert not devices.is_known(0, token, NOW)


def test_the_token_itself_is_not_stored(anna: User) -> None:
    token = devices.remember(anna.pk, "", NOW)
    stored = bytes(KnownDevice.objects.get().token_hash)
    assert len(stored) == 32
    assert token.encode() not in stored


def test_one_browser_of_two_people_keeps_its_token(anna: User) -> None:
    boris = User.objects.create(username="100002")
    token = devices.remember(anna.pk, "", NOW)
    assert devices.remember(boris.pk, token, NOW) == token
    assert devices.remember(anna.pk, token, NOW + timedelta(days=1)) == token
    assert KnownDevice.objects.count() == 2


@pytest.mark.parametrize("planted", ["a" * 43, "", "\udcff", "x" * 4000])
def test_a_token_we_never_gave_is_not_taken_over(anna: User, planted: str) -> None:
    token = devices.remember(anna.pk, planted, NOW)
    assert token != planted
    assert not devices.is_known(anna.pk, planted, NOW)


def test_a_browser_is_forgotten_after_400_days(anna: User) -> None:
    token = devices.remember(anna.pk, "", NOW)
    assert devices.is_known(anna.pk, token, NOW + timedelta(days=399))
    assert not devices.is_known(anna.pk, token, NOW + timedelta(days=400))
    assert devices.forget_old(NOW + timedelta(days=399)) == 0
    assert devices.forget_old(NOW + timedelta(days=400)) == 1
