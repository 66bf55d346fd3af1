"""Render a Typst template to PDF. Templates stand in the room that owns the noun.

A long document takes hundreds of megabytes while it is set, and Typst keeps them for the next one: it is rendered
by a process of its own, this very file, one at a time. No Django here, so that the process starts in no time.
"""

import functools
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import typst

LONG_CHARS = 150_000  # of the data: about five hundred lines of a statement
LONG_SECONDS = 120
_one_long_at_a_time = threading.Lock()


class UnableToRender(Exception):
    """The template does not compile; the message is Typst's own."""


def render(template: Path, data: dict[str, Any]) -> bytes:
    """The PDF of a `.typ` template, which reads its values by `json(bytes(sys.inputs.data))`.

    data: anything JSON can hold; sums and dates come as text that is ready to print.
    Raises UnableToRender.
    """
    said = json.dumps(data, ensure_ascii=False)
    if len(said) > LONG_CHARS:
        return _render_apart(template, said)
    try:
        return _compile(template, said, tags=True)
    except RuntimeError as error:
        raise UnableToRender(str(error)) from error


def _render_apart(template: Path, said: str) -> bytes:
    # -P: the folder of this file is no place to import from, its names are those of the standard library.
    command = [sys.executable, "-P", str(Path(__file__).resolve()), str(template)]
    try:
        with _one_long_at_a_time:
            done = subprocess.run(command, input=said.encode(), capture_output=True, timeout=LONG_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnableToRender(f"{template.name}: not ready after {LONG_SECONDS} seconds") from error
    if done.returncode:
        raise UnableToRender(done.stderr.decode(errors="replace"))
    return done.stdout


def _compile(template: Path, said: str, *, tags: bool) -> bytes:
    """tags: for screen readers; they are six sevenths of a long file."""
    made = typst.compile(
        str(template),
        root=str(template.parent),
        sys_inputs={"data": said},
        font_paths=_fonts(),
        pdf_tags=tags,
    )
    return bytes(made)


@functools.cache
def _fonts() -> typst.Fonts:
    """Those inside the library: a document looks the same on every machine, and none is searched for fonts."""
    return typst.Fonts(include_system_fonts=False)


def _main() -> int:
    try:
        sys.stdout.buffer.write(_compile(Path(sys.argv[1]), sys.stdin.buffer.read().decode(), tags=False))
    except RuntimeError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
