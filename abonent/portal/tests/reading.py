"""A page as its reader has it: words without markup, no-break spaces as spaces."""

import html
import re
from typing import Protocol


class Answer(Protocol):
    @property
    def content(self) -> bytes: ...


def words(response: Answer) -> str:
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").replace("\u2060", "")
    return re.sub(r"\s+", " ", text)
