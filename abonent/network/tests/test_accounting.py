"""Accounting through a real FreeRADIUS: every packet answered, a reboot, the database away, nothing lost."""

import pytest
from django.db import transaction

from abonent.billing.tests import builder
from abonent.catalog.models import OfferVersion
from abonent.core import clock, jobs
from abonent.core import db as database
from abonent.network import allowances
from abonent.network.models import AccessSession, Authorisation, ClosedSession, NasKind, Usage
from abonent.network.tests import ground as made
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = pytest.mark.committing


def dialled(server: sandbox_nas.Nas, identity: wire.Pairs) -> sandbox_nas.Dialled:
    session = server.dial(identity)
    assert isinstance(session, sandbox_nas.Dialled)
    return session


def test_a_days_traffic_is_counted_once(ground: made.Ground) -> None:
    """10 GB down, gigawords in it; each packet sent twice, one late, a stop repeated: each has its answer."""
    account = ground.login("counted")
    for kind, server in ground.nas.items():
        session = dialled(server, made.pap("counted"))
        server.traffic(session, up=1_000_000, down=10_000_000_000, seconds=3600)
        late = server.report(session, wire.INTERIM)
        server.traffic(session, up=5, down=6, seconds=60)
        for again in (late, server.report(session, wire.INTERIM), server.report(session, wire.START)):
            assert server.account(again).code == wire.ACCOUNTING_RESPONSE, kind
        stop = server.report(session, wire.STOP)
        for _ in range(2):
            assert server.account(stop).code == wire.ACCOUNTING_RESPONSE
        assert server.account(late).code == wire.ACCOUNTING_RESPONSE, "the stock queries never answer it"
        closed = ClosedSession.objects.filter(user_name="counted").latest("id")
        assert (closed.up_octets, closed.down_octets) == (1_000_005, 10_000_000_006), kind
    (used,) = Usage.objects.filter(line_id=builder.line_of(account).pk)
    assert (used.up_octets, used.down_octets) == (4 * 1_000_005, 4 * 10_000_000_006)


def test_class_keeps_the_same_session_id_of_two_lives_apart(ground: made.Ground) -> None:
    """Pitfall 1, FreeRADIUS issue 1871."""
    ground.login("reboots")
    server = ground.mikrotik
    first = server.dial(made.pap("reboots"), session_id="80000001")
    assert isinstance(first, sandbox_nas.Dialled)
    server.traffic(first, up=10, down=20, seconds=300)
    server.account([("Acct-Status-Type", wire.ON)])
    again = server.dial(made.pap("reboots"), session_id="80000001")
    assert isinstance(again, sandbox_nas.Dialled)
    server.traffic(again, up=1, down=2, seconds=300)
    live = AccessSession.objects.get(user_name="reboots")
    closed = ClosedSession.objects.get(user_name="reboots")
    assert (live.up_octets, live.down_octets) == (1, 2)
    assert (closed.up_octets, closed.down_octets, closed.cause) == (10, 20, "NAS-Reboot")
    assert live.has_class


def test_a_session_says_what_it_was_granted(ground: made.Ground) -> None:
    account = ground.login("granted", down_mbps=300, up_mbps=100)
    server = ground.nas[NasKind.CISCO]
    session = dialled(server, made.pap("granted"))
    assert AccessSession.objects.get(user_name="granted").granted == "open:300:100:-"
    ground.suspend(account)
    server.hang_up(session)
    dialled(server, made.pap("granted"))
    assert AccessSession.objects.get(user_name="granted").granted == "walled"


def test_a_delay_is_subtracted_once(ground: made.Ground) -> None:
    """Pitfall 10: FreeRADIUS puts the true time into Event-Timestamp itself; a server that sends one is believed."""
    ground.login("delayed")
    server = ground.mikrotik
    session = dialled(server, made.pap("delayed"))
    told = {"late": False, "both": True}
    for name, has_timestamp in told.items():
        session.session_id = name
        packet = [pair for pair in server.report(session, wire.START) if has_timestamp or pair[0] != "Event-Timestamp"]
        server.account([*packet, ("Acct-Delay-Time", 600)])
        began = AccessSession.objects.get(acct_session_id=name).started_at
        seconds = int((clock.now() - began).total_seconds())
        assert (590 <= seconds <= 630) if name == "late" else (seconds <= 30), (name, seconds)


