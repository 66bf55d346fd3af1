"""What people send is what it says, within bounds; pictures forget where they were taken."""

import io
import zipfile

import pytest
from PIL import Image

from abonent.conversations import files

GPS, LATITUDE = 0x8825, 2


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), *, exif: bool = False) -> bytes:
    made = io.BytesIO()
    image = Image.new("RGB", size, (200, 30, 30))
    told = Image.Exif()
    if exif:
        told[0x0110] = "Phone of Anna"
        told[0x0112] = 6  # turned by a quarter
        told.get_ifd(GPS)[LATITUDE] = (55.0, 45.0, 7.0)
    image.save(made, kind, exif=told)
    return made.getvalue()


def document(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}


def test_a_picture_is_drawn_anew_upright_and_without_its_place() -> None:
    sent = picture(exif=True)
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(GPS)
    kept = files.accept("IMG_1.JPG", sent)
    drawn = Image.open(io.BytesIO(kept.content))
    assert (kept.name, kept.content_type, drawn.size) == ("IMG_1.JPG", "image/jpeg", (40, 60))
    assert dict(drawn.getexif()) == {}
    assert b"Phone of Anna" not in kept.content


def test_what_stands_behind_a_picture_is_left_behind() -> None:
    kept = files.accept("a.png", picture("PNG") + b"<script>alert(1)</script>")
    assert b"<script>" not in kept.content


def test_the_name_tells_what_the_file_is_and_leads_nowhere() -> None:
    assert files.accept("../../etc/evil.php", picture("PNG")).name == "evil.jpg"
    assert files.accept("C:\\docs\\счёт.pdf", b"%PDF-1.7 ...").name == "счёт.pdf"
    assert files.accept("a\r\nX: b.txt", "привет".encode()).name == "a_X_ b.txt"
    assert files.accept("я" * 500 + ".pdf", b"%PDF-1.7").name == "я" * 100 + ".pdf"


def test_a_large_picture_is_made_smaller() -> None:
    kept = files.accept("wide.png", picture("PNG", (4000, 1000)))
    assert (kept.width, kept.height) == (2560, 640)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("picture.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("run.sh", b"#!/bin/sh\nrm -rf /"),
        ("run.exe", b"MZ\x90\x00\x03"),
        ("a.zip", document({"a.txt": b"a"})),
        ("bomb.docx", document({**WORD, "word/media/1.bin": b"\0" * 40_000_000})),
        ("macro.docx", document({**WORD, "word/vbaProject.bin": b"Sub"})),
        ("many.docx", document({**WORD, **{f"word/{n}": b"" for n in range(2001)}})),
        ("broken.jpg", picture()[:60]),
        ("broken.docx", b"PK\x03\x04broken"),
        ("large.pdf", b"%PDF-1.7" + b" " * files.FILE_MOST_OCTETS),
        ("binary.txt", b"a\0b"),
    ],
)
def test_what_may_harm_or_cannot_be_read_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(files.UnableToAccept):
        files.accept(name, content)


def test_a_picture_that_unpacks_into_too_much_is_refused_unread() -> None:
    made = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(made, "PNG")
    assert len(made.getvalue()) < files.FILE_MOST_OCTETS
    with pytest.raises(files.UnableToAccept):
        files.accept("bomb.png", made.getvalue())


def test_an_honest_document_is_kept_as_it_is() -> None:
    content = document(WORD)
    assert files.accept("договор", content).name == "договор.docx"
    assert files.accept("договор.docx", content).content == content
