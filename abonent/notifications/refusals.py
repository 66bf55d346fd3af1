"""One tap against marketing, without signing in: a short address that names a customer and a channel, signed.

What it can do is one thing: no more offers by that channel. So it is short enough for an SMS.
"""

import hmac
import re
from datetime import datetime

from django.conf import settings
from django.utils.crypto import salted_hmac

from abonent.notifications.models import Channel
from abonent.notifications.ways import CONSENTS
from abonent.subscribers import consents
from abonent.subscribers.models import Customer

_SALT = "abonent.notifications.refusals"
_LETTERS = {Channel.SMS: "s", Channel.EMAIL: "e", Channel.PUSH: "p"}
_TOKEN = re.compile(r"^([sep])([0-9a-z]{1,13})-([0-9a-f]{12})$")
ACTOR = "link:refusal"


def url(customer_id: int, channel: Channel) -> str:
    return f"{settings.PUBLIC_URL}/u/{token(customer_id, channel)}/"


def token(customer_id: int, channel: Channel) -> str:
    said = f"{_LETTERS[channel]}{customer_id:x}"
    return f"{said}-{_signature(said)}"


def read(given: str) -> tuple[int, Channel] | None:
    """Whose it is, and of which channel.   None: nobody made it."""
    match = _TOKEN.match(given)
    if match is None or not hmac.compare_digest(match[3], _signature(match[1] + match[2])):
        return None
    channel = next(one for one, letter in _LETTERS.items() if letter == match[1])
    customer_id = int(match[2], 16)
    return (customer_id, channel) if Customer.objects.filter(pk=customer_id).exists() else None


def refuse(customer_id: int, channel: Channel, *, at: datetime, address: str | None) -> bool:
    """From this moment on nothing more is sent; give whether there was a consent."""
    return consents.withdraw(customer_id, CONSENTS[channel], actor=ACTOR, at=at, address=address)


def _signature(said: str) -> str:
    return salted_hmac(_SALT, said, algorithm="sha256").hexdigest()[:12]
