"""Who is let in, how fast, and who gets the walled garden: through a real FreeRADIUS."""

import pytest

from abonent.billing.tests import builder
from abonent.core import db as database
from abonent.network.models import Authorisation, Nas, NasKind, Sighting, StaticAddress
from abonent.network.tests import ground as made
from abonent.network.tests import radius
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

pytestmark = pytest.mark.committing
GRANTED = {
    NasKind.MIKROTIK: [("Mikrotik-Rate-Limit", "100M/300M")],
    NasKind.ACCEL_PPP: [("Filter-Id", "300000/100000")],
    NasKind.CISCO: [
        ("Cisco-AVPair", "ip:sub-qos-policy-in=UP100"),
        ("Cisco-AVPair", "ip:sub-qos-policy-out=DOWN300"),
    ],
    NasKind.JUNIPER: [("ERX-Ingress-Policy-Name", "up-100"), ("ERX-Egress-Policy-Name", "down-300")],
}
WALLED = {
    NasKind.MIKROTIK: ("Mikrotik-Address-List", "walled"),
    NasKind.ACCEL_PPP: ("Framed-Pool", "walled"),
    NasKind.CISCO: ("Cisco-AVPair", "subscriber:service-name=WALLED"),
    NasKind.JUNIPER: ("ERX-Ingress-Policy-Name", "walled"),
}


def test_a_login_comes_in_by_pap_chap_and_mschapv2(ground: made.Ground) -> None:
    ground.login("anna0")
    assert ground.mikrotik.authorise(made.pap("anna0")).code == wire.ACCESS_ACCEPT
    assert ground.mikrotik.authorise(made.pap("Anna0")).code == wire.ACCESS_ACCEPT
    assert ground.mikrotik.authorise(made.chap("anna0")).code == wire.ACCESS_ACCEPT
    assert ground.mikrotik.authorise(made.pap("anna0", "wrong")).code == wire.ACCESS_REJECT
    assert ground.mikrotik.authorise(made.chap("anna0", "wrong")).code == wire.ACCESS_REJECT

    account = ground.line()  # RFC 2759, 9.2: the example's user, challenges and answer
    database.run(
        "insert into network_login (line_id, name, password) values (%s, 'user', 'clientPass')",
        [builder.line_of(account).pk],
    )
    response = (
        "0000" "21402324255E262A28295F2B3A337C7E" "0000000000000000"
        "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"
    )  # fmt: skip
    asked: wire.Pairs = [
        ("User-Name", "User"),
        ("MS-CHAP-Challenge", bytes.fromhex("5B5D7C7D7B3F2F3E3C2C602132262628")),
        ("MS-CHAP2-Response", bytes.fromhex(response)),
    ]
    accepted = ground.mikrotik.authorise(asked)
    assert accepted.code == wire.ACCESS_ACCEPT
    success = accepted.first("MS-CHAP2-Success")
    assert isinstance(success, bytes)
    assert success[1:] == b"S=407A5589115FD0D6209F510FE9C04566932CDA56"
    asked[2] = ("MS-CHAP2-Response", bytes.fromhex(response[:-2] + "00"))
    assert ground.mikrotik.authorise(asked).code == wire.ACCESS_REJECT


def test_each_kind_of_access_server_is_told_speeds_in_its_own_words(ground: made.Ground) -> None:
    ground.login("anna1", down_mbps=300, up_mbps=100)
    debtor = ground.login("boris1")
    ground.suspend(debtor)
    for kind, server in ground.nas.items():
        answer = server.authorise(made.pap("anna1"))
        for pair in GRANTED[NasKind(kind)]:
            assert pair in answer.pairs, kind
        assert answer.first("Acct-Interim-Interval") == 300
        assert WALLED[NasKind(kind)] not in answer.pairs

        walled = server.authorise(made.pap("boris1"))
        assert walled.code == wire.ACCESS_ACCEPT, "a debtor is not cut off"
        assert WALLED[NasKind(kind)] in walled.pairs, kind
        assert not set(GRANTED[NasKind(kind)]) & set(walled.pairs)


