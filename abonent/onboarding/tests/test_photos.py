"""What a phone sends, and what of it is kept."""

import io

import pytest
from PIL import Image

from abonent.onboarding import photos


def picture(size: tuple[int, int] = (64, 48), kind: str = "JPEG", mode: str = "RGB", **said: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, kind, **said)
    return made.getvalue()


def test_what_is_kept_is_upright_and_says_nothing_of_the_phone_or_the_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Telephone Works"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    kept = photos.clean(picture(exif=exif, comment=b"secret words") + b"a file behind the picture")
    assert (kept.width, kept.height) == (48, 64)
    assert b"Telephone" not in kept.jpeg
    assert b"secret" not in kept.jpeg
    assert b"behind" not in kept.jpeg
    with Image.open(io.BytesIO(kept.jpeg)) as again:
        assert (again.format, dict(again.getexif())) == ("JPEG", {})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_longer_side_is_1600_pixels_at_most(kind: str) -> None:
    kept = photos.clean(picture((4000, 3000), kind))
    assert (kept.width, kept.height) == (1600, 1200)
    assert photos.clean(picture((10, 20), kind, "RGB")).height == 20


def test_a_picture_seen_through_is_kept_too() -> None:
    assert photos.clean(picture(kind="PNG", mode="RGBA")).width == 64


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "size"),
        (b"\xff" * (photos.MOST_BYTES + 1), "size"),
        (b"%PDF-1.7 not a picture", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "format"),
        (picture()[:200], "format"),
        (picture(kind="GIF"), "format"),
        (picture(kind="TIFF"), "format"),
    ],
)
def test_what_is_no_photo_is_refused(sent: bytes, why: str) -> None:
    with pytest.raises(photos.UnableToReadPhoto, match=why):
        photos.clean(sent)


def test_few_bytes_with_very_many_pixels_are_not_decoded() -> None:
    bomb = picture((8000, 8000), "PNG", "1")
    assert len(bomb) < 30_000
    with pytest.raises(photos.UnableToReadPhoto, match="pixels"):
        photos.clean(bomb)
