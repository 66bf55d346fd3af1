"""A provider's site without us: FreeRADIUS and PostgreSQL alone let subscribers in, and PostgreSQL is killed."""

import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any, NamedTuple

import psycopg
import pytest

from abonent.billing.tests import builder
from abonent.network import freeradius
from abonent.network.models import AccessChange, AccessSession, ClosedSession, NasKind, Usage
from abonent.network.tests import ground as made
from abonent.network.tests import site as sites
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = pytest.mark.committing
PEOPLE = 24


class Place(NamedTuple):
    site: sites.Site
    ground: made.Ground

    @property
    def server(self) -> sandbox_nas.Nas:
        return self.ground.mikrotik

    @property
    def spooled_octets(self) -> int:
        """Of accounting that waits for PostgreSQL."""
        server = self.ground.server
        assert server is not None
        return sum(path.stat().st_size for path in server.site.folder.joinpath("spool").iterdir())


@pytest.fixture(scope="module")
def place(template: str, django_db_blocker: Any) -> Iterator[Place]:
    with django_db_blocker.unblock(), sites.serving(template) as (site, server):
        yield Place(site, made.Ground(server))


def dialled(server: sandbox_nas.Nas, name: str) -> sandbox_nas.Dialled:
    session = server.dial(made.pap(name))
    assert isinstance(session, sandbox_nas.Dialled)
    return session


def test_freeradius_reaches_postgresql_over_tcp_with_the_password_that_was_given(place: Place) -> None:
    """As `abonent radius configure DIR --password FILE` writes it for a site; signs in the password and in a secret."""
    place.ground.login("tcp")
    assert place.server.authorise(made.pap("tcp")).first("Mikrotik-Rate-Limit") == "100M/300M"
    assert {(one["role"], one["address"]) for one in sites.connected()} == {("abonent_radius", "127.0.0.1")}
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(place.site.dsn("abonent_radius"))
    cisco = place.ground.nas[NasKind.CISCO]
    assert (cisco.secret.decode(), cisco.authorise(made.pap("tcp")).code) == (sites.SECRET, wire.ACCESS_ACCEPT)
    server = place.ground.server
    assert server is not None
    assert "Attempting to connect" in server.log()
    assert "alone" not in server.log(), "the password: FreeRADIUS logs the words that it connects with"
    freeradius.configure(server.site)  # for a new access server: nobody gives the password again
    assert f"passfile={server.site.folder}/pgpass" in (server.site.folder / "radiusd.conf").read_text()


def test_the_internet_stays_up_while_no_process_of_ours_runs(place: Place) -> None:
    """No web, no worker, no streams: subscribers come in by what they have paid, and their traffic is counted."""
    assert {one["role"] for one in sites.connected()} == {"abonent_radius"}, "FreeRADIUS alone has the database open"
    account = place.ground.login("without")
    session = dialled(place.server, "without")
    assert not session.walled
    place.server.traffic(session, up=10, down=5_000_000_000, seconds=300)
    place.ground.suspend(account)
    assert dialled(place.server, "without").walled, "by what the ledger says now"
    builder.pay(account, "310,00", str(place.ground.today))
    assert not dialled(place.server, "without").walled
    place.server.hang_up(session)
    closed = ClosedSession.objects.get(user_name="without")
    assert (closed.up_octets, closed.down_octets, closed.cause) == (10, 5_000_000_000, "User-Request")
    assert AccessChange.objects.filter(session__user_name="without", state="queued").exists(), (
        "a worker's, once it runs"
    )


def test_postgresql_killed_in_the_middle_of_dial_ins_loses_nothing_and_doubles_nothing(place: Place) -> None:
    """Pitfall 8: authorisation is silent, not «reject»; accounting is answered at once, spooled and replayed."""
    server = place.server
    names = [f"killed{number}" for number in range(PEOPLE)]
    lines = {name: builder.line_of(place.ground.login(name)).pk for name in names}
    first = [dialled(server, name) for name in names[: PEOPLE // 2]]
    server.patience_seconds, server.tries = 1.5, 2
    is_away, some_are_in, is_over = threading.Event(), threading.Event(), threading.Event()

    def come(name: str) -> sandbox_nas.Dialled:
        """As a router does: until it is in."""
        while not is_over.is_set():
            try:
                session = dialled(server, name)
            except sandbox_nas.NoAnswer:
                continue
            server.traffic(session, up=1, down=1_000, seconds=60)
            some_are_in.set()
            is_away.wait(30)
            return session
        raise AssertionError("it could not come in")

    with futures.ThreadPoolExecutor(4) as threads:
        coming = [threads.submit(come, name) for name in names[PEOPLE // 2 :]]
        try:
            assert some_are_in.wait(30)
            place.site.kill()
            is_away.set()
            with pytest.raises(sandbox_nas.NoAnswer):
                server.authorise(made.pap("killed0"))
            for number, session in enumerate(first):  # each answered, at the latest when it is sent again
                server.traffic(session, up=7, down=1_000_000, seconds=60)
                server.traffic(session, up=7, down=1_000_000, seconds=60)
                if number % 2:
                    server.hang_up(session)
            assert place.spooled_octets > 0
            place.site.start()
            sessions = [*first, *(one.result(60) for one in coming)]
        finally:
            is_over.set()
    server.patience_seconds, server.tries = sandbox_nas.ANSWER_SECONDS, sandbox_nas.TRIES
    for session in sessions[PEOPLE // 2 :]:
        server.traffic(session, up=1, down=1_000, seconds=60)

    told = {name: [(one.up_octets, one.down_octets)] for name, one in zip(names, sessions, strict=True)}
    made.eventually(lambda: counted(names) == told, seconds=30)
    used = Usage.objects.filter(line_id__in=lines.values()).values_list("line_id", "up_octets", "down_octets")
    assert sorted(used) == sorted((lines[name], *told[name][0]) for name in names)
    assert AccessSession.objects.filter(user_name__startswith="killed").count() == PEOPLE - PEOPLE // 4
    assert server.authorise(made.pap("killed0")).code == wire.ACCESS_ACCEPT


def counted(names: list[str]) -> dict[str, list[tuple[int, int]]]:
    """Octets of each session of each of them, live and closed."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for model in (AccessSession, ClosedSession):
        for name, *octets in model.objects.filter(user_name__in=names).values_list(
            "user_name", "up_octets", "down_octets"
        ):
            found[name].append((octets[0], octets[1]))
    return found
