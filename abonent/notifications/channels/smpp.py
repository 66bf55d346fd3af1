"""SMS by an SMS centre over SMPP 3.4: one bound connection a process, several messages on it at once.

A centre knows no id of ours. What is sent again after a lost answer could arrive twice, so it is not (UnknownResult);
of a long message only the parts that were not taken go again.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings

from abonent.notifications.channels import message as messages
from abonent.notifications.channels import smpp_link, sms_parts
from abonent.notifications.channels.message import Message

# The address or the length: the same message will be refused again. The rest mends itself or the operator mends it.
FINAL_STATUSES = frozenset({0x01, 0x0B, 0x50, 0x51})
BUSY_STATUSES = frozenset({0x58, 0x14})  # throttled, queue full
BUSY_WAITS_SECONDS = (0.5, 1.0, 2.0)  # then the outbox waits longer
_TON_NAME, _TON_INTERNATIONAL, _NPI_UNKNOWN, _NPI_ISDN = 5, 1, 0, 1
_LONG = 0x40  # esm_class: the body begins with a header
_RECEIPT_AT_ALL = 1
MOST_BEGUN = 1000

log = logging.getLogger(__name__)

_lock = threading.Lock()
_link: smpp_link.Link | None = None
_taken: dict[int, set[int]] = {}  # notice → parts of a long message that the centre has
_receipts: list[messages.Receipt] = []


def send(message: Message) -> str:
    """Send one SMS; give the centre's id of its last part, which its receipt will name.

    Raises UnableToSend, UnableToEverSend for FINAL_STATUSES, or UnknownResult.
    """
    try:
        parts = sms_parts.cut(message.body, message.notice_id)
    except sms_parts.TooLong as error:
        raise messages.UnableToEverSend(f"SMPP: {error}") from error
    taken = _taken.setdefault(message.notice_id, set()) if parts.is_long else set()
    gateway_id = ""
    for number, body in enumerate(parts.bodies):
        if number in taken:
            continue
        is_last = number == len(parts.bodies) - 1
        gateway_id = _submit(message.address, parts, body, is_last=is_last, reference=message.notice_id & 0xFFFF)
        taken.add(number)
    _taken.pop(message.notice_id, None)
    while len(_taken) > MOST_BEGUN:
        _taken.pop(next(iter(_taken)), None)
    return gateway_id


def receipts() -> list[messages.Receipt]:
    """What the centre has told since the last call."""
    found = _receipts[:]
    del _receipts[: len(found)]  # another may have come meanwhile
    return found


def noted(received: Iterable[messages.Receipt]) -> None:
    """They are kept by us now: the centre may forget them."""
    for one in received:
        one.answer()


def close() -> None:
    """Unbind, so that the centre does not wait for us. The next message binds anew."""
    global _link
    with _lock:
        if _link is not None:
            _link.close()
            _link = None


def listen() -> None:
    """Be bound, so that the centre can tell; one that is away is no matter here."""
    with contextlib.suppress(messages.UnableToSend):
        check()


def check() -> None:
    """For `abonent doctor`: bind and ask whether the link is alive.   Raises UnableToSend."""
    with _refusals():
        _bound()


def _submit(address: str, parts: sms_parts.Parts, body: bytes, *, is_last: bool, reference: int) -> str:
    for wait_seconds in (*BUSY_WAITS_SECONDS, None):
        with _refusals():
            status, gateway_id = _bound().submit(
                source_addr=settings.SMS_SENDER,
                source_addr_ton=_TON_INTERNATIONAL if settings.SMS_SENDER.isdigit() else _TON_NAME,
                source_addr_npi=_NPI_ISDN if settings.SMS_SENDER.isdigit() else _NPI_UNKNOWN,
                destination_addr=address.removeprefix("+"),
                dest_addr_ton=_TON_INTERNATIONAL,
                dest_addr_npi=_NPI_ISDN,
                esm_class=_LONG if parts.is_long else 0,
                data_coding=parts.data_coding,
                registered_delivery=_RECEIPT_AT_ALL if is_last else 0,
                short_message=body,
                user_message_reference=reference,  # comes back in the receipt, also of what a killed worker has sent
            )
        if not status:
            return gateway_id
        if status not in BUSY_STATUSES or wait_seconds is None:
            break
        time.sleep(wait_seconds)
    raise (messages.UnableToEverSend if status in FINAL_STATUSES else messages.UnableToSend)(f"SMPP {status:#x}")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except smpp_link.AnswerLost as error:
        raise messages.UnknownResult(f"SMPP: {error}") from error
    except smpp_link.UnableToLink as error:
        raise messages.UnableToSend(f"SMPP: {error}") from error


def _bound() -> smpp_link.Link:
    """The connection of this process; a new one where there was none, it has broken or does not answer.

    Raises smpp_link.UnableToLink.
    """
    global _link
    with _lock:
        if _link is not None and not _link.is_alive():
            _link.close()
            _link = None
        if _link is None:
            parts = urlsplit(settings.SMPP_URL)
            if not parts.hostname or not parts.port:
                raise smpp_link.UnableToLink("ABONENT_SMPP_URL must be like smpp://host:2775")
            _link = smpp_link.Link(
                parts.hostname,
                parts.port,
                tls=parts.scheme == "smpps",
                system_id=settings.SMPP_SYSTEM_ID,
                password=settings.SMPP_PASSWORD,
                system_type=settings.SMPP_SYSTEM_TYPE,
                on_receipt=_note,
            )
        return _link


def _note(told: smpp_link.Told) -> None:
    """A receipt: "id:12AF sub:001 … stat:DELIVRD err:000 text:". Some centres give an id in hex, tell it in decimal."""
    words = told.text.replace("submit date", "submit_date").split()
    said = dict(word.split(":", 1) for word in words if ":" in word)
    gateway_id, state = said.get("id", ""), said.get("stat", "")
    if not gateway_id or state not in _ENDS:
        told.answer()
        return
    phone = f"+{told.phone}" if told.phone.isdigit() else told.phone
    what = f"SMPP {state} {said.get('err', '')}"
    arrived = state == "DELIVRD"
    _receipts.append(messages.Receipt(_spellings(gateway_id), arrived, what, told.reference, phone, told.answer))


def _spellings(gateway_id: str) -> list[str]:
    found = {gateway_id, gateway_id.lower(), gateway_id.upper(), gateway_id.lstrip("0")}
    if gateway_id.isascii() and gateway_id.isdigit():
        found |= {f"{int(gateway_id):x}", f"{int(gateway_id):X}"}
    elif gateway_id.isascii() and all(one in "0123456789abcdefABCDEF" for one in gateway_id):
        found.add(str(int(gateway_id, 16)))
    return sorted(found - {""})


_ENDS = frozenset({"DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "REJECTD", "UNKNOWN"})
