"""RADIUS load from one process: as many sockets as clients, each sends the next request once it has its answer."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

PATIENCE_SECONDS = 3.0  # as an access server has it
TRIES = 3


@dataclass
class Result:
    seconds: float = 0.0
    answered: int = 0
    sent_again: int = 0
    lost: int = 0
    codes: dict[int, int] = field(default_factory=dict)


@dataclass
class _Client:
    peer: socket.socket
    request: bytes = b""
    tries: int = 0
    sent_at: float = 0.0


def run(port: int, source: str, requests: Sequence[bytes], *, clients: int = 32) -> Result:
    """Send each request once, `clients` at a time, from the loopback address `source`; wait for every answer.

    requests: whole packets; those that follow one another must differ in their authenticators.
    """
    result = Result()
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        busy: list[_Client] = []
        try:
            for _ in range(min(clients, len(requests))):
                peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one = _Client(peer)
                busy.append(one)
                peer.bind((source, 0))
                peer.connect(("127.0.0.1", port))
                peer.setblocking(False)
                selector.register(peer, selectors.EVENT_READ, one)
            began = time.perf_counter()
            open_count = sum(_next(one, waiting) for one in busy)
            while open_count:
                for key, _ in selector.select(0.2):
                    open_count -= _answered(key.data, waiting, result)
                open_count -= _impatient(busy, waiting, result)
            result.seconds = time.perf_counter() - began
        finally:
            for one in busy:
                one.peer.close()
    return result


def _next(one: _Client, waiting: Iterator[bytes]) -> bool:
    """Whether it had anything more to send."""
    one.request, one.tries = next(waiting, b""), 1
    if not one.request:
        return False
    one.sent_at = time.perf_counter()
    one.peer.send(one.request)
    return True


def _answered(one: _Client, waiting: Iterator[bytes], result: Result) -> int:
    """1 when this client has no more to do."""
    data = one.peer.recv(4096)
    if not one.request or data[1] != one.request[1]:
        return 0  # a second answer to what was sent twice
    result.answered += 1
    result.codes[data[0]] = result.codes.get(data[0], 0) + 1
    return 0 if _next(one, waiting) else 1


def _impatient(busy: list[_Client], waiting: Iterator[bytes], result: Result) -> int:
    now, ended = time.perf_counter(), 0
    for one in busy:
        if not one.request or now - one.sent_at < PATIENCE_SECONDS:
            continue
        if one.tries < TRIES:
            one.tries, one.sent_at = one.tries + 1, now
            result.sent_again += 1
            one.peer.send(one.request)
        else:
            result.lost += 1
            ended += not _next(one, waiting)
    return ended
