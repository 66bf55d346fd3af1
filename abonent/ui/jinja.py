"""The Jinja environments of every page: what a template may say without being given it."""

import functools
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from django.conf import settings
from django.template.backends import jinja2 as django_jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from abonent.ui import app_icons, folding, formats, icons, preferences


class Pages(django_jinja2.Jinja2):
    """Django's Jinja2 backend with an environment a language: a text is looked up once, when a template is compiled."""

    _by_language: dict[str, Environment]

    @property
    def env(self) -> Environment:
        """The one of the reader's language."""
        return self._by_language[formats.language()]

    @env.setter  # type: ignore[override]  # Django only hands it over
    def env(self, made: dict[str, Environment]) -> None:
        """What Django has made by `environments`."""
        self._by_language = made


class PageEnvironment(Environment):
    code_generator_class = folding.FoldingCodeGenerator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, where a template adds none: Jinja would lay a ChainMap over them, slow to copy."""
        return super().make_globals(d) if d else self.globals


def environments(**options: Any) -> dict[str, Environment]:
    """As Django's Jinja2 backend asks for it, by the languages of formats.language()."""
    return {language: _environment(language, options) for language in ("ru", "en")}


def _environment(language: str, options: dict[str, Any]) -> Environment:
    """An unknown name in a template is an error, not a gap."""
    options = options | {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = PageEnvironment(extensions=["jinja2.ext.i18n"], **options)  # autoescape is on, above
    made.install_gettext_callables(  # type: ignore[attr-defined]  # comes with the extension
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    profile = settings.PROFILE
    made.globals |= {
        # With hashed names the answer never changes while the process lives.
        "static": functools.cache(static),
        "url": functools.lru_cache(maxsize=1024)(_url),
        "icon": icons.icon,
        "language": lambda: language,
        "_": _texts(language),
        "languages": [(code, name) for code, name in settings.LANGUAGES if code in profile.languages],
        "theme_of": preferences.theme,
        "theme_colour": lambda: app_icons.look().head,
        "app_owner": app_icons.owner,
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


def _texts(language: str) -> Callable[..., Markup]:
    @functools.lru_cache(maxsize=4096)
    def looked_up(message: str) -> Markup:
        with translation.override(language):
            return Markup(gettext(message))  # ours, not a person's

    def said(message: str, /, **values: object) -> Markup:
        """As Jinja's own: always a format string, the values escaped."""
        return looked_up(message) % values

    return said


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
