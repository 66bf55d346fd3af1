"""Render a Typst template to PDF. Templates stand in the room that owns the noun."""

import functools
import json
from pathlib import Path
from typing import Any

import typst


class UnableToRender(Exception):
    """The template does not compile; the message is Typst's own."""


@functools.cache
def _fonts() -> typst.Fonts:
    """Those inside the library: a document looks the same on every machine, and none is searched for fonts."""
    return typst.Fonts(include_system_fonts=False)


def render(template: Path, data: dict[str, Any]) -> bytes:
    """The PDF of a `.typ` template, which reads its values by `json(bytes(sys.inputs.data))`.

    data: anything JSON can hold; sums and dates come as text that is ready to print.
    """
    try:
        return bytes(
            typst.compile(
                str(template),
                root=str(template.parent),
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                font_paths=_fonts(),
            )
        )
    except RuntimeError as error:
        raise UnableToRender(str(error)) from error
