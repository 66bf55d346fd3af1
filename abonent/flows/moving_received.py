"""What staff send to be taken over, kept in a folder as a bundle: CSV files, one workbook, or a ZIP of either.

No database. Everything is copied piece by piece: memory stays flat. Of a ZIP only the names of our tables are
unpacked, and no more octets than are allowed, whatever its table of contents says.
"""

import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, Protocol

from django.utils.translation import gettext as _

from abonent.flows import moving_files, moving_shape

MOST_OCTETS = 2 * 2**30  # of a bundle, unpacked
MOST_ENTRIES = 200  # of a ZIP
BOOK = "bundle.xlsx"
_CHUNK_OCTETS = 2**20
_BOOKS = {"[content_types].xml", "xl/workbook.xml"}
_WANTED = {
    **{f"{one.name}.csv": f"{one.name}.csv" for one in moving_shape.TABLES},
    moving_files.MAPPING: moving_files.MAPPING,
}


class UnableToReceive(Exception):
    """Nothing is kept; the text says which file, and what to do."""


class Sent(Protocol):
    """A file of a form."""

    name: Any

    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]: ...


class Kept(NamedTuple):
    name: str  # of the one file, or of the first, and how many came with it
    lines: int  # of all CSV files, as they lie; 0: a workbook, nobody knows
    octets: int


def path_of(folder: Path) -> Path:
    """What `moving_in.load` reads: the workbook, or the folder of CSV."""
    book = folder.joinpath(BOOK)
    return book if book.is_file() else folder


def keep(folder: Path, sent: Sequence[Sent]) -> Kept:
    """Raises UnableToReceive, OSError; the folder is gone then."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=False)
    try:
        return _keep(folder, sent)
    except BaseException:
        forget(folder)
        raise


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path, sent: Sequence[Sent]) -> Kept:
    if not sent:
        raise UnableToReceive(_("Choose the files of the bundle."))
    room = _Room()
    for one in sent:
        name = PurePosixPath(str(one.name).replace("\\", "/")).name.lower()
        if name.endswith((".zip", ".xlsx")):
            if len(sent) > 1:
                raise UnableToReceive(_("A ZIP or a workbook is sent alone, without other files."))
            packed = folder / "received"
            with packed.open("wb") as file:
                room.copy(one.chunks(_CHUNK_OCTETS), file, lines=False)
            _unpack(packed, folder, room)
        else:
            _write(folder, name, one.chunks(_CHUNK_OCTETS), room)
    more = f" + {len(sent) - 1}" if len(sent) > 1 else ""
    return Kept(f"{str(sent[0].name)[-100:]}{more}", room.lines, room.octets)


class _Room:
    """How much may still come, and how many lines have."""

    def __init__(self) -> None:
        self.octets = self.lines = 0

    def copy(self, chunks: Iterable[bytes], file: IO[bytes], *, lines: bool = True) -> None:
        for chunk in chunks:
            self.octets += len(chunk)
            if self.octets > MOST_OCTETS:
                raise UnableToReceive(_("The bundle is too large for a page: take it over by the command line."))
            self.lines += chunk.count(b"\n") if lines else 0
            file.write(chunk)


def _unpack(packed: Path, folder: Path, room: _Room) -> None:
    try:
        with zipfile.ZipFile(packed) as archive:
            names = {one.filename.lower() for one in archive.infolist()}
            if names >= _BOOKS:
                packed.rename(folder.joinpath(BOOK))
                return
            inside = [one for one in archive.infolist() if not one.is_dir()]
            if len(inside) > MOST_ENTRIES:
                raise UnableToReceive(_("There are too many files in the ZIP."))
            books = [one for one in inside if one.filename.lower().endswith(".xlsx")]
            if len(inside) == 1 and books:
                with archive.open(books[0]) as file, folder.joinpath(BOOK).open("wb") as out:
                    room.copy(_pieces(file), out, lines=False)
            for one in inside if not (len(inside) == 1 and books) else ():
                name = PurePosixPath(one.filename).name.lower()
                if one.filename.startswith("__MACOSX/") or name.startswith("."):
                    continue  # what a Mac puts in
                with archive.open(one) as file:
                    _write(folder, name, _pieces(file), room)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnableToReceive(_("The file is no ZIP or workbook, or it is broken off.")) from error
    finally:
        packed.unlink(missing_ok=True)


def _write(folder: Path, name: str, chunks: Iterable[bytes], room: _Room) -> None:
    wanted = _WANTED.get(name)
    if wanted is None:
        said = {"name": name[-80:], "names": ", ".join(_WANTED)}
        raise UnableToReceive(_("“%(name)s” is no table of a bundle. Name the files: %(names)s.") % said)
    path = folder.joinpath(wanted)
    if path.exists():
        raise UnableToReceive(_("“%(name)s” is there twice.") % {"name": name})
    with path.open("wb") as file:
        room.copy(chunks, file)


def _pieces(file: IO[bytes]) -> Iterable[bytes]:
    while chunk := file.read(_CHUNK_OCTETS):
        yield chunk
