"""The pages of what went wrong: what happened, what to do next, the support phone, and a way back."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

from abonent.ui import request_log

RETRY_SECONDS = 5
_logger = logging.getLogger("abonent.errors")
_LAST_RESORT = "<!doctype html><meta charset=utf-8><title>500</title><p>Something broke. <a href=/>Back</a>"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("We did not understand this request"),
        _("The address or the form came to us damaged. Go back and try once more."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("This page is not open to you"),
        _("If you think it should be, call us: we will look together."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that has stood open too long, or came from another site."""
    return _page(
        request,
        403,
        _("The page had been open for too long"),
        _("Nothing was done. Go back, refresh the page and send the form once more."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is no such page"),
        _("It may have moved, or the address has a slip in it. The first page knows the way."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Must work without the database. A wait for a connection that ran out is an overload, not a fault."""
    error = sys.exc_info()[1]
    if is_overload(error):
        return unavailable(request)
    note(request, error)
    return _page(
        request,
        500,
        _("Something broke on our side"),
        _("We have written it down and will look. Your money is safe: what was not finished was not done."),
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    response = _page(
        request,
        503,
        _("Too many people at once"),
        _("Wait a few seconds and refresh the page. Nothing is lost."),
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def note(request: HttpRequest, error: BaseException | None) -> None:
    """Into the log: where, never what was sent."""
    _logger.error("unhandled", exc_info=error, extra={"fields": {"route": request_log.route(request)}})


def is_overload(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, PoolTimeout):
            return True
        error = error.__cause__ or error.__context__
    return False


def _page(request: HttpRequest, status: int, title: str, what: str) -> HttpResponse:
    try:
        return render(request, "ui/error.html", {"status": status, "title": title, "what": what}, status=status)
    except Exception:
        _logger.exception("the error page itself failed")
        return HttpResponse(_LAST_RESORT, status=status)
