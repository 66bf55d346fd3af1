"""Web push: RFC 8030 to the browser's own push service, closed by push_crypto.py.

Says nothing about a person: what it is about, as a word of ours, and where to read it. One endpoint a call.
"""

import functools
import hashlib
import json
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from abonent.core import kept_http
from abonent.notifications.channels import message as messages
from abonent.notifications.channels import public_hosts, push_crypto

KEPT_SECONDS = 3 * 24 * 3600  # by the push service, for a phone that is off
_TOKEN_SECONDS = 12 * 3600
_TIMEOUT = httpx.Timeout(10, connect=5)
_GONE = frozenset({404, 410})
_far = kept_http.Kept(lambda: public_hosts.client(_TIMEOUT))
_near = kept_http.to(patience=_TIMEOUT)


class Device(NamedTuple):
    id: int
    endpoint: str
    public_key: str
    auth_secret: str


class Gone(messages.UnableToEverSend):
    """The browser has taken its permission back, or is no more: forget the device."""


def payload(*, title: str, body: str, url: str, tag: str) -> bytes:
    return json.dumps({"title": title, "body": body, "url": url, "tag": tag}, ensure_ascii=False).encode()


def send(device: Device, said: bytes, *, key: str, urgent: bool = False) -> None:
    """Hand one push to the device's push service.

    key: of the notice: where the first has not been fetched yet, one sent again takes its place.
    Raises Gone, UnableToEverSend, UnableToSend.
    """
    try:
        url = public_hosts.check_url(device.endpoint, but_origin=own_push_service())
        body = push_crypto.close(said, push_crypto.read_keys(device.public_key, device.auth_secret))
    except (public_hosts.UnableToTrust, push_crypto.UnableToClose) as error:
        raise Gone(f"push: {error}") from error
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    headers = {
        "TTL": str(KEPT_SECONDS),
        "Urgency": "high" if urgent else "normal",
        "Topic": topic_of(key),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "Authorization": _authorization(origin, settings.VAPID_PRIVATE_KEY, int(time.time()) // 3600),
    }
    try:
        with _client(origin).stream("POST", url, content=body, headers=headers) as answer:
            status = answer.status_code  # its body may be endless: nobody reads it
    except public_hosts.UnableToTrust as error:
        raise Gone(f"push: {error}") from error
    except httpx.HTTPError as error:
        raise messages.UnableToSend(f"push: {type(error).__name__}") from error
    if status in _GONE:
        raise Gone(f"push: HTTP {status}")
    if status == 413 or status in (400, 401, 403):
        raise messages.UnableToEverSend(f"push: HTTP {status}")
    if not 200 <= status < 300:
        raise messages.UnableToSend(f"push: HTTP {status}")


def topic_of(key: str) -> str:
    """RFC 8030: up to 32 letters of base64url."""
    return push_crypto.base64url(hashlib.sha256(key.encode()).digest()[:24])


def own_push_service() -> str:
    """The sandbox's origin: the one push service that the demo reaches."""
    return settings.SANDBOX_URL.rstrip("/") if settings.SANDBOX else ""


def may_be_reached(endpoint: str) -> bool:
    """Whether we would ever push to it. In the demo nothing leaves the machine."""
    try:
        public_hosts.check_url(endpoint, but_origin=own_push_service())
    except public_hosts.UnableToTrust:
        return False
    return not settings.SANDBOX or endpoint.startswith(f"{own_push_service()}/")


@functools.lru_cache(maxsize=64)
def _authorization(origin: str, private_key: str, hour: int) -> str:
    """Good for 12 hours, made anew each hour: a signature costs more than the rest."""
    return push_crypto.authorization(
        private_key,
        audience=origin,
        subject=f"mailto:{settings.PROFILE.contacts.support_email}",
        expires_at=hour * 3600 + _TOKEN_SECONDS,
    )


def _client(origin: str) -> httpx.Client:
    return (_near if origin == own_push_service() else _far).client()
