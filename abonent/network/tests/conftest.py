"""A real FreeRADIUS with an access server of each kind, on a database of the module's own or of the test's own."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

import conftest
from abonent.network.tests import ground as made


@pytest.fixture(scope="module")
def ground(template: str, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[made.Ground]:
    """One for a module: its start costs more than a test. Each test makes lines of its own."""
    with (
        django_db_blocker.unblock(),
        conftest.clone(template, f"radius_{os.getpid()}_{request.module.__name__.rpartition('.')[2]}"),
        made.served() as one,
    ):
        yield one


@pytest.fixture
def tables(own_database: str) -> made.Ground:
    """The lines alone, without FreeRADIUS."""
    return made.Ground(None)
