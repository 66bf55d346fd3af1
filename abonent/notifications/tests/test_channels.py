"""The channels over the wire, against the sandbox's gateways; and gateways that are down, slow or talk nonsense."""

import http.server
import logging
import smtplib
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from abonent.notifications.channels import console, message, smsc, smsru, smtp
from abonent.notifications.channels.message import Message
from sandbox import testing

SMS = Message(17, "suspended:17:2026-12-01", "suspended", "+79161234567", "", "SkyNet: не хватает 325,00\u00a0₽")
LETTER = Message(17, "resumed:17", "resumed", "anna@example.ru", "Услуги снова работают", "Здравствуйте!\n")


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Running]:
    with testing.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def at_sandbox(gateways: testing.Running, settings: Any) -> testing.Running:
    settings.SMSC_URL = f"{gateways.base_url}/sms"
    settings.SMSC_LOGIN, settings.SMSC_PASSWORD = testing.SMS_LOGIN, testing.SMS_PASSWORD
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", gateways.smtp_port
    settings.DEFAULT_FROM_EMAIL = "help@skynet.example"
    return gateways


def test_an_sms_arrives_and_its_repeat_is_kept_once(at_sandbox: testing.Running) -> None:
    smsc.send(SMS)
    smsc.send(SMS)
    inbox = at_sandbox.sms("79161234567")
    assert [(one["id"], one["text"]) for one in inbox] == [(17, SMS.body)]


@pytest.mark.parametrize(
    ("phone", "login", "final"),
    [
        ("12", "right", True),  # 7: the phone is wrong, and will be
        ("+79161234567", "wrong", False),  # 2: the operator will mend the sign-in
    ],
)
def test_an_error_of_the_gateway_says_whether_to_try_again(
    at_sandbox: testing.Running, settings: Any, phone: str, login: str, final: bool
) -> None:
    if login == "wrong":
        settings.SMSC_LOGIN = "somebody"
    with pytest.raises(message.UnableToSend) as error:
        smsc.send(SMS._replace(notice_id=18, address=phone))
    assert isinstance(error.value, message.UnableToEverSend) is final


def test_a_letter_arrives_with_a_message_id_of_its_key(at_sandbox: testing.Running) -> None:
    smtp.send(LETTER)
    (letter,) = at_sandbox.letters("anna@example.ru")
    assert letter["subject"] == "Услуги снова работают"
    assert letter["text"].strip() == "Здравствуйте!"
    headers = {name.lower(): value for name, value in letter["headers"].items()}
    assert headers["message-id"] == "<resumed.17@skynet.example>"
    assert headers["from"] == "SkyNet <help@skynet.example>"


def test_a_mail_server_that_is_down_is_tried_again(at_sandbox: testing.Running, settings: Any) -> None:
    settings.EMAIL_PORT = testing.free_ports()[0]
    with pytest.raises(message.UnableToSend) as error:
        smtp.send(LETTER)
    assert not isinstance(error.value, message.UnableToEverSend)


@pytest.mark.parametrize(
    ("raised", "final"),
    [
        (smtplib.SMTPRecipientsRefused({"anna@example.ru": (550, b"no such user")}), True),
        (smtplib.SMTPRecipientsRefused({"anna@example.ru": (451, b"greylisted")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(452, b"disk full"), False),
        (smtplib.SMTPSenderRefused(550, b"who are you", "help@skynet.example"), False),  # the operator mends it
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
        (TimeoutError("slow"), False),
    ],
)
def test_what_a_mail_server_refuses_for_good(
    at_sandbox: testing.Running, monkeypatch: pytest.MonkeyPatch, raised: Exception, final: bool
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise raised

    monkeypatch.setattr(smtplib.SMTP, "sendmail", refuse)
    with pytest.raises(message.UnableToSend) as error:
        smtp.send(LETTER)
    assert isinstance(error.value, message.UnableToEverSend) is final


def test_the_console_tells_nothing_personal(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        console.send(SMS)
    assert [record.getMessage() for record in caplog.records] == ["notice 17 suspended would be sent"]


class Strange(http.server.BaseHTTPRequestHandler):
    answer: tuple[int, bytes] = (200, b"")
    asked = b""

    def do_POST(self) -> None:
        type(self).asked = self.rfile.read(int(self.headers["content-length"]))
        status, body = self.answer
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def strange(settings: Any) -> Iterator[type[Strange]]:
    class Handler(Strange): ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.SMSC_URL = settings.SMSRU_URL = f"http://127.0.0.1:{server.server_port}"
        yield Handler
        server.shutdown()
        thread.join(10)


@pytest.mark.parametrize(
    ("status", "body", "final"),
    [
        (200, b'{"error": "no money", "error_code": 3}', False),
        (200, b'{"error": "denied", "error_code": 6}', True),
        (200, b'{"error": "busy", "error_code": 9}', False),
        (200, b'{"error": "new", "error_code": 42}', False),  # a code we have never heard of
        (200, b"<html>maintenance</html>", False),
        (200, b"[]", False),
        (200, b"{}", False),
        (200, b"\xff", False),
        (502, b"bad gateway", False),
        (302, b"", False),
    ],
)
def test_answers_of_a_gateway(strange: type[Strange], status: int, body: bytes, final: bool) -> None:
    strange.answer = (status, body)
    with pytest.raises(message.UnableToSend) as error:
        smsc.send(SMS)
    assert isinstance(error.value, message.UnableToEverSend) is final
    assert SMS.address not in str(error.value)


@pytest.mark.parametrize("channel", [smsc, smsru])
def test_a_gateway_that_is_down_is_tried_again(settings: Any, channel: Any) -> None:
    settings.SMSC_URL = settings.SMSRU_URL = f"http://127.0.0.1:{testing.free_ports()[0]}"
    with pytest.raises(message.UnableToSend, match="ConnectError") as error:
        channel.send(SMS)
    assert not isinstance(error.value, message.UnableToEverSend)


def test_sms_ru_takes_a_message(strange: type[Strange], settings: Any) -> None:
    settings.SMSRU_API_ID, settings.SMS_SENDER = "key", "SkyNet"
    strange.answer = (200, b'{"status":"OK","status_code":100,"sms":{"79161234567":{"status":"OK","status_code":100}}}')
    smsru.send(SMS)
    asked = dict(urllib.parse.parse_qsl(strange.asked.decode()))
    assert asked == {"api_id": "key", "to": "79161234567", "msg": SMS.body, "json": "1", "from": "SkyNet"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"status":"OK","status_code":100,"sms":{"7":{"status_code":202}}}', message.UnableToEverSend),
        (200, b'{"status":"OK","status_code":100,"sms":{"7":{"status_code":201}}}', message.UnableToSend),  # no money
        (200, b'{"status":"ERROR","status_code":200,"status_text":"api_id"}', message.UnableToSend),
        (200, b"<html>", message.UnknownResult),  # something answered: it may have gone
        (200, b"[]", message.UnknownResult),
        (200, b'{"sms": 1}', message.UnknownResult),
        (502, b"", message.UnableToSend),
    ],
)
def test_answers_of_sms_ru(strange: type[Strange], status: int, body: bytes, kind: type[Exception]) -> None:
    strange.answer = (status, body)
    with pytest.raises(message.UnableToSend) as error:
        smsru.send(SMS)
    assert type(error.value) is kind
    assert SMS.address not in str(error.value)


def test_a_gateway_that_hangs_is_not_waited_for_for_ever() -> None:
    assert smsc._peer.client().timeout == httpx.Timeout(15, connect=5)
