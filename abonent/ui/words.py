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
# Of conversations; the online consultant asks for one.
TOPICS: dict[str, StrPromise] = {
    "general": _("General question"),
    "connection": _("Connection topic"),
    "finance": _("Finance topic"),
    "technical": _("Technical topic"),
}
FOLDERS: dict[str, StrPromise] = {
    "talks": _("Conversations"),
    "money": _("Money"),
    "service": _("Services and notices"),
    "documents": _("Documents"),
}
TALK_KINDS: dict[str, StrPromise] = {
    "chat": _("Chat"),
    "request": _("Question"),
    "mail": _("Letter"),
}
OPERATOR_STATES: dict[str, StrPromise] = {
    "on": _("I take chats"),
    "away": _("I finish mine"),
    "off": _("I am not here"),
}
TALK_STATES: dict[str, tuple[str, StrPromise]] = {
    "waiting": ("wait", _("waits for an answer")),
    "open": ("ok", _("an operator answers")),
    "closed": ("quiet", _("closed")),
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
INVOICE_STATES: dict[str, tuple[str, StrPromise]] = {
    "paid": ("ok", _("paid")),
    "part": ("wait", _("paid in part")),
    "open": ("wait", _("waits for payment")),
    "late": ("warn", _("overdue")),
}
PETITION_STATES: dict[str, tuple[str, StrPromise]] = {
    "open": ("wait", _("waits for an answer")),
    "done": ("ok", _("done")),
    "refused": ("warn", _("refused")),
    "withdrawn": ("quiet", _("taken back")),
}
# How money came in, by the ledger's account of it.
CHANNELS: dict[str, StrPromise] = {
    "clearing:yookassa": _("Top-up by card"),
    "clearing:cash": _("Top-up at the cash desk"),
    "clearing:osmp": _("Top-up at a terminal"),
    "clearing:sber": _("Top-up through Sberbank"),
    "clearing:bank": _("Top-up by bank transfer"),
}
