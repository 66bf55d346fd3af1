"""What the company says to a contract by itself, as letters of its inbox. Writes Conversation and Message of notices.

Set-based: a charge run says a hundred thousand things. A notice's key makes its letter once.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from abonent.conversations.models import Folder
from abonent.core import db

_PUT = db.read_sql(__file__, "inbox_put")


class Letter(NamedTuple):
    key: str  # of the notice: "payment_received:42"
    contract_id: int
    folder: Folder
    subject: str
    text: str
    language: str = "ru"
    link: str = ""  # a page of ours, where more is


def put(letters: Sequence[Letter], at: datetime) -> int:
    """Keep what is not kept yet, and tell the open pages; give how many are new."""
    db.require_transaction()
    rows = [one._asdict() | {"subject": one.subject[:200], "token": secrets.token_urlsafe(32)} for one in letters]
    found = db.rows(_PUT, {"letters": json.dumps(rows), "at": at})
    return int(found[0]["kept"])
