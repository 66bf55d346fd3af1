"""Icons of the lucide package as inline SVG: drawn with the text's colour, silent for a screen reader."""

import functools

from lucide import jinja as lucide
from markupsafe import Markup


@functools.cache
def icon(name: str, size: int = 20) -> Markup:
    """The icon's SVG. Raises lucide.IconDoesNotExist for a name that the package lacks."""
    drawn = lucide.lucide(name, size=size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"})
    return Markup("".join(drawn.splitlines()))  # the package's own drawing, no text of a person in it
