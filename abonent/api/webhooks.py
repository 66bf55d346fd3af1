"""The bank's messages. They are kept, the bank has its 200, and a job asks the bank what is true.

Three layers before that: a path nobody guesses, the bank's own addresses, and a body of a sane size. The secret is
part of the address, so no line of a log may hold the path.
"""

import functools
import ipaddress
import logging
from collections.abc import Sequence
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from abonent.flows import topup
from abonent.payments import raw_events
from abonent.payments.models import Channel

log = logging.getLogger(__name__)

BODY_OCTETS_AT_MOST = 64 * 1024


@csrf_exempt
def yookassa(request: HttpRequest, secret: str) -> HttpResponse:
    """POST /hooks/yookassa/<secret>/: 200 for whatever the bank says, 400 and 413 for what is no message of its."""
    # What logs and error pages know of this request from here on.
    request.path = request.path_info = "/hooks/yookassa/-/"
    expected = settings.YOOKASSA_WEBHOOK_SECRET
    if not expected or not constant_time_compare(secret, expected):
        return _answer(HTTPStatus.NOT_FOUND)
    address = client_address(request)
    if not is_within(address, settings.YOOKASSA_NETWORKS):
        log.warning("a message for the bank's address from outside the bank's networks")
        return _answer(HTTPStatus.FORBIDDEN)
    if request.method != "POST":
        return _answer(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
    body = _read(request)
    if body is None:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        topup.receive(Channel.YOOKASSA, body, address)
    except raw_events.UnableToKeep as error:
        log.warning("the bank's address got what is no message of the bank's: %s", error)
        return _answer(HTTPStatus.BAD_REQUEST)
    except Exception as error:  # the bank repeats what was not answered with 200
        log.error("a message of the bank's was not kept: %s", type(error).__name__)
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
    return _answer(HTTPStatus.OK)


def client_address(request: HttpRequest) -> str | None:
    """Who calls: the socket's other end, or what the trusted proxies say of theirs; None when that is nonsense."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        # Each proxy adds at the right whom it saw; what is further left anybody may have written.
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= settings.ALLAUTH_TRUSTED_PROXY_COUNT:
            said = forwarded[-settings.ALLAUTH_TRUSTED_PROXY_COUNT].strip()
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def is_within(address: str | None, networks: Sequence[str]) -> bool:
    return address is not None and _is_within(address, tuple(networks))


@functools.lru_cache(1024)
def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(network.strip()) for network in networks if network.strip())


def _read(request: HttpRequest) -> bytes | None:
    """The body; None when there is more of it than the bank ever sends."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if announced > BODY_OCTETS_AT_MOST:
        return None
    body = request.read(BODY_OCTETS_AT_MOST + 1)
    return body if len(body) <= BODY_OCTETS_AT_MOST else None


def _answer(status: HTTPStatus, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{status.phrase}\n", status=status, content_type="text/plain", headers=headers)
