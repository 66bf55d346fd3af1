"""What a browser remembers of its reader without his signing in: the language, and light or dark."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEME_COOKIE_NAME = "theme"
THEMES = ("auto", "light", "dark")
AGE_SECONDS = 365 * 24 * 3600


@require_POST
def switch_theme(request: HttpRequest) -> HttpResponse:
    """POST /theme/ with `theme` and `next`; an unknown theme changes nothing."""
    chosen = request.POST.get("theme", "")
    return remembered(request, THEME_COOKIE_NAME, chosen if chosen in THEMES else None)


def theme(request: HttpRequest) -> str:
    """The chosen theme; "auto": as the reader's system has it."""
    chosen = request.COOKIES.get(THEME_COOKIE_NAME, "auto")
    return chosen if chosen in THEMES else "auto"


def remembered(request: HttpRequest, name: str, value: str | None) -> HttpResponse:
    """Back to the page the form stood on, with the cookie set (None: as it was)."""
    response = HttpResponse(status=303, headers={"Location": back(request)})
    if value is not None:
        response.set_cookie(
            name,
            value,
            max_age=AGE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def back(request: HttpRequest, default: str = "/") -> str:
    """The form's `next` when it is an address of ours, else `default`: never a door to another site."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else default
