"""The Jinja environment of every page: what a template may say without being given it."""

import functools
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from abonent.ui import formats, icons, preferences


def environment(**options: Any) -> Environment:
    """As Django's Jinja2 backend asks for it; an unknown name in a template is an error, not a gap."""
    options |= {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(extensions=["jinja2.ext.i18n"], **options)  # autoescape is on, above
    made.install_gettext_callables(  # type: ignore[attr-defined]  # comes with the extension
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    profile = settings.PROFILE
    made.globals |= {
        # With hashed names the answer never changes while the process lives.
        "static": functools.cache(static),
        "url": functools.lru_cache(maxsize=1024)(_url),
        "icon": icons.icon,
        "language": formats.language,
        "languages": [(code, name) for code, name in settings.LANGUAGES if code in profile.languages],
        "theme_of": preferences.theme,
        "profile": profile,
        "logo": Markup(" ".join(profile.logo_svg.split())),  # the operator's own file
        "sandbox": settings.SANDBOX,
    }
    made.filters |= {
        "money": formats.sum_of,
        "signed": formats.signed,
        "day": formats.day,
        "day_short": formats.day_short,
        "day_in_full": formats.day_in_full,
        "month": formats.month,
        "days": formats.days,
        "speed": formats.speed,
        "capital": capital,
        "said": said,
        "first_said": first_said,
    }
    made.globals["period"] = formats.period
    return made


def form_token(request: HttpRequest) -> dict[str, object]:
    """`csrf_input` made once a page and only where a form is: making it asks the system for 32 random numbers."""
    return {"csrf_input": SimpleLazyObject(lambda: csrf_input(request))}


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def said(text: Any) -> str:
    """A profile's text in the reader's language."""
    return str(text.get(formats.language()))


def first_said(errors: Sequence[Any]) -> str:
    """The first of a form field's errors, or nothing."""
    return str(errors[0]) if errors else ""


def _url(name: str, *args: Any) -> str:
    return reverse(name, args=args)
