"""Sums: kopecks inside, "500.00" on the wire, "500,00 ₽" on a page. Integers only."""

import re

WIRE = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
NO_BREAK = "\N{NO-BREAK SPACE}"
ROUBLE = "\N{RUBLE SIGN}"


class UnableToReadSum(Exception): ...


def parse(text: object) -> int:
    """ "500", "500.5", "500.00" → kopecks. Raises UnableToReadSum for anything else, JSON numbers too."""
    match = WIRE.fullmatch(text) if type(text) is str else None
    if match is None:
        raise UnableToReadSum(text)
    roubles, kopecks = match.groups()
    return int(roubles) * 100 + int((kopecks or "").ljust(2, "0"))


def wire(amount_kop: int) -> dict[str, str]:
    return {"value": f"{amount_kop // 100}.{amount_kop % 100:02}", "currency": "RUB"}


def shown(amount_kop: int, language: str) -> str:
    roubles = f"{amount_kop // 100:,}"
    if language == "en":
        return f"{roubles}.{amount_kop % 100:02}{NO_BREAK}{ROUBLE}"
    return f"{roubles.replace(',', NO_BREAK)},{amount_kop % 100:02}{NO_BREAK}{ROUBLE}"
