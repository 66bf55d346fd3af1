"""Access that follows the ledger: CoA and Disconnect through the outbox, and the reconciler that mends drift."""

import dataclasses
import time
from datetime import timedelta

import pytest
from django.db import transaction

from abonent.billing.models import Subscription
from abonent.billing.tests import builder
from abonent.catalog.models import OfferVersion
from abonent.core import clock, jobs
from abonent.core import db as database
from abonent.flows import verify
from abonent.network import following, mending
from abonent.network.models import AccessChange, AccessSession, ClosedSession, Nas, NasKind
from abonent.network.tests import ground as made
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = pytest.mark.committing


def dialled(ground: made.Ground, kind: str, name: str) -> sandbox_nas.Dialled:
    session = ground.nas[kind].dial(made.pap(name))
    assert isinstance(session, sandbox_nas.Dialled)
    return session


def test_a_debtor_is_walled_and_a_payer_open_again_without_anybodys_word(ground: made.Ground) -> None:
    account = ground.login("follows")
    server = ground.mikrotik
    first = dialled(ground, NasKind.MIKROTIK, "follows")
    assert not first.walled
    ground.suspend(account)
    assert AccessChange.objects.filter(cause="subscription", state="queued").count() == 1
    jobs.run_due()
    assert not first.live, "MikroTik takes no Address-List by CoA: Disconnect"
    made.eventually(lambda: ClosedSession.objects.filter(user_name="follows").exists())
    second = dialled(ground, NasKind.MIKROTIK, "follows")
    assert second.walled

    builder.pay(account, "310,00", str(ground.today))
    began = time.monotonic()
    jobs.run_due()
    assert not second.live
    assert server.asked[-1][0] - began < 1
    assert not dialled(ground, NasKind.MIKROTIK, "follows").walled
    jobs.run_due()
    assert list(AccessChange.objects.filter(state="queued")) == []
    assert {one.answer for one in AccessChange.objects.all()} >= {"disconnect ack"}


def test_a_change_of_speed_is_told_by_coa_and_the_session_lives_on(ground: made.Ground) -> None:
    """In each kind's own words; a repeat changes nothing."""
    faster = builder.version("310,00", code="speed-900-900")
    OfferVersion.objects.filter(pk=faster.pk).update(down_mbps=900, up_mbps=900)
    words = {
        NasKind.MIKROTIK: ("Mikrotik-Rate-Limit", "900M/900M"),
        NasKind.ACCEL_PPP: ("Filter-Id", "900000/900000"),
        NasKind.CISCO: ("Cisco-AVPair", "ip:sub-qos-policy-in=UP900"),
        NasKind.JUNIPER: ("ERX-Egress-Policy-Name", "down-900"),
    }
    for kind, pair in words.items():
        account = ground.login(f"fast-{kind.replace('_', '-')}")
        session = dialled(ground, kind, f"fast-{kind.replace('_', '-')}")
        with transaction.atomic():
            Subscription.objects.filter(account=account).update(version=faster)
        jobs.run_due()
        assert session.live
        (heard,) = session.heard
        assert heard.code == wire.COA_REQUEST
        assert pair in heard.pairs, kind
        assert heard.first("Acct-Session-Id") == session.session_id
        with transaction.atomic():
            Subscription.objects.filter(account=account).update(state="active")
        jobs.run_due()
        assert len(session.heard) == 1


def test_a_refusal_falls_back_to_disconnect_and_not_found_is_done(ground: made.Ground) -> None:
    account = ground.login("refused")
    server = ground.nas[NasKind.JUNIPER]
    session = dialled(ground, NasKind.JUNIPER, "refused")
    server.coa_manners = "refuses"
    ground.suspend(account)
    jobs.run_due()
    server.coa_manners = "obeys"
    assert [packet.code for _, packet in server.asked[-2:]] == [wire.COA_REQUEST, wire.DISCONNECT_REQUEST]
    assert not session.live

    gone = ground.login("gone")
    lost = dialled(ground, NasKind.JUNIPER, "gone")
    server.sessions.pop(lost.session_id)  # the server has forgotten it, and its Stop was lost
    ground.suspend(gone)
    jobs.run_due()
    assert AccessChange.objects.order_by("-id")[0].answer == "coa nak 503"
    (closed,) = ClosedSession.objects.filter(user_name="gone")
    assert closed.cause == "Not-On-Nas"


