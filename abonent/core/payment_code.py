"""The payment QR code of GOST R 56042 («ST00012»): what it says, read back, and its drawing. Pure: no Django.

A bank's app reads the payee's requisites, the purpose and the sum out of it, so that nothing is typed by hand.
"""

import io
from collections.abc import Mapping

MARK = "ST00012"  # the format, its version 0001, UTF-8
REQUIRED = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
# The longest that GOST R 56042 allows of each.
LONGEST = {
    "Name": 160, "PersonalAcc": 20, "BankName": 45, "BIC": 9, "CorrespAcc": 20, "Sum": 18, "Purpose": 210,
    "PayeeINN": 12, "KPP": 9, "PersAcc": 30, "Contract": 30, "LastName": 90,
}  # fmt: skip
_SEPARATORS = "|~#^"  # the standard lets the writer choose one that stands in no value
MAX_OCTETS = 300 * 4  # a code larger than that is not read off a screen


class UnableToWrite(Exception):
    """The values make no code that a bank would read."""


class UnableToRead(Exception):
    """Not a payment code of this format."""


def payee(*, name: str, inn: str, kpp: str | None, bank: Mapping[str, str]) -> dict[str, str]:
    """Whom to pay, by the standard's names.   bank: name, bik, account, correspondent_account."""
    said = {
        "Name": name,
        "PersonalAcc": bank["account"],
        "BankName": bank["name"],
        "BIC": bank["bik"],
        "CorrespAcc": bank["correspondent_account"],
        "PayeeINN": inn,
    }
    return said | ({"KPP": kpp} if kpp else {})


def write(values: Mapping[str, str], *, amount_kop: int | None = None) -> str:
    """The text of the code.   values: by the standard's names, those of REQUIRED first.   amount_kop: None: the payer
    types the sum.   Names that may be long are cut; a requisite that does not fit raises UnableToWrite.
    """
    said = {name: " ".join(text.split()) for name, text in values.items() if text.strip()}
    missing = [name for name in REQUIRED if name not in said]
    if missing:
        raise UnableToWrite(f"missing: {', '.join(missing)}")
    if amount_kop is not None:
        if amount_kop <= 0:
            raise UnableToWrite(f"a sum of {amount_kop} kopecks")
        said["Sum"] = str(amount_kop)
    for name, text in said.items():
        if len(text) > LONGEST[name]:
            if name not in {"Name", "BankName", "Purpose", "LastName"}:
                raise UnableToWrite(f"{name} is longer than {LONGEST[name]}")
            said[name] = text[: LONGEST[name]].rstrip()
    separator = next((one for one in _SEPARATORS if not any(one in text for text in said.values())), "")
    if not separator:
        raise UnableToWrite(f"every one of {_SEPARATORS} stands in the values")
    in_order = [*REQUIRED, *(name for name in said if name not in REQUIRED)]
    text = separator.join([MARK, *(f"{name}={said[name]}" for name in in_order)])
    if len(text.encode()) > MAX_OCTETS:
        raise UnableToWrite("the text is too long for a code")
    return text


def read(text: str) -> dict[str, str]:
    """What a bank's app reads: names and values.   Raises UnableToRead."""
    if not text.startswith(MARK) or len(text) <= len(MARK) or text[len(MARK)].isalnum():
        raise UnableToRead("it does not begin with ST00012 and a separator")
    separator = text[len(MARK)]
    found = {}
    for pair in text[len(MARK) + 1 :].split(separator):
        name, sign, value = pair.partition("=")
        if not sign or name in found:
            raise UnableToRead(f"{pair[:40]!r}")
        found[name] = value
    if tuple(found)[: len(REQUIRED)] != REQUIRED:
        raise UnableToRead("the required values do not stand first, in their order")
    return found


def svg(text: str, *, title: str) -> bytes:
    """A drawing in one colour on white with the margin that readers need; no fixed size: it fills what it stands in.

    title: what it is, for who cannot see it.
    """
    # Loaded when a code is drawn: most processes and pages draw none.
    import segno

    written = io.BytesIO()
    code = segno.make_qr(text.encode(), error="m")
    code.save(
        written, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, svgclass=None,
        lineclass=None, title=title,
    )  # fmt: skip
    return written.getvalue()
