"""Web push: closed as RFC 8291 and 8292 have it, to public hosts only, a device that is gone is forgotten."""

import base64
import json
import socket
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from abonent.core import clock
from abonent.notifications import push_devices
from abonent.notifications.channels import message, public_hosts, push_crypto, webpush
from abonent.notifications.models_reach import PushDevice
from abonent.notifications.tests import people

# RFC 8291, appendix A.
READER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
CLOSED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
    "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
FAR = "https://push.example.org/send/abc"


def test_it_is_closed_as_the_rfcs_own_example() -> None:
    keys = push_crypto.read_keys(READER, AUTH)
    salt = push_crypto.unbase64("DGv6ra1nlYgDCS1FRnbzlw")
    own = ec.derive_private_key(int.from_bytes(push_crypto.unbase64(SENDER), "big"), ec.SECP256R1())
    closed = push_crypto.close(b"When I grow up, I want to be a watermelon", keys, salt=salt, own=own)
    assert push_crypto.base64url(closed) == CLOSED
    assert push_crypto.close(b"x", keys) != push_crypto.close(b"x", keys)


def test_we_say_who_we_are_with_a_signature_that_anybody_can_check() -> None:
    made = push_crypto.authorization(SENDER, audience="https://p.example", subject="mailto:a@b.ru", expires_at=17)
    token, key = made.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims)]
    assert decoded == [
        {"typ": "JWT", "alg": "ES256"},
        {"aud": "https://p.example", "exp": 17, "sub": "mailto:a@b.ru"},
    ]
    raw = push_crypto.unbase64(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), push_crypto.unbase64(key))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert len(push_crypto.unbase64(push_crypto.new_private_key())) == 32


@pytest.mark.parametrize(
    ("key", "auth"),
    [("", AUTH), (READER, ""), (READER[:-4] + "AAAA", AUTH), ("!!", AUTH), (READER, AUTH + "AAAA"), ("AAAA", AUTH)],
)
def test_keys_that_no_browser_makes_are_refused(key: str, auth: str) -> None:
    with pytest.raises(push_crypto.UnableToClose):
        push_crypto.read_keys(key, auth)


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.org/x", "https://127.0.0.1/x", "https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x",
        "https://localhost/x", "https://db/x", "https://db.internal/x", "https://push.example.org:5432/x",
        "https://us:er@push.example.org/x", "https://push.example.org@127.0.0.1/", "ftp://push.example.org/", "", "https://",
        "https://push.example.org\\@127.0.0.1/", "https://push.example.org/\r\nX: y", "https://printer.local/x",
        "https://push.example.org:99999/x", "javascript:alert(1)", "http://localhost:8001.example.org/x",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_https_is_none_of_a_push_service(url: str) -> None:
    with pytest.raises(public_hosts.UnableToTrust):
        public_hosts.check_url(url, but_origin="http://localhost:8001")


def test_a_name_that_leads_into_our_network_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*addresses: str) -> Any:
        return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", told("93.184.215.14"))
    assert public_hosts.public_address("push.example.org", 443) == "93.184.215.14"
    for inside in ("127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:10.0.0.7", "fd00::1", "224.0.0.1"):
        monkeypatch.setattr(socket, "getaddrinfo", told("93.184.215.14", inside))
        with pytest.raises(public_hosts.UnableToTrust):
            public_hosts.public_address("push.example.org", 443)
    with public_hosts.client(httpx.Timeout(1)) as client, pytest.raises(public_hosts.UnableToTrust):
        client.post("https://push.example.org/x")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (201, None), (404, webpush.Gone), (410, webpush.Gone), (413, message.UnableToEverSend),
        (403, message.UnableToEverSend), (429, message.UnableToSend), (503, message.UnableToSend),
        (302, message.UnableToSend),
    ],
)  # fmt: skip
def test_what_a_push_service_answers(monkeypatch: pytest.MonkeyPatch, status: int, error: Any) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"Location": "http://127.0.0.1/"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        monkeypatch.setattr(webpush, "_client", lambda _origin: client)
        device = webpush.Device(1, FAR, READER, AUTH)
        if error is None:
            webpush.send(device, b"hello", key="k:1")
        else:
            with pytest.raises(error) as raised:
                webpush.send(device, b"hello", key="k:1")
            assert type(raised.value) is error
    (request,) = asked
    assert request.headers["TTL"] == "259200"
    assert request.headers["Content-Encoding"] == "aes128gcm"
    assert request.headers["Authorization"].startswith("vapid t=")
    assert len(request.headers["Topic"]) == 32
    assert b"hello" not in request.content


def test_a_device_is_known_once_and_the_eleventh_takes_the_place_of_the_oldest(db: None, settings: Any) -> None:
    settings.SANDBOX = False
    anna, boris = people.contract("Anna").customer_id, people.contract("Boris").customer_id

    def add(customer_id: int, endpoint: str, browser: str = "b") -> None:
        push_devices.add(
            customer_id, endpoint=endpoint, public_key=READER, auth_secret=AUTH, browser=browser, name="Chrome",
            actor="100001", at=clock.now(), address=None,
        )  # fmt: skip

    for number in range(12):
        add(anna, f"{FAR}{number}")
    assert len(push_devices.of_customer(anna)) == push_devices.MOST
    assert not PushDevice.objects.filter(endpoint=f"{FAR}0").exists()
    add(boris, f"{FAR}11", "the phone they share")
    assert [one.endpoint for one in push_devices.of_customer(boris)] == [f"{FAR}11"]
    assert len(push_devices.of_customer(anna)) == push_devices.MOST - 1
    assert push_devices.forget_browser("the phone they share") == 1
    for wrong in ("https://127.0.0.1/x", FAR + "x" * 1024, "http://localhost:8001/push/1"):
        with pytest.raises(push_devices.UnableToAdd):
            add(anna, wrong)
    settings.SANDBOX = True
    with pytest.raises(push_devices.UnableToAdd):
        add(anna, FAR)  # in the demo nothing leaves the machine
