"""The site as an app on a phone: manifest, service worker, the shell that opens at once, and what it keeps to show.

The shell says nothing about anybody. What it shows was kept by this very browser from `snapshot`, with its time and
its owner; signing out, or another's signing in, wipes it (ui/js/service-worker.js).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from abonent import ui
from abonent.billing import queries as billing
from abonent.conversations import queries as conversations
from abonent.core import clock, money
from abonent.portal import cabinet, mail, scope, screen, site
from abonent.ui import app_icons, formats

LETTERS, NEWS, NEWS_CHARS = 10, 3, 300
_WORKER = Path(ui.__file__).parent.joinpath("js", "service-worker.js")


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """/manifest.webmanifest, in the reader's language."""
    look = app_icons.look()
    made = {
        "id": reverse("app"),
        "name": _("%(brand)s: my account") % {"brand": settings.PROFILE.brand},
        "short_name": settings.PROFILE.brand,
        "description": settings.PROFILE.tagline.get(formats.language()),
        "lang": formats.language(),
        "dir": "ltr",
        "start_url": reverse("app"),
        "scope": "/",
        "display": "standalone",
        "orientation": "any",
        "background_color": look.background,
        "theme_color": look.head,
        "categories": ["utilities", "finance"],
        "prefer_related_applications": False,
        "icons": [
            _icon("icon-192.png", 192),
            _icon("icon-512.png", 512),
            _icon("icon-maskable-512.png", 512, "maskable"),
            {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        ],
        "shortcuts": [
            {"name": _("Top up"), "url": reverse("pay"), "icons": [_icon("icon-192.png", 192)]},
            {"name": _("Online consultant"), "url": reverse("chat"), "icons": [_icon("icon-192.png", 192)]},
            {"name": _("Mail"), "url": reverse("mail"), "icons": [_icon("icon-192.png", 192)]},
        ],
    }
    return HttpResponse(
        json.dumps(made, ensure_ascii=False),
        content_type="application/manifest+json; charset=utf-8",
        headers={"Cache-Control": "max-age=3600", "Vary": "Cookie, Accept-Language"},
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """/service-worker.js: at the root, so that all pages are its own; with the names of the files it keeps."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """/app/: opens at once, with or without a network; what stands in it, the browser itself has kept."""
    return render(request, "portal/app.html", {"here": "", "words": words()})


@never_cache
@require_safe
@scope.signed_in_even_with_issued_password
def snapshot(request: HttpRequest) -> HttpResponse:
    """/cabinet/app.json: the account in a few words, to be looked at without a network. Nobody else's browser asks."""
    own = cast(scope.OwnRequest, request)
    now = clock.local(clock.now())
    shown: dict[str, Any] = {
        "owner": app_icons.owner(own),
        "at": f"{formats.day(now.date())}, {now:%H:%M}",
        "number": own.contract.number,
        "unread": conversations.unread(mail.ids(own)),
        "letters": [
            {"title": one.title, "text": one.excerpt, "when": one.when, "is_new": one.is_new}
            for one in mail.letters(own, conversations.mail(mail.ids(own))[:LETTERS])
        ],
        "news": [
            {"title": one.title, "text": one.beginning[:NEWS_CHARS], "when": formats.day(one.on)}
            for one in site.latest_news(own, NEWS)
        ],
    }
    if own.user.password_must_change:
        return JsonResponse({"owner": shown["owner"], "unread": 0})
    return JsonResponse(shown | _money(own))


def words() -> dict[str, str]:
    """What the shell says, for its script."""
    return {
        "as_of": _("as of %(when)s"),
        "unread": _("new"),
    }


def _money(own: scope.OwnRequest) -> dict[str, Any]:
    today = clock.today()
    seen = cabinet.overview(own)
    now = screen.now(seen, today)
    through = billing.paid_through(seen)
    return {
        "state": now.state,
        "sentence": now.sentence,
        "balance": money.show(seen.balance_kop),
        "paid": _("paid through %(day)s") % {"day": formats.day(through)} if through else "",
        "operations": [
            {"what": one.what, "sum": formats.signed(one.amount_kop), "when": formats.day(one.on)}
            for one in screen.operations(seen.lines)
        ],
    }


def _icon(name: str, size: int, purpose: str = "any") -> dict[str, str]:
    return {"src": static(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@cache
def _worker() -> str:
    """Its version is what it keeps: a new stylesheet makes a new worker, and the old files go."""
    files = [static(name) for name in ("abonent.css", "app.js", "app-shell.js", "favicon.svg", "icon-192.png")]
    text = _WORKER.read_text(encoding="utf-8")
    version = hashlib.sha256(f"{files}{text}".encode()).hexdigest()[:12]
    known = {"version": version, "files": files, "icon": static("icon-192.png"), "badge": static("badge-96.png")}
    return f"const KNOWN = {json.dumps(known)};\n{text}"
