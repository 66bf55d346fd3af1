"""A provider's site without us: FreeRADIUS and PostgreSQL alone let subscribers in."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from abonent.billing.tests import builder
from abonent.network import freeradius
from abonent.network.models import AccessChange, ClosedSession, NasKind
from abonent.network.tests import ground as made
from abonent.network.tests import site as sites
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = pytest.mark.committing


class Place(NamedTuple):
    site: sites.Site
    ground: made.Ground

    @property
    def server(self) -> sandbox_nas.Nas:
        return self.ground.mikrotik


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
