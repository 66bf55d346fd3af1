"""One bound connection to an SMS centre; a thread reads it and hands each answer to who waits for it."""

import contextlib
import functools
import logging
import select
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from smpplib import client as smpp_client
from smpplib import exceptions as smpp_exceptions
from smpplib import smpp

ANSWER_SECONDS = 15
ANSWER_RECEIPTS_SECONDS = 10
CONNECT_SECONDS = 5
QUIET_SECONDS = 20  # then the centre is asked whether it is there; many cut a connection off after a minute
CHECKED_SECONDS = 5  # a connection heard of so lately is used without asking
_OK = 0

logging.getLogger("abonent.smpp").setLevel(logging.CRITICAL)  # the library's own log names phones and passwords


class UnableToLink(Exception):
    """Nothing was sent."""


class AnswerLost(UnableToLink):
    """The message was handed over, and the connection broke or was silent before its answer came."""


class Told(NamedTuple):
    """A receipt as it came. The centre keeps it until `answer` is called: who is killed before has not heard it."""

    text: str
    reference: int | None  # ours, of the message
    phone: str
    answer: Callable[[], None]


class _Waiting:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.pdu: Any = None


class Link:
    """Made bound, or not made.   Raises UnableToLink."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: bool,
        system_id: str,
        password: str,
        system_type: str,
        on_receipt: Callable[["Told"], None],
    ) -> None:
        context = ssl.create_default_context() if tls else None
        self._client = smpp_client.Client(
            host, port, timeout=CONNECT_SECONDS, logger_name="abonent.smpp", ssl_context=context,
            allow_unknown_opt_params=True,
        )  # fmt: skip
        self._on_receipt = on_receipt
        self._sending = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._is_open = True
        self._heard_at = time.monotonic()
        self._unanswered: dict[int, float] = {}  # receipts that nobody has noted yet, and since when
        try:
            self._client.connect()
            self._client.bind_transceiver(system_id=system_id, password=password, system_type=system_type)
        except (smpp_exceptions.ConnectionError, OSError) as error:
            self._shut()
            raise UnableToLink("the centre does not answer") from error
        except Exception as error:  # what the library says of an answer it cannot read, too
            self._shut()
            raise UnableToLink("the centre does not let us in") from error
        self._reader = threading.Thread(target=self._read, name="smpp", daemon=True)
        self._reader.start()

    def is_alive(self) -> bool:
        """Asks the centre, unless something was heard from it just now."""
        if self._is_open and time.monotonic() - self._heard_at > CHECKED_SECONDS:
            try:
                self._ask("enquire_link", wait_seconds=CONNECT_SECONDS)
            except UnableToLink:
                self._is_open = False
        return self._is_open

    def submit(self, **fields: Any) -> tuple[int, str]:
        """Hand one part over; give (status, the centre's id of it).   Raises UnableToLink or AnswerLost."""
        pdu = self._ask("submit_sm", wait_seconds=ANSWER_SECONDS, **fields)
        given = getattr(pdu, "message_id", None) or b""
        return int(pdu.status), given.decode("ascii", "replace") if isinstance(given, bytes) else str(given)

    def close(self) -> None:
        if self._is_open:
            try:
                self._ask("unbind", wait_seconds=1)
            except UnableToLink:
                self._is_open = False
        self._is_open = False
        self._reader.join(CONNECT_SECONDS)
        self._shut()

    def _ask(self, command: str, *, wait_seconds: float, **fields: Any) -> Any:
        waiting = _Waiting()
        with self._sending:
            if not self._is_open:
                raise UnableToLink("the connection has broken")
            pdu = smpp.make_pdu(command, client=self._client, **fields)
            sequence = pdu.sequence
            self._waiting[sequence] = waiting
            try:
                self._client.send_pdu(pdu)
            except (smpp_exceptions.ConnectionError, OSError) as error:
                self._waiting.pop(sequence, None)
                self._is_open = False
                raise AnswerLost("the connection broke") from error
        waiting.done.wait(wait_seconds)
        self._waiting.pop(sequence, None)
        if waiting.pdu is None:
            self._is_open = False
            raise AnswerLost("no answer came")
        return waiting.pdu

    def _read(self) -> None:
        try:
            while self._is_open:
                readable, _, _ = select.select([self._client._socket], [], [], 0.5)
                if readable:
                    self._take(self._client.read_pdu())
                    self._heard_at = time.monotonic()
                self._answer_old()
                if not readable and time.monotonic() - self._heard_at > QUIET_SECONDS:
                    self._send("enquire_link")
                    self._heard_at = time.monotonic()
        except Exception:  # the connection or what came over it: whoever waits learns that his answer is lost
            self._is_open = False
        for one in list(self._waiting.values()):
            one.done.set()

    def _take(self, pdu: Any) -> None:
        if pdu.command == "deliver_sm":
            body = pdu.short_message or b""
            if (pdu.esm_class or 0) & 0x3C != 0x04:
                self._send("deliver_sm_resp", sequence=pdu.sequence)
                return
            self._unanswered[pdu.sequence] = time.monotonic()
            self._on_receipt(
                Told(
                    _text(body),
                    getattr(pdu, "user_message_reference", None),
                    _text(pdu.source_addr or b""),
                    functools.partial(self._answer, pdu.sequence),
                )
            )
        elif pdu.command == "enquire_link":
            self._send("enquire_link_resp", sequence=pdu.sequence)
        elif pdu.command == "unbind":
            self._send("unbind_resp", sequence=pdu.sequence)
            self._is_open = False
        elif (waiting := self._waiting.get(pdu.sequence)) is not None:
            waiting.pdu = pdu
            waiting.done.set()
            if pdu.command == "unbind_resp":
                self._is_open = False

    def _answer(self, sequence: int) -> None:
        if self._unanswered.pop(sequence, None) is not None and self._is_open:
            with contextlib.suppress(smpp_exceptions.ConnectionError, OSError):  # it comes again at the next one
                self._send("deliver_sm_resp", sequence=sequence)

    def _answer_old(self) -> None:
        """A centre does not wait for ever. By now the message's own answer has long been noted."""
        late = time.monotonic() - ANSWER_RECEIPTS_SECONDS
        for sequence in [one for one, since in list(self._unanswered.items()) if since < late]:
            self._answer(sequence)

    def _send(self, command: str, *, sequence: int | None = None) -> None:
        with self._sending:
            pdu = smpp.make_pdu(command, client=self._client, status=_OK)
            if sequence is not None:
                pdu.sequence = sequence
            self._client.send_pdu(pdu)

    def _shut(self) -> None:
        socket, self._client._socket = self._client._socket, None
        if socket is not None:
            socket.close()


def _text(given: bytes | str) -> str:
    return given.decode("latin-1") if isinstance(given, bytes) else str(given)