def test_a_static_address_is_given_while_the_line_is_open(ground: made.Ground) -> None:
    """Lesson 35: elsewhere a debtor kept his address."""
    account = ground.login("anna2")
    StaticAddress.objects.create(line=builder.line_of(account), address="198.51.100.7")
    assert ground.mikrotik.authorise(made.pap("anna2")).first("Framed-IP-Address") == "198.51.100.7"
    ground.suspend(account)
    assert ground.mikrotik.authorise(made.pap("anna2")).first("Framed-IP-Address") is None


def test_ipoe_comes_in_by_its_port_and_by_its_mac_in_any_notation(ground: made.Ground) -> None:
    ground.port(circuit=made.CIRCUIT, mac="aa:bb:cc:dd:ee:01")
    for typed in ("AA-BB-CC-DD-EE-01", "aa:bb:cc:dd:ee:01", "aabb.ccdd.ee01", "AABBCCDDEE01", "1:aa:bb:cc:dd:ee:01"):
        answer = ground.mikrotik.authorise(made.ipoe(typed, made.CIRCUIT))
        assert answer.first("Mikrotik-Rate-Limit") == "100M/300M", typed
        assert answer.first("Mikrotik-Address-List") is None
        assert ground.mikrotik.authorise(made.ipoe(typed)).first("Mikrotik-Address-List") is None, typed
    ground.port(circuit=b"\x00\x06any", any_device=True)
    phone = ground.mikrotik.authorise(made.ipoe("02-00-00-00-00-99", b"\x00\x06any"))
    assert phone.first("Mikrotik-Address-List") is None


def test_an_unknown_device_gets_the_walled_garden_and_is_seen_on_its_line(ground: made.Ground) -> None:
    account = ground.port(circuit=b"\x00\x04other", mac="aa:bb:cc:00:00:01")
    stranger = ground.mikrotik.authorise(made.ipoe("aa:bb:cc:00:00:02", b"\x00\x04other"))
    assert stranger.code == wire.ACCESS_ACCEPT
    assert stranger.first("Mikrotik-Address-List") == "walled"
    (seen,) = Sighting.objects.all()
    assert (seen.line_id, seen.mac) == (builder.line_of(account).pk, "aa:bb:cc:00:00:02")

    nowhere = ground.mikrotik.authorise(made.ipoe("aa:bb:cc:00:00:03"))
    assert nowhere.first("Mikrotik-Address-List") == "walled"
    assert Sighting.objects.count() == 1


def test_only_the_closed_and_the_unknown_are_rejected(ground: made.Ground) -> None:
    ended = ground.login("ended")
    database.run(
        "update billing_subscription set state = 'ended', ended_on = %s where account_id = %s",
        [ground.today, ended.pk],
    )
    waiting = ground.login("waiting", paid=False)
    assert ground.mikrotik.authorise(made.pap("ended")).code == wire.ACCESS_REJECT
    assert ground.mikrotik.authorise(made.pap("nobody")).code == wire.ACCESS_REJECT
    assert ground.mikrotik.authorise(made.pap("waiting")).first("Mikrotik-Address-List") == "walled"
    builder.pay(waiting, "310,00", str(ground.today))
    assert ground.mikrotik.authorise(made.pap("waiting")).first("Mikrotik-Rate-Limit") == "100M/300M"

    names = ["ended", "nobody", "waiting"]
    said = Authorisation.objects.filter(user_name__in=names).order_by("id")
    assert list(said.values_list("user_name", "is_accepted", "reason")) == [
        ("ended", False, "closed"),
        ("nobody", False, "unknown_login"),
        ("waiting", True, "waiting"),
        ("waiting", True, "open"),
    ]


