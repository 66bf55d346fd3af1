"""A forked child never speaks on its parent's connection: two on one socket read each other's rows."""

import os
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from abonent.core import db


def backend() -> int:
    return int(db.rows("select pg_backend_pid() as pid")[0]["pid"])


@pytest.mark.parametrize("pooled", [False, True])
def test_a_forked_child_has_a_connection_of_its_own(own_database: str, pooled: bool) -> None:
    options: Any = settings.DATABASES["default"]["OPTIONS"]
    connection = connections["default"]
    connection.close()
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": 2}
    try:
        ours = backend()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(backend()).encode())
            os._exit(0)
        os.waitpid(child, 0)
        theirs = int(os.read(reader, 20))
        os.close(reader)
        os.close(writer)
        assert theirs != ours
        assert backend() == ours  # and the parent's still works
    finally:
        if pooled:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
            options.pop("pool")
