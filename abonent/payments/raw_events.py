"""Keep the banks' messages as they came. The only module that writes RawEvent; nothing in one is believed."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import DataError, transaction

from abonent.core import db
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import RawEvent

_NAME = re.compile(r"[a-z_]{1,24}(?:\.[a-z_]{1,24}){1,2}")


class UnableToKeep(Exception):
    """Not a message of the bank's."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a message is about; whether it is true only the bank can say."""

    event: str  # "payment.succeeded"
    external_id: str
    body: dict[str, Any]

    @property
    def is_of_method(self) -> bool:
        return self.event.startswith("payment_method.")

    @property
    def is_of_payment(self) -> bool:
        return self.event.startswith("payment.")

    @property
    def is_of_refund(self) -> bool:
        return self.event.startswith("refund.")


def read(body: bytes) -> Message:
    """Raises UnableToKeep for octets that are no notification of the bank's API."""
    try:
        said = objects.read_json(body)
    except objects.UnableToRead as error:
        raise UnableToKeep(str(error)) from error
    event, about = said.get("event"), said.get("object")
    if said.get("type") != "notification" or not isinstance(event, str) or not isinstance(about, dict):
        raise UnableToKeep("not a notification")
    external_id = about.get("id")
    if not _NAME.fullmatch(event) or not isinstance(external_id, str) or not objects.is_id(external_id):
        raise UnableToKeep("a notification of nothing known")
    return Message(event, external_id, said)


def keep(channel: str, message: Message, *, address: str | None) -> None:
    """Keep the first message of its event and object; later ones change nothing.

    address: who sent it.   Raises UnableToKeep for what PostgreSQL cannot hold.
    """
    db.require_transaction()
    row = RawEvent(
        channel=channel,
        event=message.event,
        external_id=message.external_id,
        body=message.body,
        address=address,
    )
    try:
        with transaction.atomic():
            RawEvent.objects.bulk_create([row], ignore_conflicts=True)
    except (DataError, RecursionError) as error:
        raise UnableToKeep(type(error).__name__) from error
