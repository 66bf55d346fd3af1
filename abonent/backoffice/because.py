"""Because of what somebody's account is opened: the conversation or the request that one of the staff came from.

It travels in the address (`?talk=1183`, `?request=17`) and stands in the audit log; its owner reads it in his own log.
"""

from django.http import HttpRequest

from abonent.conversations.models import Conversation
from abonent.onboarding.models import ConnectionRequest

MOST_ID = 2**63 - 1


def of(request: HttpRequest, contract_id: int) -> str:
    """ "talk:1183" or "request:17", where that is of this contract; else ""."""
    said = request.POST if request.method == "POST" else request.GET
    talk_id, request_id = _number(said.get("talk", "")), _number(said.get("request", ""))
    if talk_id and Conversation.objects.filter(pk=talk_id, contract_id=contract_id).exists():
        return f"talk:{talk_id}"
    if request_id and ConnectionRequest.objects.filter(pk=request_id, contract_id=contract_id).exists():
        return f"request:{request_id}"
    return ""


def query(why: str) -> str:
    """The same for the next address: "?talk=1183"; "" for nothing."""
    noun, _, number = why.partition(":")
    return f"?{noun}={number}" if number else ""


def _number(typed: str) -> int:
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 20 else 0
    return number if number <= MOST_ID else 0
