"""HTTP load from a few kept-alive connections, light enough not to be what is measured."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass


class UnableToLoad(Exception):
    """The server answered something that is not a 200."""


@dataclass(frozen=True)
class Result:
    seconds: float
    requests: int
    bytes_each: int
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> int:
        return int(self.requests / self.seconds)


def run(port: int, requests: Sequence[bytes], *, connections: int = 8, seconds: float = 10) -> Result:
    """Send the requests round and round over `connections` sockets for `seconds`; every answer must be a 200.

    requests: whole HTTP/1.1 requests, ready to send. Raises UnableToLoad.
    """
    times: list[list[float]] = [[] for _ in range(connections)]
    sizes = [0] * connections
    failures: list[str] = []
    deadline = time.perf_counter() + seconds

    def one(number: int) -> None:
        position = number
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (began := time.perf_counter()) < deadline and not failures:
                    peer.sendall(requests[position % len(requests)])
                    sizes[number] += read_answer(peer)
                    times[number].append(time.perf_counter() - began)
                    position += connections
        except (OSError, UnableToLoad) as error:
            failures.append(str(error))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    if failures:
        raise UnableToLoad(failures[0])
    every = sorted(value for each in times for value in each)
    return Result(
        seconds=spent,
        requests=len(every),
        bytes_each=sum(sizes) // len(every),
        p50_ms=round(every[len(every) // 2] * 1000, 1),
        p99_ms=round(every[len(every) * 99 // 100] * 1000, 1),
    )


def request(path: str, cookie: str = "", port: int = 0) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Accept-Encoding: identity",
        "Connection: keep-alive",
    ]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def read_answer(peer: socket.socket) -> int:
    """The octets of one answer's body.   Raises UnableToLoad for any but a 200."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(peer)
    head = data[:end].decode("latin-1")
    if " 200" not in head.split("\r\n", 1)[0]:
        raise UnableToLoad(head.split("\r\n", 1)[0])
    lengths = [line.split(":", 1)[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
    if not lengths:
        raise UnableToLoad("an answer without Content-Length")
    size = int(lengths[0])
    while len(data) < end + 4 + size:
        data += _more(peer)
    return size


def _more(peer: socket.socket) -> bytes:
    piece = peer.recv(65536)
    if not piece:
        raise UnableToLoad("the server closed the connection")
    return piece
