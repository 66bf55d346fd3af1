"""Keep what is asked over check/pay and what is answered. The only module that writes GatewayAsk."""

import functools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from abonent.core import db, masking
from abonent.payments.models_gateways import GatewayAsk

KEPT = timedelta(days=3 * 366)  # as long as a bank may dispute what it has paid
ASKED_AT_MOST = 2000  # characters

_IDS = {"txn_id", "prv_txn", "pay_id"}  # long numbers that are no card's


def ask_of(
    *,
    channel: str,
    command: str,
    external_id: str,
    account: str,
    words: Mapping[str, str],
    answer: str,
    result: int,
    payment_id: int | None,
    address: str | None,
    at: datetime,
) -> GatewayAsk:
    """The row, not yet kept: for `keep`, or for `payments.open_paid`, which keeps it with its payment.

    words: the parameters as sent, decoded.   answer: the body.   result: the dialect's code.
    """
    said = "&".join(f"{name}={value if name.lower() in _IDS else masking.text(value)}" for name, value in words.items())
    return GatewayAsk(
        channel=channel,
        command=command,
        external_id=_fit(external_id, 64),
        account=_fit(masking.text(account), 64),
        asked=_fit(said, ASKED_AT_MOST),
        answer=answer,
        result=result,
        payment_id=payment_id,
        address=address,
        asked_at=at,
    )


def keep(ask: GatewayAsk) -> None:
    """By itself: of what moved no money."""
    ask.save(force_insert=True)


def forget_old(now: datetime) -> int:
    """Sweep away what nobody can dispute any more; give how many."""
    return GatewayAsk.objects.filter(asked_at__lt=now - KEPT).delete()[0]


@functools.cache
def insert_sql(source: str) -> str:
    """An insert of one row if `source` has one; its parameters are those of `params`."""
    columns = [str(field.column) for field in _fields()]
    values = ", ".join(f"%(ask_{field.column})s::{field.db_type(connection)}" for field in _fields())
    return f"insert into payments_gatewayask ({', '.join(columns)}) select {values} from {source}"


def params(ask: GatewayAsk) -> dict[str, Any]:
    return {name: db.prepared_value(getattr(ask, attribute)) for name, attribute in _values()}


@functools.cache
def _values() -> list[tuple[str, str]]:
    """The parameters of `insert_sql`, and where in the row their values are."""
    return [(f"ask_{field.column}", field.attname) for field in _fields()]


def _fields() -> "list[models.Field[Any, Any]]":
    return [field for field in GatewayAsk._meta.concrete_fields if not field.primary_key]


def _fit(text: str, most: int) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:most]
