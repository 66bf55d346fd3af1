"""Icons of the lucide package as inline SVG: drawn with the text's colour, silent for a screen reader."""

import functools
import re

from lucide import jinja as lucide
from markupsafe import Markup

# Said once in the stylesheet instead of in every picture.
_DRAWN_BY_CSS = re.compile(r' (?:fill="none"|stroke="currentColor"|stroke-[a-z]+="[a-z0-9]+")')
_SPACE = re.compile(r">\s+<")


@functools.cache
def icon(name: str, size: int = 20) -> Markup:
    """The icon's SVG. Raises lucide.IconDoesNotExist for a name that the package lacks."""
    drawn = lucide.lucide(name, size=size, **{"class": "icon", "aria-hidden": "true"})
    return Markup(
        _SPACE.sub("><", _DRAWN_BY_CSS.sub("", drawn))
    )  # the package's own drawing, no text of a person in it
