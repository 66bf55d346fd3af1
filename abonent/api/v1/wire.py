"""The way in and out of `/api/v1/`: who calls, in which language, once per key, with an ETag; errors as problem+json.

    request → language → who (a token) → a POST: once per Idempotency-Key → the operation → a GET: its ETag

The bearer token is the only thing believed: no cookie signs an app in, so no other site can act for a person.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from abonent.api.v1 import problems
from abonent.core import clock
from abonent.identity import app_requests, app_tokens
from abonent.identity.models import AppToken, User
from abonent.subscribers import contracts
from abonent.subscribers import queries as subscribers
from abonent.ui import client, errors

PREFIX = "/api/v1/"
BODY_MOST_OCTETS = 256 * 1024
BODY_WITH_FILES_MOST_OCTETS = 16 * 1024 * 1024  # files come as base64 within the JSON
WITH_FILES = ("/conversations", "/messages")  # how addresses that take files end
OPEN = frozenset({"sign-in", "operator", "openapi.json", "docs"})  # what a stranger may ask
WITH_ISSUED_PASSWORD = frozenset({"sign-in", "tokens", "me", "password", "operator", "openapi.json", "docs"})
KEY_HEADER = "Idempotency-Key"

View = Callable[..., HttpResponse]


class Caller(NamedTuple):
    """Who asks, and by which app."""

    user: User
    token: AppToken
    contracts: list[subscribers.OwnContract]


class ApiRequest(HttpRequest):
    auth: Caller


class Acting(NamedTuple):
    """What a verb's entry in the log needs."""

    actor: str
    address: str | None


def caller(request: HttpRequest) -> Caller:
    found: Caller = request.auth  # type: ignore[attr-defined]  # `guarded` let it through
    return found


def own(request: HttpRequest, number: str) -> subscribers.OwnContract:
    """A contract of the caller's.   Raises Http404: for a stranger's as for nobody's."""
    tidy = contracts.tidy_number(number)
    for one in caller(request).contracts:
        if one.number == tidy:
            return one
    raise Http404


def acting(request: HttpRequest) -> Acting:
    return Acting(caller(request).user.username, client.address(request) or None)


def require_confirmed(request: HttpRequest) -> None:
    """What a stolen token must not do: it was he, by his password, within ten minutes.   Raises ConfirmFirst."""
    if not app_tokens.is_confirmed(caller(request).token, clock.now()):
        raise problems.ConfirmFirst


def token_of(request: HttpRequest, salt: str) -> str:
    """A name for what this very request begins: sent again, it is the same.   43 of A-Z a-z 0-9 - _."""
    words = f"{salt}:{caller(request).user.pk}:{request.headers.get(KEY_HEADER, '')}"
    return f"app-{hashlib.sha256(words.encode()).hexdigest()[:40]}"


def guarded(view: View) -> View:
    """Around every address of the API."""

    @csrf_exempt
    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        request.auth = found = _who(request)  # type: ignore[attr-defined]
        language = _language(request, found)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = _answer(request, found, view, args, kwargs)
        response.headers["Content-Language"] = language
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["Vary"] = "Authorization, Accept-Language"
        return _conditional(request, response)

    return inner


def _answer(
    request: HttpRequest, found: Caller | None, view: View, args: tuple[object, ...], kwargs: dict[str, object]
) -> HttpResponse:
    name = request.path.removeprefix(PREFIX).partition("/")[0]
    try:
        if found is None and name not in OPEN:
            return problems.answer(problems.NOT_SIGNED_IN)
        if found is not None and found.user.password_must_change and name not in WITH_ISSUED_PASSWORD:
            return problems.answer(problems.CHANGE_PASSWORD)
        if isinstance(number := kwargs.get("number"), str):
            own(request, number)  # before anything that was sent is looked at
        _read(request)
        if request.method == "POST":
            return _once(request, found, lambda: view(request, *args, **kwargs))
        return _told(view(request, *args, **kwargs))
    except Exception as error:
        said = problems.of(error)
        if said is None:
            errors.note(request, error)
            said = problems.OVERLOAD if errors.is_overload(error) else problems.BROKEN
        return problems.answer(said)


@sensitive_variables("plain")
def _who(request: HttpRequest) -> Caller | None:
    scheme, _space, plain = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not plain:
        return None
    now = clock.now()
    token = app_tokens.find(plain.strip(), now)
    if token is None:
        return None
    app_tokens.note(token, client.address(request) or None, now)
    return Caller(token.user, token, subscribers.contracts_of(token.user.pk))


def _language(request: HttpRequest, found: Caller | None) -> str:
    """What the app asks for; else its user's; else the operator's first."""
    for asked in request.headers.get("Accept-Language", "").split(","):
        if asked.strip()[:2].lower() in settings.PROFILE.languages:
            return asked.strip()[:2].lower()
    if found is not None and found.user.language in settings.PROFILE.languages:
        return found.user.language
    return str(settings.LANGUAGE_CODE)


def _read(request: HttpRequest) -> None:
    """The body, within bounds: Django's own bound is for forms.   Raises problems.Refused."""
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Http404
    most = BODY_WITH_FILES_MOST_OCTETS if request.path.endswith(WITH_FILES) else BODY_MOST_OCTETS
    body = request.read(most + 1)
    if len(body) > most:
        raise problems.Refused(413, "too_large", _("That is too much at once."))
    request._body = body  # what `request.body` gives from here on


def _once(request: HttpRequest, found: Caller | None, work: Callable[[], HttpResponse]) -> HttpResponse:
    key = request.headers.get(KEY_HEADER, "")
    if not app_requests.is_key(key):
        return problems.answer(problems.NO_KEY)
    if found is None:
        return work()  # signing in: its token is made from the key
    user_id = found.user.pk
    try:
        with app_requests.alone(user_id, key):
            what = f"{request.method} {request.path}\n".encode() + request.body
            known = app_requests.begin(user_id, key, what, clock.now())
            if known is not None:
                again = HttpResponse(known.text, status=known.status, content_type=known.content_type)
                again.headers["Idempotent-Replayed"] = "true"
                return again
            return _worked(user_id, key, work)
    except app_requests.KeyUsedForAnother:
        return problems.answer(problems.KEY_USED)
    except app_requests.BeingWorkedOn:
        return problems.answer(problems.BEING_WORKED_ON)


def _worked(user_id: int, key: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer is kept; a refusal is not: what was missing may be there the next time, and nothing was done."""
    try:
        response = _told(work())
    except Exception:
        app_requests.forget(user_id, key)
        raise
    if response.status_code < 400:
        text = response.content.decode("utf-8")
        content_type = response.headers.get("Content-Type", "")
        app_requests.keep(user_id, key, app_requests.Answer(response.status_code, content_type, text))
    else:
        app_requests.forget(user_id, key)
    return response


def _told(response: HttpResponse) -> HttpResponse:
    """What the framework itself refuses, in our words."""
    if response.status_code != 405:
        return response
    said = problems.answer(problems.NOT_SO)
    said.headers["Allow"] = response.headers.get("Allow", "")
    return said


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    found: HttpResponse | None = get_conditional_response(request, etag=etag, response=response)
    return found or response


def as_json(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(
        json.dumps(value, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8"
    )
