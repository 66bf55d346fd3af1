"""The operator's texts: markdown to HTML. HTML inside a text stays text."""

import functools

from markdown_it import MarkdownIt
from markupsafe import Markup

_READER = MarkdownIt("commonmark", {"html": False}).enable("table")


@functools.lru_cache(maxsize=256)
def html(markdown: str) -> Markup:
    """The profile's pages never change while the process lives, so each is read once."""
    return Markup(_READER.render(markdown))  # the reader escapes


def page(markdown: str) -> tuple[str, Markup]:
    """A page's title, from its first line `# …`, and the rest as HTML."""
    title, _, body = markdown.partition("\n")
    return title.removeprefix("#").strip(), html(body)
