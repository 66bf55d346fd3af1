"""One access server: it dials in, reports traffic, and listens for CoA. Known by the loopback address it sends from."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.network import wire

ANSWER_SECONDS = 3.0
TRIES = 2
GIGAWORD = 1 << 32


class NoAnswer(Exception):
    """The RADIUS server was silent."""


@dataclass
class Dialled:
    """A session as the access server keeps it."""

    session_id: str
    identity: wire.Pairs
    class_: bytes | None
    given: wire.Packet
    address: str
    began: float
    up_octets: int = 0
    down_octets: int = 0
    extra_seconds: int = 0
    live: bool = True
    asked_with: wire.Pairs = field(default_factory=list)  # the whole request: to dial again
    heard: list[wire.Packet] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        return int(time.monotonic() - self.began) + self.extra_seconds

    def attribute(self, name: str) -> wire.Value | None:
        """What was said last: by CoA, else at the start."""
        for packet in [*reversed(self.heard), self.given]:
            if (value := packet.first(name)) is not None:
                return value
        return None

    @property
    def walled(self) -> bool:
        lists = (self.attribute("Mikrotik-Address-List"), self.attribute("ERX-Ingress-Policy-Name"))
        return "walled" in lists or self.attribute("Filter-Id") == "1000/1000"


class Nas:
    """Threads may share it. `manners`: how it meets CoA: obeys, refuses (NAK), deaf (no answer)."""

    def __init__(
        self, address: str, secret: str, server: str, auth_port: int, acct_port: int, coa_port: int = 0
    ) -> None:
        self.address, self.secret, self.server = address, secret.encode(), server
        self.auth_port, self.acct_port = auth_port, acct_port
        self.coa_manners = self.disconnect_manners = "obeys"
        self.sends_gigawords = self.sends_class = True
        self.patience_seconds, self.tries = ANSWER_SECONDS, TRIES
        self.dials_again = False  # a subscriber's router does, a moment after it was disconnected
        self.sessions: dict[str, Dialled] = {}
        self.asked: list[tuple[float, wire.Packet]] = []  # what came by CoA, and when
        self._numbers = 0
        self._lock = threading.Lock()
        self._coa = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._coa.bind((address, coa_port))
        self.coa_port = int(self._coa.getsockname()[1])
        self._closed = False
        self._listener = threading.Thread(target=self._listen, daemon=True, name=f"nas-{address}")
        self._listener.start()

    def close(self) -> None:
        self._closed = True
        waker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        waker.sendto(b"", (self.address, self.coa_port))
        waker.close()
        self._listener.join(5)
        self._coa.close()

    # --- what it asks ------------------------------------------------------------------------------------
    def authorise(self, identity: wire.Pairs, *, secret: bytes | None = None) -> wire.Packet:
        """The answer to an Access-Request.   Raises NoAnswer."""
        return self._ask(
            self.auth_port,
            lambda number: wire.access_request(
                number, [*identity, ("NAS-IP-Address", self.address)], secret or self.secret
            ),
            secret or self.secret,
        )

    def account(self, pairs: wire.Pairs) -> wire.Packet:
        """Raises NoAnswer."""
        return self._ask(
            self.acct_port,
            lambda number: wire.signed_request(
                wire.ACCOUNTING_REQUEST, number, [*pairs, ("NAS-IP-Address", self.address)], self.secret
            ),
            self.secret,
        )

    def dial(self, identity: wire.Pairs, *, address: str = "10.0.0.1", session_id: str = "") -> Dialled | wire.Packet:
        """A session, or the answer that refused it.   Raises NoAnswer."""
        given = self.authorise(identity)
        if given.code != wire.ACCESS_ACCEPT:
            return given
        with self._lock:
            self._numbers += 1
            name = session_id or f"{int(time.time()):x}{self._numbers:04x}"
        class_ = given.first("Class") if self.sends_class else None
        framed = given.first("Framed-IP-Address")
        session = Dialled(
            name,
            [pair for pair in identity if pair[0] not in {"User-Password", "CHAP-Password", "CHAP-Challenge"}],
            class_ if isinstance(class_, bytes) else None,
            given,
            str(framed or address),
            time.monotonic(),
            asked_with=identity,
        )
        with self._lock:
            self.sessions[name] = session
        self.account(self.report(session, wire.START))
        return session

    def traffic(self, session: Dialled, *, up: int, down: int, seconds: int = 0) -> None:
        """So much has gone in so many seconds; told at once, as an interim."""
        session.up_octets += up
        session.down_octets += down
        session.extra_seconds += seconds
        self.account(self.report(session, wire.INTERIM))

    def hang_up(self, session: Dialled) -> None:
        self._drop(session)
        self.account([*self.report(session, wire.STOP), ("Acct-Terminate-Cause", 1)])

    def report(self, session: Dialled, status: int) -> wire.Pairs:
        """An accounting packet of the session, as it stands."""
        pairs: wire.Pairs = [
            ("Acct-Status-Type", status),
            ("Acct-Session-Id", session.session_id),
            ("Framed-IP-Address", session.address),
            ("Event-Timestamp", int(time.time())),
            *session.identity,
        ]
        if session.class_ is not None:
            pairs.append(("Class", session.class_))
        if status != wire.START:
            pairs += [
                ("Acct-Session-Time", session.seconds),
                ("Acct-Input-Octets", session.up_octets % GIGAWORD),
                ("Acct-Output-Octets", session.down_octets % GIGAWORD),
            ]
            if self.sends_gigawords:
                pairs += [
                    ("Acct-Input-Gigawords", session.up_octets // GIGAWORD),
                    ("Acct-Output-Gigawords", session.down_octets // GIGAWORD),
                ]
        return pairs

    def _drop(self, session: Dialled) -> None:
        session.live = False
        with self._lock:
            self.sessions.pop(session.session_id, None)

    def _ask(self, port: int, build: Callable[[int], bytes], secret: bytes) -> wire.Packet:
        with self._lock:
            self._numbers += 1
            data = build(self._numbers % 256)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((self.address, 0))
            asking.settimeout(self.patience_seconds)
            for _ in range(self.tries):
                asking.sendto(data, (self.server, port))
                try:
                    return wire.read_answer(asking.recv(4096), data[4:20], secret)
                except TimeoutError:
                    continue
        raise NoAnswer(f"{self.server}:{port}")

    # --- what it is told ---------------------------------------------------------------------------------
    def _listen(self) -> None:
        while not self._closed:
            data, whence = self._coa.recvfrom(4096)
            try:
                packet = wire.read_request(data, self.secret)
            except wire.UnableToRead:
                continue
            self.asked.append((time.monotonic(), packet))
            reply = self._obey(packet)
            if reply is not None:
                self._coa.sendto(reply, whence)

    def _obey(self, packet: wire.Packet) -> bytes | None:
        is_coa = packet.code == wire.COA_REQUEST
        manners = self.coa_manners if is_coa else self.disconnect_manners
        ack, nak = (wire.COA_ACK, wire.COA_NAK) if is_coa else (wire.DISCONNECT_ACK, wire.DISCONNECT_NAK)
        if manners == "deaf":
            return None
        session = self.sessions.get(str(packet.first("Acct-Session-Id") or ""))
        if session is None:
            return wire.answer(nak, packet, [("Error-Cause", wire.SESSION_NOT_FOUND)], self.secret)
        if manners == "refuses":
            return wire.answer(nak, packet, [("Error-Cause", 506)], self.secret)
        if is_coa:
            session.heard.append(packet)
        else:
            self._drop(session)
            threading.Thread(target=self._say_stopped, args=(session,), daemon=True).start()
        return wire.answer(ack, packet, [], self.secret)

    def _say_stopped(self, session: Dialled) -> None:
        try:
            self.account([*self.report(session, wire.STOP), ("Acct-Terminate-Cause", 6)])
            if self.dials_again:
                self.dial(session.asked_with, address=session.address)
        except (NoAnswer, OSError):
            return
