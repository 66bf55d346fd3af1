"""A tiny HTTP server that takes notifications as Abonent would."""

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

WITHIN_SECONDS = 15


class Receiver:
    """Keeps each body in `bodies`. answers: statuses for the first requests, 200 afterwards.

    on_request: called with each notification before it is answered.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.answers: list[int] = []
        self.on_request: Callable[[dict[str, Any]], None] | None = None
        self._arrived = threading.Condition()
        self.url = ""

    @classmethod
    @contextlib.contextmanager
    def listening(cls) -> Iterator["Receiver"]:
        receiver = cls()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver._take(body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/yookassa/secret/"
            try:
                yield receiver
            finally:
                server.shutdown()
                thread.join()

    @property
    def notifications(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def events(self) -> list[str]:
        return [notification["event"] for notification in self.notifications]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The first `count` notifications, once they are here."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.bodies) >= count, WITHIN_SECONDS), self.events
        return self.notifications[:count]

    def _take(self, body: bytes) -> int:
        if self.on_request is not None:
            self.on_request(json.loads(body))
        with self._arrived:
            status = self.answers.pop(0) if self.answers else 200
            self.bodies.append(body)
            self._arrived.notify_all()
        return status
