"""One line a request: method, route, status, milliseconds. Nothing personal: no path, no query, no name."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from abonent.core import log

HEADER = "X-Request-ID"
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_logger = logging.getLogger("abonent.request")


class RequestLogMiddleware:
    """The outermost layer. The id is the proxy's when it is sane; it goes to every log line and back out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        token = log.request_id.set(request_id)
        began = time.perf_counter_ns()
        try:
            response = self.get_response(request)
            fields = {
                "method": request.method if request.method in _METHODS else "other",
                "route": route(request),
                "status": response.status_code,
                "ms": (time.perf_counter_ns() - began) // 1_000_000,
            }
            _logger.info("request", extra={"fields": fields})
        finally:
            log.request_id.reset(token)
        response.headers[HEADER] = request_id
        return response


def route(request: HttpRequest) -> str:
    """The pattern of urls.py that answered, never the path: a path may hold a secret or a person's number."""
    match = request.resolver_match
    return f"/{match.route}" if match else "-"


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
