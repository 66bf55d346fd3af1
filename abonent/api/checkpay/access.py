"""Who may speak to a gateway: the right network, the right password or certificate, and not too often.

Neither protocol signs its messages, so all that is set must hold. Counts are of one process: a limit against floods and
guessing, not a tariff.
"""

import base64
import binascii
import threading
import time
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from abonent.api import webhooks
from abonent.payments.terminals import Gateway

WRONG_PER_MINUTE = 10  # passwords, from one address
_ADDRESSES_AT_MOST = 10_000


class Bucket:
    """So many in so many seconds, all of them at once if they come so."""

    def __init__(self, most: int, *, seconds: int = 60) -> None:
        self._most, self._seconds = most, seconds
        self._left, self._at = most * seconds, time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was room."""
        with self._lock:
            self._fill()
            if self._left < self._seconds:
                return False
            self._left -= self._seconds
            return True

    def is_empty(self) -> bool:
        with self._lock:
            self._fill()
            return self._left < self._seconds

    def _fill(self) -> None:
        """`_left` counts so finely that each second brings a whole number."""
        seconds = int(time.monotonic() - self._at)
        if seconds:
            self._left = min(self._most * self._seconds, self._left + seconds * self._most)
            self._at += seconds


_asked: dict[tuple[str, int], Bucket] = {}
_wrong: dict[str, Bucket] = {}
_misses: dict[str, Bucket] = {}


def forget() -> None:
    """All counts begin anew: for tests."""
    _asked.clear()
    _wrong.clear()
    _misses.clear()


def refusal(request: HttpRequest, gateway: Gateway, address: str | None) -> HttpResponse | None:
    """The answer for who may not speak to the gateway; None for who may."""
    if gateway.networks and not webhooks.is_within(address, [str(one) for one in gateway.networks]):
        return _answer(HTTPStatus.FORBIDDEN)
    if gateway.certificate and not _has_certificate(request, gateway.certificate):
        return _answer(HTTPStatus.FORBIDDEN)
    if gateway.password:
        wrong = _wrong.get(address or "")
        if wrong is not None and wrong.is_empty():
            return _answer(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"})
        if not _has_password(request, gateway):
            _count_wrong(address or "")
            return _answer(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="check/pay", charset="UTF-8"'})
    return None


def has_room(gateway: Gateway) -> bool:
    """Whether one more message fits into this minute."""
    key = (str(gateway.channel), gateway.per_minute)
    return _asked.setdefault(key, Bucket(gateway.per_minute)).take()


def has_room_for_miss(gateway: Gateway, per_hour: int) -> bool:
    """Whether one more number that nobody has is still a slip of the finger."""
    return _misses.setdefault(gateway.channel, Bucket(per_hour, seconds=3600)).take()


def _has_certificate(request: HttpRequest, subject: str) -> bool:
    """The proxy that ends TLS has looked at it; without such a proxy the headers are anybody's."""
    if not settings.BEHIND_TLS or request.headers.get("X-SSL-Client-Verify") != "SUCCESS":
        return False
    return constant_time_compare(request.headers.get("X-SSL-Client-S-DN", ""), subject)


def _has_password(request: HttpRequest, gateway: Gateway) -> bool:
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        decoded = base64.b64decode(said.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return constant_time_compare(decoded, f"{gateway.login}:{gateway.password}".encode())


def _count_wrong(address: str) -> None:
    if len(_wrong) >= _ADDRESSES_AT_MOST:
        _wrong.clear()
    _wrong.setdefault(address, Bucket(WRONG_PER_MINUTE)).take()


def _answer(status: HTTPStatus, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{status.phrase}\n", status=status, content_type="text/plain", headers=headers)
