"""SMS by SMS.ru: POST /sms/send, integrations.md section 4."""

import json
from typing import Any

import httpx
from django.conf import settings

from abonent.core import kept_http
from abonent.notifications.channels import message as messages
from abonent.notifications.channels.message import Message

OK = 100
# The number, the text, or its owner's stop list. The rest (no money, sender, limits, busy) mends itself or is mended.
FINAL_CODES = frozenset({202, 203, 205, 207, 209, 216, 217})

_peer = kept_http.to(patience=httpx.Timeout(15, connect=5))


def send(message: Message) -> None:
    """Send one SMS. SMS.ru keeps no id of ours: where its answer is lost, the message is not sent again.

    Raises UnableToSend, UnableToEverSend for a code of FINAL_CODES, or UnknownResult.
    """
    asked = {
        "api_id": settings.SMSRU_API_ID,
        "to": message.address.removeprefix("+"),
        "msg": message.body,
        "json": "1",
    }
    if settings.SMS_SENDER:
        asked["from"] = settings.SMS_SENDER
    try:
        answer = _peer.client().post(f"{settings.SMSRU_URL}/sms/send", data=asked)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise messages.UnableToSend(f"SMS.ru: {type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise messages.UnknownResult(f"SMS.ru: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.OK:
        raise messages.UnableToSend(f"SMS.ru: HTTP {answer.status_code}")
    code, text = _read(answer.content)
    if code == OK:
        return
    raise (messages.UnableToEverSend if code in FINAL_CODES else messages.UnableToSend)(f"SMS.ru {code}: {text}")


def _read(content: bytes) -> tuple[int, str]:
    """The code of the one message, else of the whole call. An answer of another shape may follow one that went."""
    try:
        said: dict[str, Any] = json.loads(content)
        of_message = next(iter((said.get("sms") or {}).values()), said)
        return int(of_message["status_code"]), str(of_message.get("status_text", ""))[:80]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise messages.UnknownResult("SMS.ru: the answer is not what SMS.ru sends") from None
