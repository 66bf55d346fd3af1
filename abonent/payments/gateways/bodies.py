"""Read what a partner answers, but not without end: what every gateway does alike."""

import time
from collections.abc import Callable

import httpx

MAX_OCTETS = 1_000_000


def read(response: httpx.Response, *, until: float, unknown: Callable[[str], Exception]) -> bytes:
    """The body, bounded in octets and in time.

    until: of time.monotonic().   unknown: makes the partner's own error of a text, for a body beyond the bounds.
    """
    found = bytearray()
    for chunk in response.iter_raw():
        found += chunk
        if len(found) > MAX_OCTETS:
            raise unknown("the answer is too long")
        if time.monotonic() > until:
            raise unknown("the answer comes too slowly")
    return bytes(found)
