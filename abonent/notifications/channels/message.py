"""What every channel takes, and how it says that it could not.

Each channel has one verb, `send(message)`; it gives the gateway's own id of the message where a receipt will name it.
"""

from collections.abc import Callable
from typing import NamedTuple


class Message(NamedTuple):
    notice_id: int  # given to the gateway as its own id: sent twice, it arrives once
    key: str
    kind: str
    address: str  # "+79161234567" or a mail address
    subject: str
    body: str
    refusal_url: str = ""  # of marketing: where one tap stops it
    attachments: tuple[tuple[str, bytes, str], ...] = ()  # of an e-mail: name, content, its type


class UnableToSend(Exception):
    """Not now: it is worth another try. The text is for staff and may hold an address: never log it."""


class UnableToEverSend(UnableToSend):
    """Refused for good: the same message to the same address will be refused again."""


class UnknownResult(UnableToEverSend):
    """It may have gone: the answer was lost, and the gateway keeps no id of ours. Sent again it might arrive twice."""


def _nothing() -> None: ...


class Receipt(NamedTuple):
    """What a gateway tells later of a message it took."""

    ids: list[str]  # its id, in every spelling
    arrived: bool  # False: it will not
    said: str
    reference: int | None = None  # ours, in 16 bits, where the gateway gives it back
    phone: str = ""
    answer: Callable[[], None] = _nothing  # tells the gateway that we keep it
