"""A cashier's Z-report on paper: what a closed shift took, gave back and left in the drawer."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from abonent.billing.documents import formats
from abonent.core import clock, documents
from abonent.payments.models_shifts import CashShift

TEMPLATE = Path(__file__).parent.joinpath("templates", "shift_report.typ")


def pdf(shift: CashShift, language: str = "ru") -> bytes:
    """The report of a closed shift.   language: "ru" or "en".   Raises core.documents.UnableToRender."""
    assert shift.closed_at is not None, shift.number
    return documents.render(TEMPLATE, printed(shift, language))


def file_name(shift: CashShift) -> str:
    """ "shift-17.pdf"."""
    return f"shift-{shift.number}.pdf"


def printed(shift: CashShift, language: str) -> dict[str, Any]:
    """What the template prints: texts only, ready."""
    with translation.override(language):
        assert shift.closed_at is not None
        name = settings.PROFILE.legal_name.model_dump()[formats.language()]
        return {
            "language": formats.language(),
            "operator": name,
            "title": _("Z-report No. %(number)s") % {"number": shift.number},
            "facts": [
                [pgettext("cash order", "Cashier"), shift.cashier],
                [_("Shift opened"), _at(shift.opened_at)],
                [_("Shift closed"), _at(shift.closed_at)],
            ],
            "columns": ["", _("Orders"), _("Sum, RUB")],
            "sums": [
                [_("In the drawer at the beginning"), "", formats.number(shift.opening_kop)],
                [_("Cash taken"), str(shift.taken_count), formats.number(shift.taken_kop or 0)],
                [_("Cash given back"), str(shift.given_count), formats.number(shift.given_kop or 0)],
                [_("Must be in the drawer"), "", formats.number(shift.expected_kop or 0)],
                [_("Counted"), "", formats.number(shift.counted_kop or 0)],
                [_("Difference"), "", formats.number(shift.difference_kop or 0)],
            ],
            "why": _("Why it differs: %(why)s") % {"why": shift.why} if shift.why else "",
            "signatures": [[pgettext("cash order", "Cashier"), shift.cashier], [_("Chief accountant"), ""]],
        }


def _at(instant: datetime) -> str:
    local = instant.astimezone(clock.zone())
    return f"{formats.numeric_day(local.date())} {local:%H:%M}"
