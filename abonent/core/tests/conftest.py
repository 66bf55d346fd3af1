"""Grounds for the tests of the embedded database: as root both people are tried, else the one we are."""

from collections.abc import Callable, Iterator

import pytest

from abonent.core.tests import grounds
from abonent.core.tests.profile_folders import folder, spoil

__all__ = ["folder", "spoil"]


@pytest.fixture(scope="session")
def furnish() -> Iterator[Callable[[grounds.Ground], None]]:
    """Puts a made, stopped server into a ground: most tests need not see it made."""
    models: dict[int, grounds.Ground] = {}

    def copy(ground: grounds.Ground) -> None:
        if ground.uid not in models:
            models[ground.uid] = grounds.Ground("plain" if ground.uid else "root")
            models[ground.uid].hold()[0].leave()
        ground.copy_server(models[ground.uid])

    yield copy
    for model in models.values():
        model.clear()


@pytest.fixture(params=grounds.PEOPLE)
def empty_ground(request: pytest.FixtureRequest) -> Iterator[grounds.Ground]:
    with grounds.Ground(request.param) as made:
        yield made


@pytest.fixture
def ground(empty_ground: grounds.Ground, furnish: Callable[[grounds.Ground], None]) -> grounds.Ground:
    furnish(empty_ground)
    return empty_ground


@pytest.fixture
def empty_plain_ground() -> Iterator[grounds.Ground]:
    with grounds.Ground("plain") as made:
        yield made


@pytest.fixture
def plain_ground(empty_plain_ground: grounds.Ground, furnish: Callable[[grounds.Ground], None]) -> grounds.Ground:
    furnish(empty_plain_ground)
    return empty_plain_ground


@pytest.fixture
def our_ground(furnish: Callable[[grounds.Ground], None]) -> Iterator[grounds.Ground]:
    with grounds.Ground(grounds.PEOPLE[0]) as made:
        furnish(made)
        yield made


@pytest.fixture
def root_ground() -> Iterator[grounds.Ground]:
    with grounds.Ground("root") as made:
        yield made