def test_a_deaf_server_is_tried_again_and_told_what_is_true_then(ground: made.Ground) -> None:
    account = ground.login("deaf")
    session = dialled(ground, NasKind.ACCEL_PPP, "deaf")
    server = ground.nas[NasKind.ACCEL_PPP]
    Nas.objects.filter(kind=NasKind.ACCEL_PPP).update(coa_tries=1)
    server.coa_manners = server.disconnect_manners = "deaf"
    ground.suspend(account)
    jobs.run_due()
    (change,) = AccessChange.objects.filter(session__user_name="deaf")
    assert (change.state, change.attempts) == ("queued", 1)
    assert change.next_try_at > clock.now() - timedelta(seconds=1)
    builder.pay(account, "310,00", str(ground.today))  # meanwhile he has paid
    server.coa_manners = server.disconnect_manners = "obeys"
    asked = len(server.asked)
    jobs.run_due(ahead_seconds=10)
    assert session.live
    assert len(server.asked) == asked, "nothing to tell: what he has is what he should have"
    database.run("update network_accesschange set next_try_at = now() where state = 'queued'")
    following.follow()
    assert not AccessChange.objects.filter(state="queued").exists()


def test_nothing_is_queued_for_a_change_that_was_rolled_back_nor_for_a_charge_that_moves_paid_until(
    ground: made.Ground,
) -> None:
    account = ground.login("rolled")
    dialled(ground, NasKind.CISCO, "rolled")
    before = AccessChange.objects.count()
    with transaction.atomic():
        ground.suspend(account)
        transaction.set_rollback(True)
    Subscription.objects.filter(account=account).update(paid_until=ground.today + timedelta(days=40))
    assert AccessChange.objects.count() == before


def test_a_second_sign_in_of_one_login_ends_the_first_session(ground: made.Ground) -> None:
    ground.login("twice")
    first = dialled(ground, NasKind.MIKROTIK, "twice")
    second = dialled(ground, NasKind.MIKROTIK, "twice")
    jobs.run_due()
    made.eventually(lambda: AccessSession.objects.filter(user_name="twice").count() == 1)
    assert (first.live, second.live) == (False, True)


def test_the_reconciler_finds_drift_mends_it_in_one_pass_and_verify_tells_of_it(ground: made.Ground) -> None:
    """Lesson 32: paid, and still blocked there."""
    lines = [ground.login(f"drift{n}") for n in range(20)]
    sessions = [dialled(ground, NasKind.JUNIPER, f"drift{n}") for n in range(20)]
    jobs.run_due()
    assert mending.mend().drifted == 0
    # Five of a hundred: a lost row, a hand in the database.
    database.run("alter table billing_subscription disable trigger access_follows_change")
    ground.suspend(lines[7])
    database.run("alter table billing_subscription enable trigger access_follows_change")
    assert mending.drift() == 1
    assert [line for line in verify.problems() if "has what the ledger allows" in line] != []
    mended = mending.mend()
    assert mended.drifted == 1
    jobs.run_due()
    assert mending.drift() == 0
    assert [number for number, one in enumerate(sessions) if one.walled] == [7]
    assert [line for line in verify.problems() if "has what the ledger allows" in line] == []


