"""Letters that come in: a reply finds its conversation, a letter to a department opens one.

A signed reply address says which conversation is meant; who wrote is believed only where the sender's address is the
one we wrote to. Everything else is kept as unverified: staff see it so, and it opens nobody's account.
"""

import email
import email.policy
import hashlib
import html.parser
import logging
import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import NamedTuple

from abonent.billing.documents import letters as documents
from abonent.conversations import files, talks
from abonent.conversations.models import Conversation, Kind, Topic
from abonent.identity import limits
from abonent.support import desks, letters, talking

LETTER_MOST_OCTETS = 15 * 1024 * 1024
_MESSAGE_ID = re.compile(r"^Message-ID:\s*<([^>\s]{1,200})>", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:\s*(.{1,300})", re.IGNORECASE | re.MULTILINE)
_AUTOMATIC = {"bulk", "junk", "list", "auto_reply"}
# "Anna <anna@…> wrote:" of every language's mail programs, and the lines they quote.
_QUOTED = re.compile(r"^\s*>|^(?=.*[<@]).{5,200}:\s*$")

log = logging.getLogger(__name__)


class UnableToTake(Exception):
    """Refused for good; the text goes to the sender's mail server."""


class TryLater(Exception):
    """Not now."""


class Taken(NamedTuple):
    what: str  # "said", "opened", "automatic", "known"
    conversation_id: int | None = None


def is_address(address: str) -> bool:
    """Whether letters to it are taken at all."""
    return letters.conversation_of(address) is not None or desks.by_email(address) is not None


def take(raw: bytes, *, sender: str, recipient: str, at: datetime) -> Taken:
    """Keep one letter to one recipient, once by its Message-ID.

    sender: of the envelope; "" is a bounce.   Raises UnableToTake or TryLater.
    """
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    if not sender:
        _note_bounce(letter, at)
        return Taken("automatic")
    if is_automatic(letter):
        return Taken("automatic")
    author = parseaddr(_header(letter, "From"))[1].lower()
    if "@" not in author or desks.by_email(author) or letters.conversation_of(author):
        return Taken("automatic")
    try:
        limits.take(limits.of_letter(author), at)
    except limits.TooManyTries:
        raise TryLater("too many letters") from None
    message_id = _header(letter, "Message-ID").strip() or hashlib.sha256(raw).hexdigest()
    client_id = f"mail:{hashlib.sha256(message_id.encode()).hexdigest()}"
    text, sent = _text(letter), _files(letter)
    number = letters.conversation_of(recipient)
    if number is not None:
        return _reply(number, author, client_id, text, sent, at)
    to = desks.by_email(recipient)
    if to is None:
        raise UnableToTake("no such mailbox")
    wish = talking.Wish(
        client_id=client_id,
        kind=Kind.MAIL,
        topic=Topic.GENERAL,
        text=text[: talks.TEXT_MOST_CHARS] or "…",
        sent=sent,
        subject=_header(letter, "Subject")[:200],
        department=to.key,
        guest_name=parseaddr(_header(letter, "From"))[0][:80] or author.partition("@")[0],
        guest_contact=author[:254],
        by_email=True,
    )
    return Taken("opened", talking.begin(wish, at).conversation.pk)


def _note_bounce(letter: EmailMessage, at: datetime) -> None:
    """A report of a mail server (RFC 3464): documents that did not arrive are shown to the staff as such."""
    if letter.get_content_type() != "multipart/report":
        return
    parts = {one.get_content_type(): one for one in letter.walk()}
    original = parts.get("message/rfc822") or parts.get("text/rfc822-headers")
    status = parts.get("message/delivery-status")
    if original is None or status is None:
        return
    said = str(status)
    found = _MESSAGE_ID.search(str(original))
    if found and re.search(r"^Action:\s*failed", said, re.IGNORECASE | re.MULTILINE):
        told = _DIAGNOSTIC.search(said)
        documents.bounced(found[1], " ".join(told[1].split()) if told else "bounced", at)


def is_automatic(letter: EmailMessage) -> bool:
    """Whether nobody wrote it: an auto-reply, a bounce, a mailing, or our own letter come back."""
    submitted = _header(letter, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or _header(letter, "Precedence").strip().lower() in _AUTOMATIC
        or any(name in letter for name in ("List-Id", "X-Autoreply", "X-Autorespond", "X-Failed-Recipients"))
        or letter.get_content_type() == "multipart/report"
        or letters.is_ours(_header(letter, "Message-ID"))
    )


def without_quotes(text: str) -> str:
    """What was written anew: above our line, without what is quoted."""
    fresh = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if letters.MARKER in line:
            break
        if not _QUOTED.match(line):
            fresh.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(fresh)).strip()


def _reply(number: int, author: str, client_id: str, text: str, sent: Sequence[files.File], at: datetime) -> Taken:
    conversation = Conversation.objects.filter(pk=number).exclude(kind=Kind.NOTICE).first()
    if conversation is None:
        raise UnableToTake("no such mailbox")
    known = [conversation.guest_contact.lower()]
    if conversation.contract_id is not None:
        known = [one.lower() for one in letters.emails_of_contract(conversation.contract_id)]
    _, is_new = talking.say(
        conversation,
        client_id=client_id,
        text=text[: talks.TEXT_MOST_CHARS] or ("" if sent else "…"),
        sent=sent,
        name=author[:80],
        at=at,
        by_email=True,
        unverified=author not in known,
    )
    return Taken("said" if is_new else "known", conversation.pk)


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, ValueError, AttributeError):
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_type() == "text/html":
        words = _Words()
        words.feed(content)
        words.close()
        content = "".join(words.said)
    return without_quotes(content)


def _files(letter: EmailMessage) -> list[files.File]:
    """Those that may be kept; the others are left out, as a text would be by a mail server."""
    found: list[files.File] = []
    for part in letter.walk():
        name = part.get_filename()
        payload = part.get_payload(decode=True)
        if not name or not isinstance(payload, bytes) or len(found) == files.FILES_MOST:
            continue
        try:
            found.append(files.accept(name, payload))
        except files.UnableToAccept:
            log.info("an attachment of a letter was left out")
    return found


def _header(letter: EmailMessage, name: str) -> str:
    try:
        return str(letter[name] or "")
    except (ValueError, AttributeError, IndexError):  # the standard parser on headers that are not headers
        return ""


class _Words(html.parser.HTMLParser):
    HIDDEN = ("script", "style", "head", "title", "blockquote")
    BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self.HIDDEN
        if tag in self.BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)
