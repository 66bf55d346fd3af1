"""What the adviser found, in words: on the page where the tariff is changed."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _

from abonent.billing import adviser, rules
from abonent.billing import queries as billing
from abonent.catalog.models import OfferVersion
from abonent.core import money
from abonent.portal import site
from abonent.ui import formats


class Advice(NamedTuple):
    said: list[str]
    code: str  # of the tariff to look at; "": what one has suits better


def of(
    seen: billing.Overview, current: billing.SubscriptionRow, on_sale: Sequence[OfferVersion], today: date
) -> Advice | None:
    """None: another kind of service, a short history, or nothing to choose between."""
    if current.kind != "internet" or current.line_id is None:
        return None
    found = adviser.advise(
        account_id=seen.account_id,
        line_id=current.line_id,
        charging=current.charging,
        down_mbps=current.down_mbps,
        on_sale=on_sale,
        on=today,
    )
    if found is None:
        return None
    had = _("In the last three months (%(months)s) you were connected %(days)s of %(of)s. It cost %(paid)s.") % {
        "months": formats.period(*found.months),
        "days": formats.days(found.compared.days_on),
        "of": str(found.months.days),
        "paid": money.show(found.compared.paid_kop),
    }
    said = [had, _other(found)]
    cheaper = found.saves_kop > 0
    if cheaper and (found.other.down_mbps or 0) < (current.down_mbps or 0):
        said.append(_("But it is slower than yours."))
    return Advice(said, found.other.offer.code if cheaper else "")


def _other(found: adviser.Advice) -> str:
    facts = {
        "name": found.other.offer.name(formats.language()),
        "facts": ", ".join(site.facts(found.other)),
        "cost": money.show(found.compared.other_kop),
        "sum": money.show(abs(found.saves_kop)),
    }
    by_days = found.other.charging in rules.BY_DAYS
    if found.saves_kop > 0:
        if by_days:
            return _("By the day, on «%(name)s» (%(facts)s), it would have cost %(cost)s: %(sum)s less.") % facts
        return _("By the month, on «%(name)s» (%(facts)s), it would have cost %(cost)s: %(sum)s less.") % facts
    if by_days:
        text = _(
            "By the day, on «%(name)s» (%(facts)s), it would have cost %(cost)s: %(sum)s more. Your tariff suits you."
        )
    else:
        text = _(
            "By the month, on «%(name)s» (%(facts)s), it would have cost %(cost)s: %(sum)s more. Your tariff suits you."
        )
    return text % facts
