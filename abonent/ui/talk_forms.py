"""What a conversation's form carries, on every page that has one: the sender's own id, files, numbers."""

import re
import secrets
from typing import Any, Protocol, cast
from urllib.parse import quote

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

_CLIENT_ID = re.compile(r"^[A-Za-z0-9_-]{16,64}$")
_FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Named(Protocol):
    """What is told of a kept file."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...


def new_client_id() -> str:
    return secrets.token_urlsafe(16)


def read_client_id(request: HttpRequest) -> str:
    """The form's own, or a new one where it is none of ours."""
    given = request.POST.get("client_id", "")
    return given if _CLIENT_ID.fullmatch(given) else new_client_id()


def read_files(request: HttpRequest, keeper: Any, name: str = "files") -> list[Any]:
    """What was attached, as `keeper.accept` keeps it.   keeper: conversations.files, which ui does not know.

    Raises keeper.UnableToAccept.
    """
    sent = cast("list[UploadedFile[Any]]", request.FILES.getlist(name))
    if len(sent) > keeper.FILES_MOST:
        raise keeper.UnableToAccept(_("Send at most 5 files at a time."))
    found = []
    for one in sent:
        if one.size is None or one.size > keeper.FILE_MOST_OCTETS:
            shown = keeper.tidy_name(one.name or "")
            raise keeper.UnableToAccept(_("“%(name)s” is larger than 10 MB.") % {"name": shown})
        found.append(keeper.accept(one.name or "", one.read()))
    return found


def file_answer(found: "tuple[Named, bytes] | None") -> HttpResponse:
    """Pictures stand in the page; everything else is saved, never opened as a page of ours.   Raises Http404."""
    if found is None:
        raise Http404
    one, content = found
    way = "inline" if one.content_type.startswith("image/") else "attachment"
    response = HttpResponse(content, content_type=one.content_type)
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(one.name, safe='')}"
    response.headers["Content-Security-Policy"] = _FILE_POLICY
    return response


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def number_in(text: str) -> int:
    """0 for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
