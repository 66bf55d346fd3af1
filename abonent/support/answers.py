"""Prepared answers, filled in for the one who reads them."""

import re
from typing import NamedTuple

from abonent.support.models import Answer

_NAME = re.compile(r"\{(\w+)\}")


class Ready(NamedTuple):
    title: str
    text: str


def ready(topic: str, language: str, facts: dict[str, str]) -> list[Ready]:
    """Those of the topic first.   facts: by name: `name`, `balance`, `missing`, `contract`…; unknown stays a gap."""
    english = language == "en"
    found = sorted(Answer.objects.all(), key=lambda one: (one.topic not in {topic, ""}, one.place, one.pk))
    return [
        Ready(
            one.title_en if english else one.title_ru,
            filled(one.text_en if english else one.text_ru, facts),
        )
        for one in found
    ]


def filled(text: str, facts: dict[str, str]) -> str:
    """What is not known is left for the operator to type: "…"."""
    return _NAME.sub(lambda match: facts.get(match[1]) or "…", text)
