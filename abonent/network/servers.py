"""The table of access servers. The only module that writes Nas beside the schedule's memory of it."""

import ipaddress
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from abonent.core import db
from abonent.network import coa, rules
from abonent.network.models import Nas, NasKind

SECRET_LEAST = 8
_NOBODYS_SESSION = "abonent-test-of-connection"


class UnableToSave(Exception):
    """Nothing is written. `field`: where it was wrong."""

    field = ""


class BadName(UnableToSave):
    field = "name"


class BadAddress(UnableToSave):
    field = "address"


class TakenAlready(UnableToSave):
    """Another server has that name or address."""

    field = "address"


class BadSecret(UnableToSave):
    """Shorter than eight characters, or with a line break; or none where there is none yet."""

    field = "secret"


class BadNumber(UnableToSave):
    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Wanted(NamedTuple):
    """A server as typed. secret: "" keeps what there is."""

    name: str
    address: str
    kind: str
    secret: str
    coa_port: int
    interim_seconds: int
    swaps_octets: bool
    sends_authenticator: bool
    is_on: bool


class Saved(NamedTuple):
    server: Nas
    old: dict[str, Any]  # of what changed; a secret never stands in either
    new: dict[str, Any]


def keep(nas_id: int | None, wanted: Wanted) -> Saved:
    """Add a server (None), or change one.   Raises UnableToSave; Nas.DoesNotExist."""
    db.require_transaction()
    server = Nas() if nas_id is None else Nas.objects.select_for_update().get(id=nas_id)
    values = _checked(wanted)
    if nas_id is None and not wanted.secret:
        raise BadSecret
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name, value in values.items():
        was = None if nas_id is None else getattr(server, name)
        if was != value:
            old[name], new[name] = was, value
            setattr(server, name, value)
    if wanted.secret and wanted.secret != server.secret:
        old["secret"], new["secret"] = "set" if server.secret else "none", "changed"
        server.secret = wanted.secret
    try:
        with transaction.atomic():
            server.save()
    except IntegrityError:
        raise TakenAlready(wanted.address) from None
    return Saved(server, old, new)


def try_connection(nas_id: int) -> rules.Answer:
    """Whether it answers us: it is asked to end a session nobody has, so that nothing happens there.

    GONE, NAK, ACK: it is there and knows the secret. SILENCE: the address, the CoA port or the secret is wrong, or CoA
    is not enabled. Outside any transaction. Raises Nas.DoesNotExist.
    """
    server = Nas.objects.get(id=nas_id)
    at = coa.Server(
        str(server.address), server.coa_port, server.secret, server.coa_timeout_seconds, min(server.coa_tries, 2)
    )
    return coa.disconnect(at, coa.Session(_NOBODYS_SESSION, _NOBODYS_SESSION, "", str(server.address))).answer


def _checked(wanted: Wanted) -> dict[str, Any]:
    name = " ".join(wanted.name.split())
    if not 0 < len(name) <= 64:
        raise BadName(name[:64])
    try:
        address = str(ipaddress.IPv4Address(wanted.address.strip()))
    except ValueError:
        raise BadAddress(wanted.address[:60]) from None
    if wanted.kind not in NasKind.values:
        raise BadNumber("kind")
    if wanted.secret and (
        len(wanted.secret) < SECRET_LEAST or len(wanted.secret) > 128 or not wanted.secret.isprintable()
    ):
        raise BadSecret
    if not 1 <= wanted.coa_port <= 65535:
        raise BadNumber("coa_port")
    if not 60 <= wanted.interim_seconds <= 3600:
        raise BadNumber("interim_seconds")
    return {
        "name": name,
        "address": address,
        "kind": wanted.kind,
        "coa_port": wanted.coa_port,
        "interim_seconds": wanted.interim_seconds,
        "swaps_octets": wanted.swaps_octets,
        "sends_authenticator": wanted.sends_authenticator,
        "is_on": wanted.is_on,
    }
