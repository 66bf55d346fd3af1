"""SMSC.ru's way to send a message: GET or POST /sms/sys/send.php, the answer in JSON with fmt=3."""

import functools
import hmac
import re
import sqlite3
import urllib.parse
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.store import Store

LOGIN, PASSWORD = "sandbox", "sandbox"
CHARSETS = {"utf-8": "utf-8", "windows-1251": "cp1251", "koi8-r": "koi8_r"}
TEXT_MAX = 1000
PHONES_MAX = 100
ID_MAX = 2**31 - 1
FIRST_OWN_ID = 2_000_000_000  # numbers given to messages that come without one
# The simple alphabet of SMS; anything else makes the message Unicode with shorter parts.
SIMPLE = re.compile(r"[\n\r !\"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z]*")
WORDS = {1: "parameters error", 2: "authorise error", 7: "invalid number"}


class UnableToSend(Exception):
    """`code` is SMSC's error_code."""

    def __init__(self, code: int, why: str | None = None) -> None:
        super().__init__(why or WORDS[code])
        self.code = code


def routes(store: Store) -> list[Route]:
    return [Route("/sms/sys/send.php", functools.partial(send, store), methods=["GET", "POST"])]


async def send(store: Store, request: Request) -> Response:
    query = request.url.query.encode() if request.method == "GET" else await request.body()
    call = parse(query)
    json_wanted = call.get("fmt") == "3"
    try:
        message_id, parts = accept(store, call)
    except UnableToSend as error:
        if json_wanted:
            return JSONResponse({"error": str(error), "error_code": error.code})
        return PlainTextResponse(f"ERROR = {error.code} ({error})")
    if json_wanted:
        return JSONResponse({"id": message_id, "cnt": parts})
    return PlainTextResponse(f"OK - {parts} SMS, ID - {message_id}")


def parse(query: bytes) -> dict[str, str]:
    """Fields of a form in the charset it names; SMSC's own default is windows-1251."""
    plain = dict(urllib.parse.parse_qsl(query.decode("ascii", "replace"), encoding="latin-1"))
    encoding = CHARSETS.get(plain.get("charset", "windows-1251").lower(), "cp1251")
    return dict(urllib.parse.parse_qsl(query.decode("ascii", "replace"), encoding=encoding, errors="replace"))


def accept(store: Store, call: Mapping[str, str]) -> tuple[int, int]:
    """(id, number of parts), stored before the answer.

    A repeat of an id with the same phones and text is stored once and answers the same.

    Raises UnableToSend.
    """
    known = hmac.compare_digest(call.get("login", "").encode(), LOGIN.encode())
    if not known or not hmac.compare_digest(call.get("psw", "").encode(), PASSWORD.encode()):
        raise UnableToSend(2)
    phones = read_phones(call.get("phones", ""))
    text = call.get("mes", "")
    if not text or len(text) > TEXT_MAX:
        raise UnableToSend(1, f"mes must be 1 to {TEXT_MAX} characters")
    if not re.fullmatch(r"[0-9]{0,10}", call.get("id", "")) or int(call.get("id") or 0) > ID_MAX:
        raise UnableToSend(1, f"id must be a whole number up to {ID_MAX}")
    parts = parts_of(text)
    with store.transaction() as sql:
        message_id = int(call.get("id") or 0) or _own_id(sql)
        sql.executemany(
            "insert into sms (id, phone, sender, text, parts, received_ms) values (?, ?, ?, ?, ?, ?)"
            " on conflict do nothing",
            [(message_id, phone, call.get("sender"), text, parts, store.now_ms()) for phone in phones],
        )
    return message_id, parts * len(phones)


def read_phones(typed: str) -> list[str]:
    """ "+7 916 123-45-67, 8…" → ["79161234567", …], sorted, each once."""
    numbers = set()
    for one in re.split(r"[,;\n]", typed):
        digits = re.sub(r"[\s()+\-]", "", one)
        digits = f"7{digits[1:]}" if re.fullmatch(r"8[0-9]{10}", digits) else digits
        if not re.fullmatch(r"[1-9][0-9]{9,14}", digits):
            raise UnableToSend(7) if typed.strip() else UnableToSend(1, "phones is missing")
        numbers.add(digits)
    if len(numbers) > PHONES_MAX:
        raise UnableToSend(1, f"at most {PHONES_MAX} phones in one request")
    return sorted(numbers)


def parts_of(text: str) -> int:
    """How many messages the phone's network counts."""
    single, joined = (160, 153) if SIMPLE.fullmatch(text) else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // joined)


def _own_id(sql: sqlite3.Connection) -> int:
    (last,) = sql.execute("select max(id) from sms where id >= ?", (FIRST_OWN_ID,)).fetchone()
    return FIRST_OWN_ID if last is None else int(last) + 1
