"""By which channels one notice goes, from what its reader has and wants. Pure: rows in, channels out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abonent.notifications import subjects
from abonent.notifications.models import Channel
from abonent.notifications.text_shape import Kind

CHOSEN = (Channel.SMS, Channel.EMAIL, Channel.PUSH)  # what a person chooses among; Mail keeps all of it
CONSENTS = {Channel.SMS: "marketing_sms", Channel.EMAIL: "marketing_email", Channel.PUSH: "marketing_push"}


def of(notice: Mapping[str, Any], kind: Kind) -> list[Channel]:
    """The first is the notice's own, each other a copy's. Empty: there is no way to him, or he wants none.

    notice: a row of delivery_claim.sql.
    """
    reachable = {
        Channel.SMS: bool(notice["phone"]),
        Channel.EMAIL: bool(notice["email"]),
        Channel.PUSH: bool(notice["has_push"]),
        Channel.INBOX: True,
    }
    if notice["only_by"]:
        only = Channel(notice["only_by"])
        return [only] if reachable[only] else []
    usual = [one for one in [_usual(kind, reachable)] if one]
    if notice["to_address"] or kind.secret:
        return usual
    about = subjects.of_kind(notice["kind"])
    wanted = {Channel(name) for name, is_wanted in chosen(notice, about.name).items() if is_wanted}
    if not chosen(notice, about.name):
        return [*usual, Channel.PUSH] if reachable[Channel.PUSH] else usual
    found = [one for one in CHOSEN if one in wanted and reachable[one]]
    if not found and about.why_required:
        return usual or ([Channel.PUSH] if reachable[Channel.PUSH] else [])
    return found


def chosen(notice: Mapping[str, Any], subject: str) -> dict[str, bool]:
    """What he has chosen about the subject, by channel; empty where he never did."""
    all_of_them: dict[str, dict[str, bool]] = notice["choices"] or {}
    return all_of_them.get(subject, {})


def is_wanted_nowhere(notice: Mapping[str, Any]) -> bool:
    """He has switched the subject off: its letter in Mail is all."""
    about = subjects.of_kind(notice["kind"])
    wishes = chosen(notice, about.name)
    return bool(wishes) and not any(wishes.values()) and not notice["only_by"]


def usual_of_subject(subject: subjects.Subject, kinds: Mapping[str, Kind], *, has_email: bool) -> set[Channel]:
    """What the page shows as chosen before anything is."""
    mine = [one for name, one in kinds.items() if subjects.of_kind(name) == subject and not one.secret]
    found = {Channel.PUSH}
    if not has_email or any(one.sms_first for one in mine):
        found.add(Channel.SMS)
    if has_email and not all(one.sms_first for one in mine):
        found.add(Channel.EMAIL)
    return found


def _usual(kind: Kind, reachable: Mapping[Channel, bool]) -> Channel | None:
    if reachable[Channel.SMS] and (kind.sms_first or not reachable[Channel.EMAIL]):
        return Channel.SMS
    return Channel.EMAIL if reachable[Channel.EMAIL] else None
