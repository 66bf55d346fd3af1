"""A text as the parts of SMS that carry it: GSM 03.38 or UCS-2, long ones with the header that joins them. Pure."""

from typing import NamedTuple

# Letters at the same place in ASCII and in the GSM alphabet: whatever an SMS centre's default is, they arrive.
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;!?%&()*+-/<=>\"'#\n\r")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2060": ""})
GSM, UCS2 = 0, 8  # data_coding
_WHOLE = {GSM: 160, UCS2: 70}  # characters (16-bit units of UCS-2) of a message, and of a part of a long one
_PART = {GSM: 153, UCS2: 67}
MOST_PARTS = 10


class TooLong(Exception):
    """More than ten parts: no text of ours is."""


class Parts(NamedTuple):
    data_coding: int
    bodies: list[bytes]  # of a long one each begins with its header
    is_long: bool


def cut(text: str, reference: int) -> Parts:
    """reference: what joins the parts on the phone; the same for the same message, however often it is sent.

    Raises TooLong.
    """
    text = text.translate(_SPACES)
    coding = GSM if all(one in _PLAIN for one in text) else UCS2
    units = [one.encode("ascii") if coding == GSM else one.encode("utf-16-be") for one in text]
    width = 1 if coding == GSM else 2
    if sum(map(len, units)) <= _WHOLE[coding] * width:
        return Parts(coding, [b"".join(units)], is_long=False)
    chunks = _chunks(units, _PART[coding] * width)
    if len(chunks) > MOST_PARTS:
        raise TooLong(f"{len(chunks)} parts")
    head = bytes([5, 0, 3, reference % 255 + 1, len(chunks)])
    return Parts(coding, [head + bytes([n]) + chunk for n, chunk in enumerate(chunks, 1)], is_long=True)


def _chunks(units: list[bytes], most_bytes: int) -> list[bytes]:
    """No letter is cut in two, also one of four bytes."""
    chunks = [b""]
    for one in units:
        if len(chunks[-1]) + len(one) > most_bytes:
            chunks.append(b"")
        chunks[-1] += one
    return chunks
