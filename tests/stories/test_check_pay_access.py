"""Who may speak to the gateways of check/pay."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from abonent.api.checkpay import access
from abonent.ledger.models import Account
from abonent.payments import terminals
from abonent.payments.models import Channel
from tests import terminal
from tests.terminal import basic

QUERY = "command=check&txn_id=1&account=100001"


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    access.forget()
    terminals.forget()
    yield
    access.forget()
    terminals.forget()


def set_up(settings: Any, **said: str) -> None:
    settings.CHECK_PAY = {**settings.CHECK_PAY, "osmp": {**settings.CHECK_PAY["osmp"], **said}}
    terminals.forget()


@pytest.mark.parametrize(
    "said",
    ["", "Basic", "Basic !!!", "Bearer x", basic("osmp", "wrong"), basic("sber", "demo-sber"), basic("osmp", "")],
)
def test_nobody_gets_in_without_the_password(payer: Account, said: str) -> None:
    answer = terminal.send("osmp", QUERY, authorization=said)
    assert (answer.status, b"response" in answer.body) == (401, False)


def test_ten_wrong_passwords_shut_the_address_out_for_a_while(payer: Account) -> None:
    statuses = [terminal.send("osmp", QUERY, authorization=basic("osmp", str(n))).status for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert terminal.send("osmp", QUERY).status == 429  # the right one too: or a guesser would learn it


def test_strangers_networks_are_shut_out(payer: Account, settings: Any) -> None:
    set_up(settings, networks="194.186.207.0/24, 10.0.0.1")
    assert terminal.send("osmp", QUERY).status == 403
    client = Client(headers={"authorization": basic("osmp", "demo-osmp")})
    assert client.get(f"/pay/osmp/?{QUERY}", REMOTE_ADDR="194.186.207.9").status_code == 200
    assert client.get(f"/pay/osmp/?{QUERY}", REMOTE_ADDR="::ffff:10.0.0.1").status_code == 200


def test_a_certificate_is_believed_from_our_proxy_alone(payer: Account, settings: Any) -> None:
    set_up(settings, login="", password="", certificate="CN=agent,O=Bank")
    right = {"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=agent,O=Bank"}
    assert terminal.send("osmp", QUERY, **right).status == 403
    settings.BEHIND_TLS = True
    assert terminal.send("osmp", QUERY, **right).status == 200
    assert terminal.send("osmp", QUERY, **right | {"X-SSL-Client-Verify": "FAILED:expired"}).status == 403
    assert terminal.send("osmp", QUERY, **right | {"X-SSL-Client-S-DN": "CN=other"}).status == 403


def test_both_must_hold_where_both_are_set(payer: Account, settings: Any) -> None:
    set_up(settings, certificate="CN=agent")
    settings.BEHIND_TLS = True
    right = {"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=agent"}
    assert terminal.send("osmp", QUERY, authorization="", **right).status == 401
    assert terminal.send("osmp", QUERY).status == 403
    assert terminal.send("osmp", QUERY, **right).status == 200


def test_a_flood_is_told_to_come_later(payer: Account, settings: Any) -> None:
    set_up(settings, per_minute="3")
    assert [terminal.send("osmp", QUERY).code for _ in range(5)] == [5, 5, 5, 1, 1]


def test_a_gateway_without_terms_or_without_a_lock_does_not_exist(payer: Account, settings: Any) -> None:
    set_up(settings, login="", password="")
    assert terminal.send("osmp", QUERY).status == 404
    assert terminals.of(Channel.OSMP) is None


def test_doctor_names_what_is_set_by_halves(settings: Any) -> None:
    assert list(terminals.problems()) == []
    assert list(terminals.shown()) == [
        "/pay/osmp/ is open: password, from 2 networks",
        "/pay/sber/ is open: password, from 2 networks",
    ]
    settings.SANDBOX = False
    set_up(settings, networks="")
    assert list(terminals.problems()) == [
        "ABONENT_OSMP_PASSWORD has 9 characters: make it 16 or more, random",
        "ABONENT_OSMP_NETWORKS is not set: anybody may knock; name the networks of the agent or the bank",
        "ABONENT_SBER_PASSWORD has 9 characters: make it 16 or more, random",
    ]
    set_up(settings, networks="bank", password="")
    assert next(terminals.problems()).startswith("ABONENT_OSMP_NETWORKS: ")
    set_up(settings, networks="", password="")
    assert "nothing proves who calls" in next(iter(terminals.problems()))
    settings.PROFILE = settings.PROFILE.model_copy(update={"osmp": None})
    set_up(settings, networks="", password="x" * 20)
    assert "the profile has no table [osmp]" in next(iter(terminals.problems()))
