"""Grounds for the tests of the embedded database: as root both people are tried, else the one we are."""

from collections.abc import Iterator

import pytest

from abonent.core.tests import grounds


@pytest.fixture(params=grounds.PEOPLE)
def ground(request: pytest.FixtureRequest) -> Iterator[grounds.Ground]:
    made = grounds.Ground(request.param)
    yield made
    made.clear()


@pytest.fixture
def plain_ground() -> Iterator[grounds.Ground]:
    made = grounds.Ground("plain")
    yield made
    made.clear()


@pytest.fixture
def our_ground() -> Iterator[grounds.Ground]:
    made = grounds.Ground(grounds.PEOPLE[0])
    yield made
    made.clear()


@pytest.fixture
def root_ground() -> Iterator[grounds.Ground]:
    made = grounds.Ground("root")
    yield made
    made.clear()
