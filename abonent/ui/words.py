"""Words that both workplaces say of the domain's codes. Marked for translation here, translated when shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

KINDS: dict[str, StrPromise] = {
    "internet": _("Internet"),
    "tv": _("Digital and cloud TV"),
    "telephony": _("Telephony"),
    "video": _("Video surveillance"),
    "colocation": _("Data-centre rent"),
}
PER: dict[str, StrPromise] = {
    "month": _("a month"),
    "day": _("a month, charged by the day"),
    "per_day": _("a day"),
    "once": _("once"),
}
# (mark of ui/components/mark.html, word)
STATES: dict[str, tuple[str, StrPromise]] = {
    "active": ("ok", _("works")),
    "waiting": ("wait", _("waits for payment")),
    "suspended": ("warn", _("suspended")),
    "standing": ("quiet", _("waits for its tariff")),
    "paused": ("quiet", _("paused at your wish")),
}

# What a person asks about his data or his account, and what became of it: (mark, word).
PETITIONS: dict[str, StrPromise] = {
    "correction": _("Correct my data"),
    "deletion": _("Delete my data"),
    "closing": _("Close my account"),
}
PETITION_STATES: dict[str, tuple[str, StrPromise]] = {
    "open": ("wait", _("waits for an answer")),
    "done": ("ok", _("done")),
    "refused": ("warn", _("refused")),
    "withdrawn": ("quiet", _("taken back")),
}
