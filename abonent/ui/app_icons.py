"""The app's icons, drawn from the profile's own mark (favicon.svg) when the static files are built.

Typst draws them: what prints our papers draws an SVG too, and no picture has to be kept beside the mark.
"""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import typst
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

SIDE_PT = 72  # an inch: so many pixels an inch are so many pixels
_FILL = re.compile(r"<rect[^>]*\bfill=\"(#[0-9a-fA-F]{6})\"")
_TOKEN = r"--{name}:\s*(#[0-9a-fA-F]{{6}})"


class Icon(NamedTuple):
    name: str
    pixels: int
    share: int  # percent of the side that the mark takes
    is_filled: bool  # to the very edge, in the mark's own ground


ICONS = (
    Icon("icon-192.png", 192, 100, False),
    Icon("icon-512.png", 512, 100, False),
    Icon("icon-maskable-512.png", 512, 78, True),  # a phone cuts a circle or a square out of it
    Icon("apple-touch-icon.png", 180, 92, True),  # iOS rounds it itself, and shows black where it is transparent
)
BADGE = Icon("badge-96.png", 96, 84, False)  # Android takes its shape only


class Look(NamedTuple):
    """Two of the theme's colours."""

    head: str
    background: str


@functools.cache
def look() -> Look:
    theme = settings.PROFILE.folder.joinpath("theme.css").read_text(encoding="utf-8")
    return Look(_colour(theme, "head"), _colour(theme, "bg"))


def owner(request: HttpRequest) -> str:
    """What tells one person's pages from another's in one browser, and nobody who it is; "" of who is not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.is_staff:
        return ""
    return salted_hmac("abonent.app", str(user.pk), algorithm="sha256").hexdigest()[:20]


def draw(folder: Path, mark: bytes, outline: bytes) -> None:
    """Write every icon into the folder.   mark: favicon.svg.   outline: logo.svg, drawn with currentColor."""
    ground = _FILL.search(mark.decode("utf-8"))
    for icon in ICONS:
        fill = ground[1] if ground and icon.is_filled else ""
        folder.joinpath(icon.name).write_bytes(_png(icon, mark, fill))
    white = outline.replace(b"currentColor", b"#ffffff")
    folder.joinpath(BADGE.name).write_bytes(_png(BADGE, white, ""))


def _png(icon: Icon, svg: bytes, fill: str) -> bytes:
    page = f'rgb("{fill}")' if fill else "none"
    source = (
        f"#set page(width: {SIDE_PT}pt, height: {SIDE_PT}pt, margin: 0pt, fill: {page})\n"
        f'#place(center + horizon, image(bytes(sys.inputs.svg), format: "svg", width: {icon.share}%))'
    )
    inputs = {"svg": svg.decode("utf-8")}
    drawn = typst.compile(source.encode(), format="png", ppi=icon.pixels, sys_inputs=inputs)
    assert isinstance(drawn, bytes)
    return drawn


def _colour(theme: str, name: str) -> str:
    found = re.search(_TOKEN.format(name=name), theme)
    return found[1] if found else "#ffffff"
