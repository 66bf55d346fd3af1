"""Files that people send: what they really are, within bounds, pictures without what their camera knew. No database.

What is neither a picture, a PDF, a plain text nor an office document is refused: the operator's people open these.
"""

import hashlib
import io
import re
import warnings
import zipfile
from typing import NamedTuple

from django.utils.translation import gettext
from PIL import Image, ImageOps

FILE_MOST_OCTETS = 10 * 1024 * 1024
FILES_MOST = 5  # of one message
PIXELS_MOST = 40_000_000
SIDE_MOST = 2560  # a picture is made no larger
TEXT_MOST_OCTETS = 1024 * 1024
UNPACKED_MOST_OCTETS = 60 * 1024 * 1024
UNPACKED_MOST_TIMES = 100  # an honest document shrinks less
ENTRIES_MOST = 2000

_PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "MPO")
_SIGNS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8")
_OFFICE = {
    "docx": ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_MACROS = ("vbaproject.bin", "activex")
_NOT_IN_NAME = re.compile(r"[^\w .()-]+", re.UNICODE)


class UnableToAccept(Exception):
    """Its text is shown to whoever sent the file."""


class File(NamedTuple):
    name: str
    content_type: str
    content: bytes
    width: int = 0
    height: int = 0

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def accept(name: str, content: bytes) -> File:
    """The file as it may be kept and shown.   name: as its owner calls it.   Raises UnableToAccept."""
    name = tidy_name(name)
    if not content:
        raise UnableToAccept(gettext("“%(name)s” is empty.") % {"name": name})
    if len(content) > FILE_MOST_OCTETS:
        raise UnableToAccept(gettext("“%(name)s” is larger than 10 MB.") % {"name": name})
    if content.startswith(b"%PDF-"):
        return File(_ends(name, "pdf"), "application/pdf", content)
    if content.startswith(b"PK\x03\x04"):
        return _office(name, content)
    if content.startswith(_SIGNS) or content[:4] + content[8:12] == b"RIFFWEBP":
        return _picture(name, content)
    return _text(name, content)


def tidy_name(name: str) -> str:
    """No folders, no control characters, of a sane length."""
    last = re.split(r"[/\\]", name)[-1]
    tidy = " ".join(_NOT_IN_NAME.sub("_", last).split()).strip(" .")
    stem, dot, ending = tidy.rpartition(".")
    return f"{stem[:100]}.{ending[:10]}" if dot and stem else (tidy[:110] or "file")


def _picture(name: str, content: bytes) -> File:
    """Drawn anew, upright, without EXIF, GPS and whatever stood behind the picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_PICTURES) as opened:
                if opened.width * opened.height > PIXELS_MOST:
                    raise UnableToAccept(gettext("“%(name)s” is too large a picture.") % {"name": name})
                opened.load()
                drawn = ImageOps.exif_transpose(opened)
                see_through = drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info
                drawn = drawn.convert("RGBA" if see_through else "RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnableToAccept(gettext("“%(name)s” is too large a picture.") % {"name": name}) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError):
        raise UnableToAccept(gettext("“%(name)s” is a damaged picture.") % {"name": name}) from None
    drawn.thumbnail((SIDE_MOST, SIDE_MOST))
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    written = io.BytesIO()
    if see_through:
        clean.save(written, "PNG", optimize=True)
        return File(_ends(name, "png"), "image/png", written.getvalue(), *clean.size)
    clean.save(written, "JPEG", quality=85, optimize=True)
    return File(_ends(name, "jpg", "jpeg"), "image/jpeg", written.getvalue(), *clean.size)


def _office(name: str, content: bytes) -> File:
    """A document of Word or Excel without macros, that unpacks within bounds. Other archives are refused unseen."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise UnableToAccept(_not_taken(name)) from None
    names = [one.filename for one in entries]
    unpacked = sum(one.file_size for one in entries)
    if len(entries) > ENTRIES_MOST or unpacked > min(UNPACKED_MOST_OCTETS, len(content) * UNPACKED_MOST_TIMES):
        raise UnableToAccept(gettext("“%(name)s” unpacks into too much.") % {"name": name})
    lowered = [one.lower() for one in names]
    for ending, (folder, content_type) in _OFFICE.items():
        if "[Content_Types].xml" in names and any(one.startswith(folder) for one in names):
            if any(word in one for one in lowered for word in _MACROS):
                raise UnableToAccept(gettext("“%(name)s” holds macros: send it without them.") % {"name": name})
            return File(_ends(name, ending), content_type, content)
    raise UnableToAccept(_not_taken(name))


def _text(name: str, content: bytes) -> File:
    if len(content) <= TEXT_MOST_OCTETS and b"\0" not in content:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<", b"#!", b"MZ")):
                return File(_ends(name, "txt", "log", "csv"), "text/plain; charset=utf-8", content)
    raise UnableToAccept(_not_taken(name))


def _not_taken(name: str) -> str:
    return gettext("“%(name)s” cannot be taken: send a picture, a PDF, a text or a document of Word or Excel.") % {
        "name": name
    }


def _ends(name: str, *endings: str) -> str:
    """The name with an ending that tells what the file is."""
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() in endings:
        return name
    return f"{stem or name}.{endings[0]}" if dot else f"{name}.{endings[0]}"
