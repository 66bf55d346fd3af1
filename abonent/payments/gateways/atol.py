"""Speak ATOL Online v4 (FFD 1.05). The only module that calls it; it stores nothing and decides nothing.

`AtolRefused` is the register's own no: the document was not taken. `AtolUnknown` is everything else, and it may have
been: the same `external_id` again gives the document it has already, never a second one.
"""

import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from django.conf import settings

from abonent.core import clock, kept_http, money
from abonent.payments import fiscal
from abonent.payments.gateways import bodies

log = logging.getLogger(__name__)

TOKEN_SECONDS = 23 * 3600  # it lives 24 hours
SELL, SELL_REFUND = OPERATIONS = ("sell", "sell_refund")
WAIT, DONE, FAIL = STATUSES = ("wait", "done", "fail")
# Codes of errors, as the protocol numbers them.
BAD_TOKEN = frozenset({10, 11})
OUR_CREDENTIALS = frozenset({12, 14, 20, 21})  # wrong password, blocked, another's group, group of another protocol
NO_SUCH_DOCUMENT = 30
KNOWN_ALREADY = 33
NOT_READY = 34
_NOT_TAKEN = frozenset({13, 31, 32, 40, 41}) | OUR_CREDENTIALS
_PAYMENT_TYPES: Mapping[fiscal.Settlement, int] = {"cash": 0, "electronic": 1, "prepayment": 2}

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_NUMBER = re.compile(r'"\\u0000([0-9]+\.[0-9]{2})\\u0000"')
_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2})0*)?", re.ASCII)


class AtolRefused(Exception):
    """The register's own no.   code: of the protocol."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class AtolUnknown(Exception):
    """Whether it was taken is not known."""


class Report(NamedTuple):
    """What has become of a document."""

    status: str  # one of STATUSES
    error: str = ""  # of FAIL
    total_kop: int = 0  # the rest of DONE
    fn_number: str = ""
    fd_number: str = ""
    fp: str = ""
    registered_at: datetime | None = None
    link: str = ""


_peer = kept_http.to(patience=httpx.Timeout(30), limits=httpx.Limits(max_connections=10, keepalive_expiry=3))


class _Kept:
    """One token a process."""

    token = ""
    token_until = 0.0
    token_of: tuple[str, str] = ("", "")


def register(operation: str, *, key: str, content: fiscal.Content) -> str:
    """Hand a document over; give the register's id of it. The same key gives the same document.

    key: up to 128 characters.   Raises AtolRefused, AtolUnknown.
    """
    assert operation in OPERATIONS, operation
    answer = _call("POST", f"/{settings.ATOL_GROUP}/{operation}", body(key=key, content=content))
    external_id = answer.get("uuid")
    if not isinstance(external_id, str) or not _ID.fullmatch(external_id):
        raise AtolUnknown("the answer names no document")
    return external_id


def report(external_id: str) -> Report:
    """What has become of it. Raises AtolRefused (NO_SUCH_DOCUMENT when the register does not know it), AtolUnknown."""
    assert _ID.fullmatch(external_id), external_id
    answer = _call("GET", f"/{settings.ATOL_GROUP}/report/{external_id}", None)
    status = answer.get("status")
    if status not in STATUSES:
        raise AtolUnknown("the answer has no status")
    if status == FAIL:
        error = answer.get("error")
        found = error if isinstance(error, dict) else {}
        return Report(FAIL, f"{found.get('type', '')} {found.get('code', '')}: {_short(found.get('text'))}".strip())
    if status == WAIT:
        return Report(WAIT)
    try:
        return _done(answer["payload"])
    except (KeyError, TypeError, ValueError) as error:
        raise AtolUnknown(f"its fiscal data: {type(error).__name__}") from error


def check() -> None:
    """The test of the connection and of the password.   Raises AtolRefused, AtolUnknown."""
    _token(fresh=True)


def body(*, key: str, content: fiscal.Content) -> dict[str, Any]:
    """The document in the register's words; sums are marked by `_number` until they are written."""
    customer = content.customer
    client = {
        "email": customer.email,
        "phone": customer.phone,
        "name": customer.name,
        "inn": customer.inn,
    }
    requisites = settings.PROFILE.requisites
    company = {
        "email": settings.PROFILE.contacts.support_email,
        "sno": settings.ATOL_SNO or fiscal.usual_tax_system(settings.PROFILE.vat_rate),
        "inn": settings.ATOL_INN or (requisites.inn if requisites else ""),
        "payment_address": settings.PUBLIC_URL,
    }
    return {
        "external_id": key,
        "timestamp": content.at.strftime("%d.%m.%Y %H:%M:%S"),
        "receipt": {
            "client": {name: value for name, value in client.items() if value},
            "company": company,
            "items": [_item(one) for one in content.items],
            "payments": [{"type": _PAYMENT_TYPES[content.settlement], "sum": _number(content.total_kop)}],
            "total": _number(content.total_kop),
        },
    }


