"""Words of the pages: English in code and templates, the translations in texts/<language>.toml."""

import functools
import tomllib
from collections.abc import Callable
from pathlib import Path

LANGUAGES = ("ru", "en")

Say = Callable[..., str]


@functools.cache
def translations(language: str) -> dict[str, str]:
    if language == "en":
        return {}
    text = Path(__file__).with_name("texts").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {str(english): str(other) for english, other in tomllib.loads(text).items()}


def name_of(language: str) -> str:
    """In the language itself."""
    return translations(language).get("language", "English")


def speaker(language: str) -> Say:
    """say("Pay {sum}", sum="500,00 ₽") in the language given."""

    def say(english: str, **values: object) -> str:
        text = translations(language).get(english, english)
        return text.format(**values) if values else text

    return say
