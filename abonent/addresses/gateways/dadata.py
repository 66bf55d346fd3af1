"""Addresses by DaData: POST /suggestions/api/4_1/rs/suggest/address, integrations.md section 7.

Asked by our server: the key never stands in a page. It helps where our own directory knows nothing, and nothing
depends on it: no answer in a second and a half is no answer.
"""

import json
import logging
import time
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from django.conf import settings

from abonent.core import kept_http

log = logging.getLogger(__name__)

PATH = "/suggestions/api/4_1/rs/suggest/address"
MOST = 20  # of one answer, by their rules
MOST_CHARS = 300
REST_SECONDS = 60  # after a failure nobody waits for it again meanwhile
ASKS_A_MINUTE = 120  # of a process: a robot must not use up the day's limit
_BLOCKS = tomllib.loads(Path(__file__).parent.with_name("words.toml").read_text(encoding="utf-8"))["dadata_blocks"]


class UnableToAsk(Exception):
    """No answer, or none that can be read. The message has no word of the address."""


class KeyRefused(UnableToAsk):
    """The key is wrong, or its day's limit is used up."""


class Suggestion(NamedTuple):
    """An address that exists. Empty where it is not told."""

    settlement: str  # with its kind: "g Sergiev Posad"
    street: str  # with its kind
    house: str
    korpus: str
    stroenie: str
    liter: str
    flat: str


_peer = kept_http.to(patience=httpx.Timeout(1.5, connect=0.5))  # a person waits before the page


class _State:
    rests_until = float("-inf")
    minute = 0
    asked = 0


def is_on() -> bool:
    return bool(settings.DADATA_TOKEN)


def suggest(text: str, *, count: int = 8) -> list[Suggestion]:
    """What `text` may mean, the likeliest first; houses and streets.   Raises UnableToAsk."""
    now = time.monotonic()
    if now < _State.rests_until:
        raise UnableToAsk("it rests after a failure")
    minute = int(now) // 60
    if minute != _State.minute:
        _State.minute, _State.asked = minute, 0
    if _State.asked >= ASKS_A_MINUTE:
        raise UnableToAsk("asked too often this minute")
    _State.asked += 1
    try:
        return _suggest(text, count)
    except UnableToAsk as error:
        _State.rests_until = now + REST_SECONDS
        log.warning("DaData: %s", error)
        raise


def check() -> None:
    """One small question.   Raises UnableToAsk."""
    _suggest("1", 1)


def forget() -> None:
    """Ask again at once: tests, and `doctor`."""
    _State.rests_until, _State.asked = float("-inf"), 0
    _peer.close()


def _suggest(text: str, count: int) -> list[Suggestion]:
    try:
        answer = _peer.client().post(
            f"{settings.DADATA_URL}{PATH}",
            json={"query": text[:MOST_CHARS], "count": min(count, MOST)},
            headers={"Authorization": f"Token {settings.DADATA_TOKEN}", "Accept": "application/json"},
        )
    except httpx.HTTPError as error:
        raise UnableToAsk(type(error).__name__) from error
    if answer.status_code in (401, 403):
        raise KeyRefused(f"HTTP {answer.status_code}: the key is refused, or its limit is used up")
    if answer.status_code != httpx.codes.OK:
        raise UnableToAsk(f"HTTP {answer.status_code}")
    try:
        return [_read(one["data"]) for one in json.loads(answer.content)["suggestions"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnableToAsk("the answer is not what DaData sends") from None


def _read(data: dict[str, Any]) -> Suggestion:
    """All fields may be null."""

    def said(name: str) -> str:
        return str(data.get(name) or "").strip()

    blocks = {"korpus": "", "stroenie": "", "liter": ""}
    if said("block"):
        blocks[_BLOCKS.get(said("block_type").rstrip("."), "korpus")] = said("block")
    return Suggestion(
        settlement=said("settlement_with_type") or said("city_with_type"),
        street=said("street_with_type"),
        house=said("house"),
        flat=said("flat"),
        **blocks,
    )
