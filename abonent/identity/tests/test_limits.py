"""How many wrong tries are borne, and by whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abonent.identity import devices, limits
from abonent.identity.models import WrongTry

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
HERE = "192.0.2.7"


def fill(budgets: list[limits.Budget], tries: int, at: datetime = NOW) -> None:
    for _ in range(tries):
        limits.take(budgets, at)


def minutes_to_wait(budgets: list[limits.Budget], at: datetime) -> int:
    with pytest.raises(limits.TooManyTries) as refused:
        limits.take(budgets, at)
    return refused.value.minutes


def test_ten_tries_an_hour_and_not_an_eleventh(db: None) -> None:
    stranger = limits.of_stranger(17, "100001", HERE)
    fill(stranger, 10)
    assert minutes_to_wait(stranger, NOW) == 60
    assert minutes_to_wait(stranger, NOW + timedelta(minutes=59, seconds=30)) == 1
    limits.take(stranger, NOW + timedelta(hours=1))


def test_the_wait_ends_when_the_oldest_try_falls_out(db: None) -> None:
    stranger = limits.of_stranger(17, "100001", HERE)
    fill(stranger, 4)
    fill(stranger, 6, NOW + timedelta(minutes=20))
    assert minutes_to_wait(stranger, NOW + timedelta(minutes=30)) == 30
    fill(stranger, 4, NOW + timedelta(hours=1))
    assert minutes_to_wait(stranger, NOW + timedelta(hours=1)) == 20


def test_a_refused_try_does_not_make_the_wait_longer(db: None) -> None:
    stranger = limits.of_stranger(17, "100001", HERE)
    fill(stranger, 10)
    before = WrongTry.objects.count()
    for _ in range(5):
        minutes_to_wait(stranger, NOW + timedelta(minutes=30))
    assert WrongTry.objects.count() == before
    assert minutes_to_wait(stranger, NOW + timedelta(minutes=30)) == 30


def test_all_numbers_of_a_person_count_together(db: None) -> None:
    fill(limits.of_stranger(17, "100006", HERE), 5)
    fill(limits.of_stranger(17, "100007", HERE), 5)
    assert minutes_to_wait(limits.of_stranger(17, "100006", HERE), NOW) == 60
    limits.take(limits.of_stranger(18, "100001", HERE), NOW)  # another person is not touched


def test_a_known_device_has_a_budget_of_its_own(db: None) -> None:
    at_home, in_office = devices.hash_of("home"), devices.hash_of("office")
    fill(limits.of_stranger(17, "100001", HERE), 10)
    fill(limits.of_known_device(17, at_home), 10)
    assert minutes_to_wait(limits.of_known_device(17, at_home), NOW) == 60
    limits.take(limits.of_known_device(17, in_office), NOW)
    limits.take(limits.of_known_device(18, at_home), NOW)


def test_a_name_that_nobody_has_is_counted_in_the_same_way(db: None) -> None:
    nobody = limits.of_stranger(None, "999999", HERE)
    fill(nobody, 10)
    assert minutes_to_wait(nobody, NOW) == 60
    limits.take(limits.of_stranger(None, "999998", HERE), NOW)


def test_the_name_typed_is_not_stored(db: None) -> None:
    limits.take(limits.of_stranger(None, "MY-SECRET-PASSWORD", HERE), NOW)
    assert not WrongTry.objects.filter(key__icontains="secret").exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # one customer has the whole network
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("", "rubbish", True),
    ],
)
def test_an_address_has_a_budget_over_all_users(
    db: None, monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    assert limits.TRIES_OF_ADDRESS == 300
    monkeypatch.setattr(limits, "TRIES_OF_ADDRESS", 20)
    for user_id in range(limits.TRIES_OF_ADDRESS):
        limits.take(limits.of_stranger(user_id, "", one), NOW)
    if same:
        assert minutes_to_wait(limits.of_stranger(500, "", other), NOW) == 60
    else:
        limits.take(limits.of_stranger(500, "", other), NOW)
    limits.take(limits.of_known_device(500, devices.hash_of("home")), NOW)


def test_a_try_is_counted_against_every_budget_or_against_none(db: None) -> None:
    fill(limits.of_stranger(17, "100001", HERE), 10)
    minutes_to_wait(limits.of_stranger(17, "100001", "192.0.2.8"), NOW)
    assert not WrongTry.objects.filter(key="address:192.0.2.8").exists()


def test_a_right_password_gives_its_try_back_and_no_other(db: None) -> None:
    stranger = limits.of_stranger(17, "100001", HERE)
    fill(stranger, 3)
    limits.give_back(limits.take(stranger, NOW))
    assert WrongTry.objects.filter(key="user:17").count() == 3
    assert WrongTry.objects.filter(key=f"address:{HERE}").count() == 3


def test_old_tries_are_swept_away(db: None) -> None:
    fill(limits.of_stranger(17, "100001", HERE), 2)
    fill(limits.of_stranger(17, "100001", HERE), 1, NOW + timedelta(minutes=30))
    assert limits.forget_old(NOW + timedelta(days=1)) == 4
    assert WrongTry.objects.count() == 2


def test_a_try_costs_three_statements(db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        limits.take(limits.of_stranger(17, "100001", HERE), NOW)
    said = [query["sql"].split()[0].lower() for query in captured if "savepoint" not in query["sql"].lower()]
    assert said == ["select", "select", "insert"]
