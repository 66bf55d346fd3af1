"""Payments of the system before: history, which moves nothing. The only module that writes EarlierPayment."""

from abonent.core import db

_TAKE_IN = """
    insert into payments_earlierpayment (account_id, source, external_id, paid_on, amount_kop, channel)
    select account_id, %s, payment_id, paid_on, amount_kop, channel from moving_payments order by line
    on conflict (source, external_id) do nothing
"""


def take_in(source: str) -> int:
    """The rows of `moving_payments` that are not known: line, account_id, payment_id, paid_on, amount_kop, channel."""
    db.require_transaction()
    return db.run(_TAKE_IN, [source])