def test_who_uses_up_what_is_included_is_slowed_by_coa_in_the_same_second(ground: made.Ground) -> None:
    account = ground.login("hungry", down_mbps=310, up_mbps=310)
    OfferVersion.objects.filter(offer__code="speed-310-310").update(
        included_octets=10 * 10**9, when_used_up="slow", slow_mbps=5
    )
    server = ground.mikrotik
    session = dialled(server, made.pap("hungry"))
    server.traffic(session, up=10**9, down=8 * 10**9, seconds=600)
    jobs.run_due()
    assert session.heard == []
    server.traffic(session, up=0, down=2 * 10**9, seconds=600)
    jobs.run_due()
    assert session.live, "told by CoA, not cut"
    assert session.attribute("Mikrotik-Rate-Limit") == "5M/5M"
    assert dialled(server, made.pap("hungry")).attribute("Mikrotik-Rate-Limit") == "5M/5M"
    with transaction.atomic():
        line_id = builder.line_of(account).pk
        allowances.add_pack(change_id=4_017, line_id=line_id, octets=10**9 * 5, on=clock.today())
    jobs.run_due()
    assert server.authorise(made.pap("hungry")).first("Mikrotik-Rate-Limit") == "310M/310M"


def test_the_port_of_an_ipoe_session_is_kept_as_it_was_told(ground: made.Ground) -> None:
    """Pitfalls 11 and 12."""
    ground.port(circuit=made.CIRCUIT, mac="aa:bb:cc:dd:ee:41")
    dialled(ground.mikrotik, made.ipoe("1:aa:bb:cc:dd:ee:41", made.CIRCUIT, bytes.fromhex("00061cbdb9000001")))
    live = AccessSession.objects.get(mac="aa:bb:cc:dd:ee:41")
    assert (live.way, live.circuit_id, live.remote_id) == ("port", "0x0004001e0105", "0x00061cbdb9000001")


def test_accounting_while_the_database_is_away_is_spooled_and_replayed(ground: made.Ground) -> None:
    """Pitfall 8: authorisation is silent, not «reject»; accounting is answered at once and nothing is lost."""
    account = ground.login("away")
    server = ground.mikrotik
    session = dialled(server, made.pap("away"))
    name = database.rows("select current_database() as name")[0]["name"]
    database.run(f'revoke connect on database "{name}" from public')  # as if it were away, for FreeRADIUS alone
    database.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'abonent_radius' and datname = %s",
        [name],
    )
    answers = Authorisation.objects.count()
    server.patience_seconds, server.tries = 3, 1
    for number in range(1, 21):
        session.up_octets, session.down_octets, session.extra_seconds = number, number * 1000, number * 10
        assert server.account(server.report(session, wire.INTERIM)).code == wire.ACCOUNTING_RESPONSE
    server.patience_seconds = 1
    with pytest.raises(sandbox_nas.NoAnswer):
        server.authorise(made.pap("away"))
    server.patience_seconds, server.tries = sandbox_nas.ANSWER_SECONDS, sandbox_nas.TRIES
    assert AccessSession.objects.get(user_name="away").down_octets == 0
    assert Authorisation.objects.count() == answers
    database.run(f'grant connect on database "{name}" to public')
    made.eventually(lambda: AccessSession.objects.get(user_name="away").down_octets == 20_000, seconds=30)
    used = Usage.objects.filter(line_id=builder.line_of(account).pk)
    assert sum(row.down_octets for row in used) == 20_000
    assert server.authorise(made.pap("away")).code == wire.ACCESS_ACCEPT
