"""Pages of the sandbox: language, policy headers, templates. No script, nothing from elsewhere."""

import urllib.parse
import zoneinfo
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sandbox import instants, texts
from sandbox.bank import kopecks

HERE = Path(__file__).parent
POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"


class Pages:
    """Renders templates.

    zone: of the times shown.  abonent_url: where «back» leads from the first page.
    """

    def __init__(self, zone: zoneinfo.ZoneInfo, abonent_url: str) -> None:
        self.zone = zone
        self.provider_url = abonent_url
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE.joinpath("templates")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        language: str = texts.LANGUAGES[0],
        status: int = 200,
        forms_lead_to: str | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """language: where the address has no ?lang=.  forms_lead_to: a url a form may redirect to."""
        language = language_of(request, language)
        other = next(other for other in texts.LANGUAGES if other != language)
        page = self._templates.get_template(template).render(
            say=texts.speaker(language),
            language=language,
            other_language_query=urllib.parse.urlencode({**request.query_params, "lang": other}),
            other_language=other,
            other_language_name=texts.name_of(other),
            rub=lambda amount_kop: kopecks.shown(amount_kop, language),
            at=lambda instant_ms: instants.local(instant_ms, self.zone),
            abonent_url=self._provider_seen_from(request),
            path=request.url.path,
            **values,
        )
        policy = POLICY if forms_lead_to is None else f"{POLICY} {origin(forms_lead_to)}"
        headers = {
            "Content-Security-Policy": policy,
            "Content-Language": language,
            "Cache-Control": "no-store",
        }
        return HTMLResponse(page, status, headers)

    def _provider_seen_from(self, request: Request) -> str:
        """Under the host name the visitor uses, so that his session there goes on."""
        parts = urllib.parse.urlsplit(self.provider_url)
        port = "" if parts.port is None else f":{parts.port}"
        return f"{parts.scheme}://{request.url.hostname}{port}"


def language_of(request: Request, default: str) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in texts.LANGUAGES else default


def origin(url: str) -> str:
    """Scheme, host and port: what a policy header names."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
