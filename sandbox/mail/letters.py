"""A stored letter → what a page may show of it: text only, never its HTML as HTML."""

import dataclasses
import email
import email.message
import email.policy
import html.parser
import json
import sqlite3

HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe")


@dataclasses.dataclass(frozen=True)
class Letter:
    id: int
    received_ms: int
    mail_from: str
    rcpt_to: list[str]
    subject: str
    headers: list[tuple[str, str]]
    text: str
    from_html: bool  # the text was taken out of HTML, there was no other
    attachments: list[str]


def read(row: sqlite3.Row) -> Letter:
    """Never raises: a broken letter shows what can be read of it."""
    message = email.message_from_bytes(row["raw"], policy=email.policy.default)
    headers = [(name, _header(message, name)) for name in HEADERS if name in message]
    text, from_html = _text(message)
    return Letter(
        id=row["seq"],
        received_ms=row["received_ms"],
        mail_from=row["mail_from"],
        rcpt_to=json.loads(row["rcpt_to"]),
        subject=dict(headers).get("Subject", ""),
        headers=headers,
        text=text,
        from_html=from_html,
        attachments=[part.get_filename() or part.get_content_type() for part in _attachments(message)],
    )


def _header(message: email.message.EmailMessage, name: str) -> str:
    try:
        return str(message[name])
    except (ValueError, AttributeError, IndexError):  # the standard parser on headers that are not headers
        return "?"


def _text(message: email.message.EmailMessage) -> tuple[str, bool]:
    body = message.get_body(("plain", "html"))
    if body is None:
        return "", False
    try:
        content = str(body.get_content())
    except (LookupError, ValueError, AttributeError):  # an unknown charset or transfer encoding
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_type() == "text/html":
        return stripped(content), True
    return content, False


def _attachments(message: email.message.EmailMessage) -> list[email.message.EmailMessage]:
    return [part for part in message.walk() if isinstance(part, email.message.EmailMessage) and part.is_attachment()]


class _Words(html.parser.HTMLParser):
    HIDDEN = ("script", "style", "head", "title")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self.HIDDEN
        if tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3"):
            self.words.append("\n")
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.words.append(f"[{address}] ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def stripped(markup: str) -> str:
    """The words of an HTML letter, its links beside them."""
    parser = _Words()
    parser.feed(markup)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.words).splitlines()]
    return "\n".join(line for line in lines if line)