def test_a_line_works_while_what_is_paid_reaches_past_the_last_finished_run(ground: made.Ground) -> None:
    """What the run has not looked at stays open: a late run cuts nobody off."""
    account = ground.login("anna6")
    through = database.rows('select "on" from billing_chargedthrough')[0]["on"]
    for days, walled in ((1, None), (0, "walled"), (-3, "walled")):
        database.run(
            "update billing_subscription set paid_until = %s::date + %s where account_id = %s",
            [through, days, account.pk],
        )
        assert ground.mikrotik.authorise(made.pap("anna6")).first("Mikrotik-Address-List") == walled, days


def test_sql_in_a_name_is_a_name(ground: made.Ground) -> None:
    ground.login("anna7")
    for name in ("anna' or '1'='1", "'; drop table network_login; --", "anna\\", "%{sql:select 1}", "я'\x01"):
        assert ground.mikrotik.authorise(made.pap(name)).code == wire.ACCESS_REJECT, name
    assert ground.mikrotik.authorise(made.ipoe("zz:zz", b"'; select 1 --")).code == wire.ACCESS_REJECT
    assert ground.mikrotik.authorise(made.pap("anna7")).code == wire.ACCESS_ACCEPT


def test_a_malformed_circuit_id_is_nobodys_port(ground: made.Ground) -> None:
    """The device is still known by its MAC; a stranger behind such a port is walled; the server goes on."""
    own_port = b"\x00\x04malformed"
    ground.port(circuit=own_port, mac="aa:bb:cc:00:0f:01")
    for circuit in (
        b"",
        b"\x00",
        b"\xff\xfe\x00",
        own_port[:-1],
        own_port + b"\x00",
        b"0x",
        b"%{User-Name}",
        b"9" * 240,
    ):
        own = ground.mikrotik.authorise(made.ipoe("aa:bb:cc:00:0f:01", circuit))
        stranger = ground.mikrotik.authorise(made.ipoe("aa:bb:cc:00:0f:99", circuit))
        walled = [answer.first("Mikrotik-Address-List") for answer in (own, stranger)]
        assert walled == [None, "walled"], circuit
    assert not Sighting.objects.filter(mac__startswith="aa:bb:cc:00:0f").exists()


def test_a_wrong_secret_an_unknown_server_and_an_unsigned_request_get_no_answer(ground: made.Ground) -> None:
    ground.login("anna8")
    before = Authorisation.objects.count()
    assert ground.server is not None
    liar = ground.nas[NasKind.CISCO]
    liar.patience_seconds, liar.tries = 0.5, 1
    with pytest.raises(sandbox_nas.NoAnswer):
        liar.authorise(made.pap("anna8"), secret=b"another")
    liar.patience_seconds, liar.tries = sandbox_nas.ANSWER_SECONDS, sandbox_nas.TRIES
    stranger = sandbox_nas.Nas(
        "127.0.0.99", radius.SECRET, "127.0.0.1", ground.server.site.auth_port, ground.server.site.acct_port
    )
    stranger.patience_seconds, stranger.tries = 0.5, 1
    try:
        with pytest.raises(sandbox_nas.NoAnswer):
            stranger.authorise(made.pap("anna8"))
    finally:
        stranger.close()
    assert Authorisation.objects.count() == before


def test_no_password_is_kept_anywhere(ground: made.Ground) -> None:
    """Pitfall 7: the stock queries keep it in the clear."""
    ground.login("anna9")
    ground.mikrotik.authorise(made.pap("anna9", "typed-password"))
    ground.mikrotik.authorise(made.pap("anna9"))
    kept = database.rows("select a::text as text from network_authorisation a")
    assert [row["text"] for row in kept if "typed-password" in row["text"] or made.PASSWORD in row["text"]] == []
    assert ground.server is not None
    assert "typed-password" not in ground.server.log()
    assert made.PASSWORD not in ground.server.log()


def test_a_server_switched_off_is_told_nothing(ground: made.Ground) -> None:
    ground.login("anna10")
    Nas.objects.filter(kind=NasKind.MIKROTIK).update(is_on=False)
    assert ground.mikrotik.authorise(made.pap("anna10")).code == wire.ACCESS_REJECT
    Nas.objects.filter(kind=NasKind.MIKROTIK).update(is_on=True)
