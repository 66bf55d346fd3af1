"""The API put together: its addresses, and what it says of itself (OpenAPI, and a page to read)."""

import functools
import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.parser import Parser
from ninja.security import HttpBearer

from abonent.api.v1 import account, doors, having, line, papers, paying, problems, shapes, talks, told, wire, wishes

METHODS = ("get", "post", "put", "patch", "delete")


class Bearer(HttpBearer):
    """Says in the OpenAPI how one signs in; who it is `wire.guarded` has found out."""

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "auth", None)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise AssertionError


class JsonParser(Parser):
    """What the database cannot keep (NUL, half a surrogate pair) is no text."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            found = json.loads(request.body)
        except (ValueError, RecursionError):
            raise HttpError(400, "no JSON") from None
        _require_text(found)
        return found

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        found = super().parse_querydict(data, list_fields, request)
        _require_text(dict(found))
        return found


class Api(NinjaAPI):
    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Each is told by `wire.guarded`, in one place."""
        raise exc


api = Api(
    title="Abonent",
    version="1",
    description="The subscriber's account for native apps. See docs/API.md.",
    auth=Bearer(),
    docs_url=None,
    openapi_url=None,
    parser=JsonParser(),
    urls_namespace="api-v1",
)
for _part in (doors, account, paying, having, wishes, line, talks, told, papers):
    api.add_router("", _part.router)


@functools.cache
def described() -> dict[str, Any]:
    """OpenAPI, with what `wire` adds to every operation."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=wire.PREFIX), default=str))
    found["components"]["schemas"]["Problem"] = shapes.Problem.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    extra = found["components"]["schemas"]["Problem"].pop("$defs", {})
    found["components"]["schemas"] |= extra
    wrong = {
        "description": "A problem: RFC 9457",
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in found["paths"].values():
        for method, one in operations.items():
            one["responses"]["default"] = wrong
            if method == "get":
                one["responses"]["304"] = {"description": "As the app has it: If-None-Match"}
            if method == "post":
                one.setdefault("parameters", []).append(_KEY)
    return found


_KEY = {
    "name": wire.KEY_HEADER,
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 80, "pattern": "^[!-~]+$"},
    "description": "Of the app's making, one a deed: sent again, it is answered the same and done once.",
}


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """/api/v1/openapi.json."""
    return wire.as_json(described())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """/api/v1/docs: every operation, to read."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for address, operations in described()["paths"].items():
        for method, one in operations.items():
            parts.setdefault(one["tags"][0], []).append({**one, "method": method.upper(), "address": address})
    return render(request, "api/docs.html", {"here": "", "parts": parts, "brand": settings.PROFILE.brand})


def _addresses() -> list[URLPattern]:
    """Flat, as all addresses of the program are: each has its row in docs/ACCESS.md."""
    found = {str(one.pattern): one for one in api.urls[0] if str(one.pattern) and isinstance(one, URLPattern)}
    made = [path(f"api/v1/{route}", wire.guarded(one.callback), name=f"api_{one.name}") for route, one in found.items()]
    made.append(path("api/v1/openapi.json", wire.guarded(openapi), name="api_openapi"))
    made.append(path("api/v1/docs", docs, name="api_docs"))
    made.append(path("api/v1/<path:rest>", wire.guarded(_nothing), name="api_nothing"))
    return made


def _nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that is none, said as everything here is said."""
    raise Http404


def _require_text(found: Any) -> None:
    if isinstance(found, str):
        if "\0" in found or any("\ud800" <= one <= "\udfff" for one in found):
            raise HttpError(400, "no text")
    elif isinstance(found, dict):
        for name, value in found.items():
            _require_text(name)
            _require_text(value)
    elif isinstance(found, list):
        for value in found:
            _require_text(value)


urlpatterns = _addresses()
