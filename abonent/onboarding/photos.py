"""A picture from a phone, made safe to keep: decoded, turned upright, made smaller and drawn anew. No Django.

What is kept is our own JPEG: no place, no phone, no time, nothing hidden behind the picture. Formats are few, and sizes
are bounded before anything is decoded.
"""

import io
from typing import NamedTuple

MOST_BYTES = 12 * 1024 * 1024  # of what is sent
MOST_PIXELS = 50_000_000  # a picture of few bytes may be of many
SIDE = 1600  # pixels of the longer side of what is kept
_QUALITY = 80
_FORMATS = ("JPEG", "PNG", "WEBP")


class UnableToReadPhoto(Exception):
    """Not a picture, or not one we take. The text says which: "size", "format", "pixels"."""


class Photo(NamedTuple):
    jpeg: bytes
    width: int
    height: int


def clean(sent: bytes) -> Photo:
    """Raises UnableToReadPhoto."""
    # Here, not above: every process that never sees a photo starts without the library.
    from PIL import Image, ImageOps

    if not sent or len(sent) > MOST_BYTES:
        raise UnableToReadPhoto("size")
    try:
        with Image.open(io.BytesIO(sent), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise UnableToReadPhoto("pixels")
            opened.draft("RGB", (SIDE * 2, SIDE * 2))  # a JPEG of a phone is decoded at half its size
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except UnableToReadPhoto:
        raise
    except Exception as error:  # a decoder given rubbish fails in many ways
        raise UnableToReadPhoto("format") from error
    upright.thumbnail((SIDE, SIDE))
    drawn = io.BytesIO()
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(drawn, "JPEG", quality=_QUALITY, optimize=True)
    return Photo(drawn.getvalue(), upright.width, upright.height)
