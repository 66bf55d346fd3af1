"""Payments at the bank that are nobody's here: parked for staff. The only module that writes Stray."""

from datetime import datetime

from abonent.core import db, masking
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Channel, Stray


def park(bank: objects.BankPayment, *, why: str, at: datetime) -> None:
    """Keep it once, with what the bank says of it. The caller raises the alarm.   at: the instant."""
    db.require_transaction()
    row = Stray(
        channel=Channel.YOOKASSA,
        external_id=bank.id,
        amount_kop=bank.amount_kop,
        currency=bank.currency[:8],
        metadata=masking.values(dict(bank.metadata)),
        why=masking.text(why),  # the bank's own words stand in it
        found_at=at,
    )
    Stray.objects.bulk_create([row], ignore_conflicts=True)
