"""Tell an access server to change or end a session (RFC 5176). The only module that speaks CoA."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pyrad import client, dictionary, packet

from abonent.network import rules


class Told(NamedTuple):
    answer: rules.Answer
    cause: int | None = None  # Error-Cause of a NAK


class Session(NamedTuple):
    """How an access server knows a session. What is empty is not sent; all that is sent must match there."""

    acct_session_id: str
    user_name: str
    address: str
    nas_address: str


class Server(NamedTuple):
    address: str
    port: int
    secret: str
    timeout_seconds: int
    tries: int


class UnableToSay(Exception):
    """An attribute's name or value that our dictionary cannot encode: the table of attributes must be mended."""


def change(server: Server, session: Session, attributes: Sequence[tuple[str, str]]) -> Told:
    """CoA-Request with the attributes.   Raises UnableToSay."""
    return _tell(server, session, packet.CoARequest, attributes)


def disconnect(server: Server, session: Session) -> Told:
    return _tell(server, session, packet.DisconnectRequest, ())


def _tell(server: Server, session: Session, code: int, attributes: Sequence[tuple[str, str]]) -> Told:
    speaking = client.Client(
        server.address,
        coaport=server.port,
        secret=server.secret.encode(),
        dict=_words(),
        retries=server.tries,
        timeout=server.timeout_seconds,
    )
    try:
        asked = speaking.CreateCoAPacket(code=code)
        _fill(asked, session, attributes)
        heard = speaking.SendPacket(asked)
    except (client.Timeout, OSError):
        return Told(rules.Answer.SILENCE)
    finally:
        speaking._CloseSocket()
    causes = heard.get("Error-Cause") or [None]
    cause = causes[0] if isinstance(causes[0], int) else None
    is_ack = heard.code in (packet.CoAACK, packet.DisconnectACK)
    return Told(rules.answer(is_ack=is_ack, error_cause=cause), cause)


def _fill(asked: packet.CoAPacket, session: Session, attributes: Sequence[tuple[str, str]]) -> None:
    asked.AddAttribute("Acct-Session-Id", session.acct_session_id)
    if session.user_name:
        asked.AddAttribute("User-Name", session.user_name)
    if session.address:
        asked.AddAttribute("Framed-IP-Address", session.address)
    asked.AddAttribute("NAS-IP-Address", session.nas_address)
    for name, value in attributes:
        try:
            is_number = _words().attributes[name].type == "integer"
            asked.AddAttribute(name, int(value) if is_number else value)
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise UnableToSay(f"{name} = {value}") from error


@cache
def _words() -> dictionary.Dictionary:
    return dictionary.Dictionary(str(Path(__file__).with_name("dictionary")))
