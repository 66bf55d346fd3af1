"""The reader's language: Russian, until he has chosen another in the footer; a cookie remembers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from abonent.ui import preferences


class LanguageMiddleware:
    """Accept-Language is not asked: a browser bought abroad must not turn a Russian page English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in settings.PROFILE.languages else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Cookie"])
        return response


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """POST /language/ with `language` and `next`; an unknown language changes nothing."""
    chosen = request.POST.get("language", "")
    allowed = chosen in settings.PROFILE.languages
    return preferences.remembered(request, settings.LANGUAGE_COOKIE_NAME, chosen if allowed else None)
