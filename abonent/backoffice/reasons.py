"""Why the charge run stopped, an account is parked or a bank's document waits: the program's words, for people.

They are kept in English, as every alarm is; here each is told in the language of whoever looks. One that is not known
here is shown as it was kept: better than nothing. A test compares this list with where they are written.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from abonent.core import money
from abonent.ui import formats, words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

_DAY = r"\d{4}-\d\d-\d\d"
_WORDS: Final[tuple[tuple[re.Pattern[str], StrPromise], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        # billing/runs.py
        (
            rf"its plan is unlike the run of (?P<days>{_DAY}(?:, {_DAY})*): by (?P<moved>.+) of (?P<then>.+), most in"
            r" (?P<kind>\w+) by the (?P<per>\w+) \((?P<n_then>\d+) charges of (?P<kop_then>.+) then,"
            r" (?P<n_now>\d+) of (?P<kop_now>.+) now\)",
            _(
                "The plan is unlike the run of %(days)s: by %(moved)s of %(then)s. Most of it in “%(kind)s” (%(per)s):"
                " %(n_then)s charges of %(kop_then)s then, %(n_now)s of %(kop_now)s now."
            ),
        ),
        (
            r"its chunks took (?P<took>.+) where the plan was (?P<planned>.+)",
            _("%(took)s was taken where the plan was %(planned)s."),
        ),
        # billing/park.sql
        (
            rf"subscription (?P<id>\d+) is active but paid until (?P<day>{_DAY}) only: no run was missed before"
            rf" (?P<on>{_DAY})",
            _("Service %(id)s works but is paid until %(day)s only, though every date before %(on)s was charged."),
        ),
        (
            r"subscription (?P<id>\d+) has the absurd price of (?P<kop>\d+) kopecks",
            _("Service %(id)s has an impossible price: %(kop)s."),
        ),
        (
            r"subscription (?P<id>\d+) is charged by «(?P<how>.*)», which nobody knows",
            _("Service %(id)s is charged by “%(how)s”, which nobody knows."),
        ),
        # billing/parking.py
        (
            r"subscription (?P<id>\d+) has the price of (?P<kop>\d+) kopecks by the «(?P<how>.*)»",
            _("Service %(id)s: price %(kop)s, charged by “%(how)s”."),
        ),
        # billing/returns.py
        (
            r"subscription (?P<id>\d+): (?P<n>\d+) paid days have no charge",
            _("Service %(id)s: paid days without a charge: %(n)s."),
        ),
        # payments/bank_statements/owners.py, flows/import_statement.py
        (r"our own money between accounts", _("Our own money between accounts.")),
        (
            r"an acquirer pays a day's payments out: each came by its channel",
            _("An acquirer pays a day's payments out: each came by its own channel."),
        ),
        (
            r"the purpose names no contract of ours, and the payer's INN is nobody's",
            _("The purpose names no contract of ours, and the payer's INN is nobody's."),
        ),
        (
            r"the invoice is another company's than the payer",
            _("The invoice is another company's than the payer."),
        ),
        (r"the purpose names several contracts", _("The purpose names several contracts.")),
        (r"invoices of several contracts have that number", _("Invoices of several contracts have that number.")),
        (
            r"the payer's INN has (?P<n>\d+) open contracts, and the purpose names none",
            _("The payer has several open contracts (%(n)s), and the purpose names none."),
        ),
        (r"contract (?P<number>\S+) is closed", _("Contract %(number)s is closed.")),
        (r"the same document stands twice in one file", _("The same document stands twice in one file.")),
    )
)


def said(kept: str) -> str:
    """In the language of whoever looks; sentences."""
    whole = _sentence(kept)
    return whole if whole is not None else " ".join(_sentence(one) or one for one in kept.split("; "))


def _sentence(kept: str) -> str | None:
    for pattern, told in _WORDS:
        found = pattern.fullmatch(kept)
        if found is not None:
            return str(told) % {name: _value(name, value) for name, value in found.groupdict().items()}
    return None


def _value(name: str, value: str) -> str:
    if name == "kop":
        return money.show(int(value))
    if name in ("day", "on"):
        return formats.day(date.fromisoformat(value))
    if name == "days":
        return ", ".join(formats.day(date.fromisoformat(one)) for one in value.split(", "))
    if name == "kind":
        return str(words.KINDS.get(value, value))
    return str(words.PER.get(value, value)) if name == "per" else value