def written(document: Mapping[str, Any]) -> bytes:
    """JSON whose sums are numbers written out, `500.00`: no float touches them."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return _NUMBER.sub(r"\1", text).encode()


def forget_token() -> None:
    _Kept.token, _Kept.token_until = "", 0.0


def close() -> None:
    """Let the kept connections and the token go."""
    _peer.close()
    forget_token()


def _item(one: fiscal.Item) -> dict[str, Any]:
    return {
        "name": one.name,
        "price": _number(one.amount_kop),
        "quantity": 1,
        "sum": _number(one.amount_kop),
        "payment_method": "full_payment" if one.is_service else "advance",
        "payment_object": "service" if one.is_service else "payment",
        "vat": {"type": one.vat},
    }


def _number(amount_kop: int) -> str:
    """Between marks that no text of ours or a customer's can hold: PostgreSQL keeps no NUL."""
    return f"\0{money.plain(amount_kop)}\0"


def _done(payload: Any) -> Report:
    match = _SUM.fullmatch(str(payload["total"]))
    if match is None:
        raise ValueError("total")
    roubles, kopecks = match.groups()
    fn_number, fd_number = str(payload["fn_number"]), str(payload["fiscal_document_number"])
    if not fn_number or not fd_number:
        raise ValueError("no fiscal data")
    link = payload.get("ofd_receipt_url") or ""
    schemes = ("https://", "http://localhost:", "http://127.0.0.1:") if settings.SANDBOX else ("https://",)
    is_link = isinstance(link, str) and link.startswith(schemes) and len(link) <= 500
    return Report(
        DONE,
        total_kop=int(roubles) * 100 + int((kopecks or "0").ljust(2, "0")),
        fn_number=fn_number[:20],
        fd_number=fd_number[:20],
        fp=str(payload["fiscal_document_attribute"])[:20],
        registered_at=_instant(payload.get("receipt_datetime")),
        link=link if is_link else "",
    )


def _instant(text: object) -> datetime | None:
    """ "21.11.2026 10:00:00" of the cash register's own clock, which stands where the operator is."""
    try:
        return datetime.strptime(str(text), "%d.%m.%Y %H:%M:%S").replace(tzinfo=clock.zone())
    except ValueError:
        return None


def _call(method: str, path: str, document: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer's object; a token that has gone stale is renewed once. Raises AtolRefused or AtolUnknown."""
    content = None if document is None else written(document)
    try:
        answer = _answer(method, path, content, _token())
        if _code(answer) in BAD_TOKEN:
            answer = _answer(method, path, content, _token(fresh=True))
        return answer if method == "GET" and _is_failed_document(answer) else _judged(answer)
    except (AtolRefused, AtolUnknown) as error:
        log.warning("the register: %s %s: %s", method, path, error)
        raise


def _judged(answer: dict[str, Any]) -> dict[str, Any]:
    code = _code(answer)
    if code is None:
        return answer
    if code in {KNOWN_ALREADY, NOT_READY}:
        return {**answer, "status": WAIT}
    error = answer["error"] if isinstance(answer["error"], dict) else {}
    if code in _NOT_TAKEN or (code == NO_SUCH_DOCUMENT and error.get("type") == "system"):
        raise AtolRefused(code, _short(error.get("text")))
    raise AtolUnknown(f"error {code}: {_short(error.get('text'))}")


def _is_failed_document(answer: Mapping[str, Any]) -> bool:
    """A report's own word on a document; the numbers of cash registers' errors are others than the service's."""
    error = answer.get("error")
    is_service = isinstance(error, dict) and error.get("type") == "system" and _code(answer) == NO_SUCH_DOCUMENT
    return answer.get("status") == FAIL and not is_service


def _code(answer: Mapping[str, Any]) -> int | None:
    """The number of the answer's error; None: there is no error. 0 is an error too: «unknown»."""
    error = answer.get("error")
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else 0
    return code if type(code) is int else 0


def _token(*, fresh: bool = False) -> str:
    """A token lives a day and several are good at once. Raises AtolRefused, AtolUnknown."""
    who = (str(settings.ATOL_API_URL), str(settings.ATOL_LOGIN))
    if not fresh and _Kept.token and _Kept.token_of == who and time.monotonic() < _Kept.token_until:
        return _Kept.token
    forget_token()
    asked = json.dumps({"login": settings.ATOL_LOGIN, "pass": settings.ATOL_PASSWORD}).encode()
    answer = _judged(_answer("POST", "/getToken", asked, ""))
    token = answer.get("token")
    if not isinstance(token, str) or not 0 < len(token) <= 2000 or not token.isprintable():
        raise AtolUnknown("the answer has no token")
    _Kept.token, _Kept.token_of, _Kept.token_until = token, who, time.monotonic() + TOKEN_SECONDS
    return token


def _answer(method: str, path: str, content: bytes | None, token: str) -> dict[str, Any]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if content is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    if token:
        headers["Token"] = token
    read_seconds, connect_seconds = settings.ATOL_READ_SECONDS, settings.ATOL_CONNECT_SECONDS
    try:
        with _peer.client().stream(
            method,
            f"{settings.ATOL_API_URL}{path}",
            content=content,
            headers=headers,
            timeout=httpx.Timeout(read_seconds, connect=connect_seconds, pool=connect_seconds),
        ) as response:
            status, text = (
                response.status_code,
                bodies.read(response, until=time.monotonic() + read_seconds, unknown=AtolUnknown),
            )
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise AtolUnknown(type(error).__name__) from error
    try:
        answer = json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise AtolUnknown(f"status {status}, not JSON") from error
    if not isinstance(answer, dict) or (status >= 400 and not answer.get("error")):
        raise AtolUnknown(f"status {status}")
    return answer


def _short(text: object) -> str:
    return str(text or "").replace("\0", "").encode(errors="replace").decode()[:300]
