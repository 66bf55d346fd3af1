"""Notices as letters of the subscriber's own inbox: kept as they are taken out of the outbox, once by their keys.

Whatever becomes of the SMS or the e-mail (quiet hours, no phone, a gateway that is away), the letter is there.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from abonent.conversations import inbox
from abonent.conversations.models import Folder
from abonent.core import clock, db
from abonent.notifications import texts, wording

log = logging.getLogger(__name__)

_MONEY = ("payment", "charge", "money", "autopay", "card", "credit", "deferral", "receipt", "refund")


def keep(
    notices: Sequence[dict[str, Any]], at: datetime, own: Mapping[tuple[str, str], wording.Own] | None = None
) -> int:
    """The rows of delivery_claim.sql; give how many are new.   own: the operator's words."""
    letters = [letter for one in notices if (letter := _letter(one, at, own or {})) is not None]
    if not letters:
        return 0
    with db.atomic():
        return inbox.put(letters, at)


def folder_of(kind: str) -> Folder | None:
    """None: the notice is not kept; one with a code or a password never is."""
    known = texts.KINDS.get(kind)
    if known is None or not known.inbox or known.secret:
        return None
    if known.inbox == Folder.SERVICE and kind.startswith(_MONEY):
        return Folder.MONEY
    return Folder(known.inbox)


def is_copy(notice: dict[str, Any]) -> bool:
    """Its letter is kept by the notice that it is a copy of."""
    return bool(notice.get("only_by")) and notice["key"].endswith(f"/{notice['only_by']}")


def _letter(notice: dict[str, Any], at: datetime, own: Mapping[tuple[str, str], wording.Own]) -> inbox.Letter | None:
    folder = folder_of(notice["kind"])
    if folder is None or is_copy(notice):
        return None
    try:
        text = wording.render(
            own,
            notice["kind"],
            json.loads(notice["params"]),
            language=notice["language"],
            contract_number=notice["contract_number"],
            today=clock.on_date(at),
        )
    except Exception as error:  # a mistake of ours: the others of the batch must go on
        log.error("notice %s %s: no letter of it: %s", notice["id"], notice["kind"], type(error).__name__)
        return None
    language = "en" if notice["language"].startswith("en") else "ru"
    return inbox.Letter(notice["key"], notice["contract_id"], folder, text.subject, text.body, language)
