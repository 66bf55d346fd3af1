"""The runs of dates: which are due, their chunks, the last date that is done. Writes ChargeRun and its kin.

`ChargedThrough` moves when a run has finished. A payment just before midnight may still charge for the date
that ends: it holds the row's name shared, and the run that finishes holds it alone, so that neither overlooks
the other.
"""

from datetime import date

from abonent.billing.models import ChargedThrough
from abonent.core import db

_NAME = 0x43544852  # an advisory lock, so that payments do not write to one hot row


def charged_through() -> date | None:
    """The last operator's date whose run has finished; None before the first."""
    return ChargedThrough.objects.values_list("on", flat=True).first()


def hold_charged_through() -> date | None:
    """`charged_through()`, which cannot move until the caller's transaction ends. Callers share the hold."""
    db.require_transaction()
    db.run("select pg_advisory_xact_lock_shared(%s)", [_NAME])
    return charged_through()
