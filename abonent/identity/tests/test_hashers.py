"""How passwords are hashed in earnest; the tests' own hasher is a quick one."""

import pytest
from django.contrib.auth import hashers
from pytest_django.fixtures import Settings

from abonent import settings as true_settings


@pytest.fixture(autouse=True)
def in_earnest(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = true_settings.PASSWORD_HASHERS


def test_a_password_is_hashed_by_argon2id_with_19_mib_in_two_passes() -> None:
    hashed = hashers.make_password("demo-anna")
    assert hashed.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashers.check_password("demo-anna", hashed)
    assert not hashers.check_password("demo-Anna", hashed)


def test_a_password_hashed_with_other_costs_still_fits_and_is_hashed_anew() -> None:
    kept: list[str] = []
    before = hashers.Argon2PasswordHasher().encode("demo-anna", "salt-of-8-bytes")
    assert hashers.check_password("demo-anna", before, setter=kept.append)
    assert kept == ["demo-anna"]
