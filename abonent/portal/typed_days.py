"""A day as a browser sends it or a person types it: "2026-11-30", "30.11.2026". Pure."""

import re
from datetime import date

_TYPED = re.compile(r"^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*$")
MOST_CHARS = 40


def read(typed: str) -> date | None:
    """None: it is not a day."""
    typed = typed[:MOST_CHARS]
    written = _TYPED.match(typed)
    try:
        if written is not None:
            return date(int(written[3]), int(written[2]), int(written[1]))
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
