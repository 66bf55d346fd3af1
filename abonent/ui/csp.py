"""The Content-Security-Policy of every page: nothing inline, nothing foreign, forms go to us or the bank."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ContentSecurityPolicyMiddleware:
    """Writes the header on whatever the inner layers answer; a view that has its own keeps it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


def policy() -> str:
    """Chromium blocks a form's redirect to a host that form-action does not name: the bank's stand there."""
    forms = ["'self'", *settings.PROFILE.card.confirmation_hosts, *_sandbox_origins()]
    return "; ".join(
        [
            "default-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            f"form-action {' '.join(forms)}",
            "frame-ancestors 'none'",
        ]
    )


def _sandbox_origins() -> list[str]:
    """The demo's bank, by both names of this machine."""
    if not settings.SANDBOX:
        return []
    parts = urlsplit(settings.SANDBOX_URL)
    names = ["localhost", "127.0.0.1"] if parts.hostname in {"localhost", "127.0.0.1"} else [parts.hostname or ""]
    port = f":{parts.port}" if parts.port else ""
    return [f"{parts.scheme}://{name}{port}" for name in names]
