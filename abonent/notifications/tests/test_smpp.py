"""SMPP over the wire, against a simulator in a process of its own: whole and long texts, throttling, lost answers."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from smpplib import client as smpp_client

from abonent.core import clock
from abonent.notifications import delivery, outbox
from abonent.notifications.channels import message, smpp, smpp_link, sms_parts
from abonent.notifications.channels.message import Message
from abonent.notifications.models import Notice
from abonent.notifications.tests import people
from sandbox import testing
from tests import smsc

ANNA, THROTTLED, WRONG, SILENT = "+79161234567", "+79161230001", "+79161230002", "+79161230003"
KANNEL = Path("/usr/lib/kannel/test/drive_smpp")
KANNELS_BOX = 13001  # fixed: it connects there a second after we have bound


@pytest.fixture
def centre(settings: Any) -> Iterator[smsc.Centre]:
    with smsc.start(testing.free_ports()[0]) as running:
        settings.SMPP_URL, settings.SMS_SENDER = running.url, "SkyNet"
        settings.SMPP_SYSTEM_ID, settings.SMPP_PASSWORD = "us", smsc.PASSWORD
        yield running
        smpp.close()


def sms(body: str, notice_id: int = 17, phone: str = ANNA) -> Message:
    return Message(notice_id, f"k:{notice_id}", "k", phone, "", body)


def test_a_russian_text_goes_in_ucs2_to_a_number_from_a_name(centre: smsc.Centre) -> None:
    assert smpp.send(sms("SkyNet: не хватает 325,00\u00a0₽")) == "A01"
    (part,) = centre.wait_for(1)
    assert (part["phone"], part["sender"]) == ("79161234567", "SkyNet")
    assert part["ton"] == [5, 0, 1, 1]
    assert (part["esm_class"], part["data_coding"]) == (0, 8)
    assert bytes.fromhex(part["body"]).decode("utf-16-be") == "SkyNet: не хватает 325,00 ₽"


def test_a_long_text_goes_in_parts_that_the_phone_joins(centre: smsc.Centre) -> None:
    text = "Отключение воды " * 9  # 144 letters: 67 + 67 + 10
    smpp.send(sms(text, notice_id=300))
    parts = centre.wait_for(3)
    bodies = [bytes.fromhex(part["body"]) for part in parts]
    assert [body[:6].hex() for body in bodies] == ["0500032e0301", "0500032e0302", "0500032e0303"]  # 300 % 255 + 1
    assert [len(body) for body in bodies] == [140, 140, 26]
    assert b"".join(body[6:] for body in bodies).decode("utf-16-be") == text
    assert {part["esm_class"] for part in parts} == {0x40}


@pytest.mark.parametrize(
    ("text", "coding", "sizes"),
    [
        ("a" * 160, 0, [160]),
        ("a" * 161, 0, [159, 14]),  # 153 and 8, each after a header of 6
        ("я" * 70, 8, [140]),
        ("я" * 71, 8, [140, 14]),
        ("a@b", 8, [6]),  # the GSM alphabet has @ elsewhere than ASCII
        ("я" * 66 + "🙂" + "я" * 10, 8, [138, 30]),  # a letter of four bytes is not cut in two
    ],
)
def test_how_a_text_is_cut(text: str, coding: int, sizes: list[int]) -> None:
    parts = sms_parts.cut(text, 1)
    assert (parts.data_coding, [len(body) for body in parts.bodies]) == (coding, sizes)
    assert parts.is_long is (len(sizes) > 1)


def test_eleven_parts_are_none_of_ours() -> None:
    assert len(sms_parts.cut("я" * 670, 1).bodies) == 10
    with pytest.raises(sms_parts.TooLong):
        sms_parts.cut("я" * 671, 1)


def test_a_throttled_message_goes_a_moment_later(centre: smsc.Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp, "BUSY_WAITS_SECONDS", (0.01,))
    assert smpp.send(sms("Привет", phone=THROTTLED)) == "A01"
    assert len(centre.wait_for(1)) == 1


def test_a_centre_that_stays_busy_is_tried_again_by_the_outbox(
    centre: smsc.Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp, "BUSY_WAITS_SECONDS", ())
    with pytest.raises(message.UnableToSend, match="0x58") as error:
        smpp.send(sms("Привет", phone=THROTTLED))
    assert not isinstance(error.value, message.UnableToEverSend)


def test_a_number_the_centre_refuses_is_refused_for_good(centre: smsc.Centre) -> None:
    with pytest.raises(message.UnableToEverSend, match="0xb"):
        smpp.send(sms("Привет", phone=WRONG))


def test_a_lost_answer_is_not_sent_again(centre: smsc.Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_link, "ANSWER_SECONDS", 0.2)
    with pytest.raises(message.UnknownResult):
        smpp.send(sms("Привет", phone=SILENT))
    assert len(centre.wait_for(1)) == 1
    assert smpp.send(sms("Привет", notice_id=18)) == "A02"  # on a new connection


def test_of_a_long_message_only_what_was_not_taken_goes_again(
    centre: smsc.Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = iter([(0, "A"), (0x58, ""), (0, "B"), (0, "C")])
    submitted = []

    def submit(self: smpp_link.Link, **fields: Any) -> tuple[int, str]:
        submitted.append(fields["short_message"][5])
        return next(given)

    monkeypatch.setattr(smpp_link.Link, "submit", submit)
    monkeypatch.setattr(smpp, "BUSY_WAITS_SECONDS", ())
    long = sms("я" * 150)
    with pytest.raises(message.UnableToSend):
        smpp.send(long)
    assert smpp.send(long) == "C"
    assert submitted == [1, 2, 2, 3]


def test_a_centre_that_is_down_is_tried_again_and_found_again(settings: Any) -> None:
    port = testing.free_ports()[0]
    settings.SMPP_URL, settings.SMS_SENDER = f"smpp://127.0.0.1:{port}", "SkyNet"
    for _ in range(2):
        with pytest.raises(message.UnableToSend) as error:
            smpp.send(sms("Привет"))
        assert not isinstance(error.value, message.UnableToEverSend)
        with smsc.start(port):
            assert smpp.send(sms("Привет")) == "A01"
        # Killed now: the connection is found dead at the next message, before anything is handed over.
        assert smpp._link is not None
        smpp._link._heard_at -= smpp_link.CHECKED_SECONDS + 1
    smpp.close()


@pytest.mark.parametrize("url", ["", "smpp://", "smpp://host", "host:2775"])
def test_a_setting_that_is_no_address_is_told(settings: Any, url: str) -> None:
    settings.SMPP_URL = url
    with pytest.raises(message.UnableToSend, match="ABONENT_SMPP_URL"):
        smpp.send(sms("Привет"))


def test_eight_threads_share_one_connection(centre: smsc.Centre) -> None:
    with futures.ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda n: smpp.send(sms("Привет", notice_id=n)), range(1, 41)))
    assert len(set(ids)) == 40
    assert len(centre.wait_for(40)) == 40
    assert sum(thread.name == "smpp" for thread in threading.enumerate()) == 1


def test_a_receipt_tells_that_it_arrived(centre: smsc.Centre, settings: Any, db: None) -> None:
    settings.SMS_GATEWAY = "smpp"
    with clock.frozen(clock.at_noon(date(2026, 12, 14))):
        with transaction.atomic():
            contract = people.contract("Anna", phone=ANNA)
            outbox.queue(key="activated:1", contract_id=contract.pk, kind="activated", params={})
        delivery.deliver()
        notice = Notice.objects.get()
        assert (notice.state, notice.gateway_id) == ("sent", "A01")
        # The receipt comes a moment later, or while the message is still being noted as sent.
        _until(lambda: notice.delivered_at is not None or bool(smpp._receipts))
        delivery.wake_if_due()
        notice.refresh_from_db()
        assert notice.delivered_at is not None


def _until(is_so: Callable[[], bool]) -> None:
    """The simulator tells of it a moment later, in a thread."""
    tries = 0
    while not is_so():
        tries += 1
        assert tries < 500
        threading.Event().wait(0.01)


def test_what_receipts_say() -> None:
    answered: list[bool] = []
    smpp.receipts()
    for text in ("id:12AF stat:ENROUTE err:000", "stat:DELIVRD", "rubbish", "id:0000004783 stat:UNDELIV err:001 text:"):
        smpp._note(smpp_link.Told(text, 17, "79161234567", lambda: answered.append(True)))
    (told,) = smpp.receipts()
    assert told[:5] == (["0000004783", "12AF", "12af", "4783"], False, "SMPP UNDELIV 001", 17, "+79161234567")
    assert len(answered) == 3  # what tells of no end needs no keeping
    smpp.noted([told])
    assert len(answered) == 4
    assert smpp.receipts() == []


@pytest.fixture
def kannel(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """Debian's Kannel as the centre: gives what its log says. Its own codec, written apart from both of ours.

    It knows `bind_transmitter` only, gives no ids, and wants a box to hand its messages to.
    """
    if not KANNEL.exists():
        pytest.skip("kannel-extras is not installed: its SMPP is not met (Debian: apt-get install kannel-extras)")
    port = testing.free_ports()[0]
    settings.SMPP_URL, settings.SMS_SENDER = f"smpp://127.0.0.1:{port}", "SkyNet"
    settings.SMPP_SYSTEM_ID, settings.SMPP_PASSWORD = "us", smsc.PASSWORD
    monkeypatch.setattr(smpp_client.Client, "bind_transceiver", smpp_client.Client.bind_transmitter)
    arguments = [str(KANNEL), "-v", "0", "-m", "1", "-p", str(port)]
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # taken by another run of this test: its box will do
            stack.enter_context(socket.create_server(("127.0.0.1", KANNELS_BOX)))
        log = stack.enter_context((tmp_path / "log").open("wb"))
        process = stack.enter_context(subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT))
        try:
            yield lambda: (tmp_path / "log").read_text("latin-1").splitlines()
        finally:
            smpp.close()
            process.kill()


def test_kannel_understands_what_we_send(kannel: Callable[[], list[str]]) -> None:
    """A short text, a long one in parts, a question whether it is there, and the parting: nothing is dropped."""

    def bound() -> bool:
        with contextlib.suppress(message.UnableToSend):
            smpp.check()
            return True
        return False

    _until(bound)
    smpp.send(sms("SkyNet: code 4711"))
    smpp.send(sms("Отключение воды " * 9, notice_id=300))
    assert smpp._link is not None
    smpp._link._heard_at -= smpp_link.CHECKED_SECONDS + 1
    smpp.check()  # heard of too long ago: it is asked
    smpp.close()
    _until(lambda: any("type unbind" in line for line in kannel()))
    handled = [line.rpartition("of type ")[2] for line in kannel() if "of type " in line]
    assert handled == ["bind_transmitter", *["submit_sm"] * 4, "enquire_link", "unbind"]
    assert any("short_message = <SkyNet: code 4711>" in line for line in kannel())
    wrong = ("ERROR", "PANIC", "WARNING", "dropp", "failed", "garbage", "Unhandled")
    assert [line for line in kannel() if any(word in line for word in wrong)] == []
