"""SMS by SMSC.ru: POST /sys/send.php, integrations.md section 4."""

import json

import httpx
from django.conf import settings

from abonent.core import kept_http
from abonent.notifications.channels import message as messages
from abonent.notifications.channels.message import Message

# The rest (2 sign-in, 3 no money, 4 blocked, 9 too many) mends itself or is mended by the operator.
FINAL_CODES = frozenset({1, 5, 6, 7, 8})  # parameters, date, forbidden text or sender, phone, undeliverable

_peer = kept_http.to(patience=httpx.Timeout(15, connect=5))


def send(message: Message) -> None:
    """Send one SMS under the notice's id: SMSC keeps a repeat of an id once.

    Raises UnableToSend, or UnableToEverSend for a code of FINAL_CODES.
    """
    try:
        answer = _peer.client().post(
            f"{settings.SMSC_URL}/sys/send.php",
            data={
                "login": settings.SMSC_LOGIN,
                "psw": settings.SMSC_PASSWORD,
                "phones": message.address,
                "mes": message.body,
                "id": str(message.notice_id),
                "charset": "utf-8",
                "fmt": "3",
            },
        )
    except httpx.HTTPError as error:
        raise messages.UnableToSend(f"SMSC: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.OK:
        raise messages.UnableToSend(f"SMSC: HTTP {answer.status_code}")
    try:
        said = json.loads(answer.content)
        code = said.get("error_code")
    except (ValueError, AttributeError):
        raise messages.UnableToSend("SMSC: the answer is not what SMSC sends") from None
    if code in FINAL_CODES:
        raise messages.UnableToEverSend(f"SMSC {code}: {said.get('error')}")
    if code is not None or "id" not in said:
        raise messages.UnableToSend(f"SMSC {code}: {said.get('error')}")