def test_a_drift_of_five_per_cent_of_a_thousand_sessions_is_mended_in_one_pass(ground: made.Ground) -> None:
    """25 debtors online, 25 payers walled: one look finds each of them, one run tells their access server."""
    server, row = ground.nas[NasKind.JUNIPER], ground.rows[NasKind.JUNIPER]
    accounts = [ground.login(f"of{n}") for n in range(10)]
    sessions = many_sessions(server, row, [builder.line_of(account).pk for account in accounts], of_each=100)
    assert mending.drift() == 0
    payers, debtors = sorted(sessions)[100:], sorted(sessions)[:100]
    database.run("alter table billing_subscription disable trigger access_follows_change")
    ground.suspend(accounts[0])
    database.run("alter table billing_subscription enable trigger access_follows_change")
    wrong = debtors[:25] + payers[::36]
    database.run(
        "update network_accesssession set granted = 'walled' where acct_session_id = any(%s)",
        [debtors[25:] + payers[::36]],
    )
    assert (len(wrong), mending.drift()) == (50, 50)
    asked = len(server.asked)
    mended = mending.mend()
    assert mended.sessions >= 1000
    assert mended.drifted == 50
    jobs.run_due()
    assert mending.drift() == 0
    heard = [str(packet.first("Acct-Session-Id")) for _, packet in server.asked[asked:]]
    assert sorted(heard) == sorted(wrong), "each once, and nobody else"
    assert sorted(name for name, one in sessions.items() if one.walled) == debtors[:25]


def many_sessions(
    server: sandbox_nas.Nas, row: Nas, line_ids: list[int], *, of_each: int
) -> dict[str, sandbox_nas.Dialled]:
    """Live on both sides, as their Starts would have left them; by name, in the order of the lines."""
    like = server.dial(made.pap("of0"))
    assert isinstance(like, sandbox_nas.Dialled)
    server.hang_up(like)
    names = [f"s{number:04}" for number in range(len(line_ids) * of_each)]
    found = {name: dataclasses.replace(like, session_id=name, live=True, heard=[]) for name in names}
    server.sessions.update(found)
    database.run(
        "insert into network_accesssession (unique_id, nas_id, acct_session_id, user_name, line_id, way, port,"
        " circuit_id, remote_id, address, started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets,"
        " raw_down_octets, has_class, granted)"
        " select md5(one.name), %s, one.name, 'many', one.line_id, 'login', '', '', '', '10.0.0.1', radius.now_at(),"
        " radius.now_at(), 0, 0, 0, 0, 0, true, radius.granted(r.rights, r.down_mbps, r.up_mbps, r.address)"
        " from unnest(%s::text[], %s::bigint[]) as one (name, line_id)"
        " join radius.line_rights r on r.line_id = one.line_id",
        [row.pk, names, [line_id for line_id in line_ids for _ in range(of_each)]],
    )
    return found


def test_the_silent_are_closed_only_where_their_server_speaks_without_a_break(ground: made.Ground) -> None:
    """openwisp-radius PR 443 closed all; lesson 39: closed with a cause, never deleted; a later word opens it again."""
    ground.login("silent")
    ground.login("speaks")
    silent = dialled(ground, NasKind.CISCO, "silent")
    dialled(ground, NasKind.CISCO, "speaks")
    now = clock.now()
    database.run(
        "update network_accesssession set updated_at = updated_at - interval '20 minutes' where user_name = 'silent'"
    )
    assert mending.close_stale(now) == 0, "after an outage all look stale"
    for minutes in range(0, 15, 5):
        database.run(
            "update network_accesssession set updated_at = %s where user_name = 'speaks'",
            [now + timedelta(minutes=minutes, seconds=-1)],
        )
        mending.close_stale(now + timedelta(minutes=minutes))
    database.run(
        "update network_accesssession set updated_at = %s where user_name = 'speaks'", [now + timedelta(minutes=14)]
    )
    assert mending.close_stale(now + timedelta(minutes=15)) >= 1
    (closed,) = ClosedSession.objects.filter(user_name="silent")
    assert closed.cause == "Stale"
    ground.nas[NasKind.CISCO].traffic(silent, up=1, down=2)
    assert AccessSession.objects.get(user_name="silent").down_octets == 2
    assert not ClosedSession.objects.filter(user_name="silent").exists()
