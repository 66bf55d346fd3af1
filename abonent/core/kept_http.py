"""HTTP clients of ours to others, one a process for each of them: it keeps its connections."""

import atexit
import os
import threading
from collections.abc import Callable

import httpx


class Kept:
    """A client made when it is first asked for. Threads share it; after a fork the child makes its own.

    A new client reads the system's certificates each time, and a new connection is three trips before the first word.
    """

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._make = make
        self._client: httpx.Client | None = None
        self._pid = 0
        self._making = threading.Lock()
        atexit.register(self.close)

    def client(self) -> httpx.Client:
        with self._making:
            if self._client is None or self._pid != os.getpid():
                self._client, self._pid = self._make(), os.getpid()
            return self._client

    def close(self) -> None:
        """Let the connections go; the next who asks gets a new client."""
        with self._making:
            if self._client is not None and self._pid == os.getpid():
                self._client.close()
            self._client = None


def to(*, patience: httpx.Timeout, limits: httpx.Limits | None = None) -> Kept:
    """A client that trusts no proxy and no password of the environment, and follows nobody elsewhere."""
    kept = limits or httpx.Limits()
    return Kept(lambda: httpx.Client(timeout=patience, trust_env=False, follow_redirects=False, limits=kept))
