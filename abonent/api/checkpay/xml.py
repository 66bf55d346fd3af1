"""The little XML that check/pay speaks: everything escaped, nothing in it that no parser takes."""

import re
from xml.sax import saxutils

# What XML 1.0 forbids, escaped or not.
_FORBIDDEN = re.compile("[^\\x09\\x0A\\x0D\\x20-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF]")


def element(tag: str, text: str, **attributes: str) -> str:
    """Tags and attributes are ours, the text may be anybody's."""
    said = "".join(f" {name}={saxutils.quoteattr(value)}" for name, value in attributes.items())
    text = saxutils.escape(_FORBIDDEN.sub("", text))
    return f"<{tag}{said}>{text}</{tag}>" if text else f"<{tag}{said}/>"


def document(body: str, encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{body}\n'
