"""How a line comes in: its login, its port, its own address. Writes Login, Binding, StaticAddress."""

import ipaddress
import re
import secrets
import string

from abonent.core import db
from abonent.network.models import AddressPool, Binding, Login, StaticAddress

_ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
_NAME = re.compile(r"^[a-z0-9._@-]{1,64}$")
_OCTETS = re.compile(r"^(0x([0-9a-f]{2})+)?$")
PASSWORD_LENGTH = 12


class UnableToSetUp(Exception):
    """What cannot be so, and why. Nothing is written."""


def give_login(line_id: int, name: str, *, password: str | None = None) -> Login:
    """A PPPoE login with a network password of its own, made by us unless given. A repeat gives what is there.

    Raises UnableToSetUp.
    """
    db.require_transaction()
    name = name.strip().lower()
    if not _NAME.match(name):
        raise UnableToSetUp(f"«{name[:64]}»: a login is of a-z, 0-9 and . _ @ -, up to 64")
    taken = Login.objects.filter(name=name).exclude(line_id=line_id).exists()
    if taken:
        raise UnableToSetUp(f"the login {name} is another line's")
    made, _ = Login.objects.get_or_create(
        line_id=line_id,
        defaults={"name": name, "password": password or _password()},
    )
    return made


def bind(
    line_id: int, *, circuit_id: str = "", remote_id: str = "", nas_id: int | None = None, any_device: bool = False
) -> Binding:
    """Know a line by its port. circuit_id, remote_id: «0x» and hex, as rules.octets_of_port makes them.

    Raises UnableToSetUp.
    """
    db.require_transaction()
    circuit_id, remote_id = circuit_id.lower(), remote_id.lower()
    known = Binding.objects.filter(circuit_id=circuit_id, remote_id=remote_id)
    found = (known.filter(nas__isnull=True) if nas_id is None else known.filter(nas=nas_id)).first()
    if found is not None and found.line_id != line_id:
        raise UnableToSetUp(f"that port is of line {found.line_id}")
    if not (circuit_id or remote_id) or not (_OCTETS.match(circuit_id) and _OCTETS.match(remote_id)):
        raise UnableToSetUp("a port is «0x» and hex digits, in pairs: 0x0004001e0105")
    if found is None:
        return Binding.objects.create(
            line_id=line_id, circuit_id=circuit_id, remote_id=remote_id, nas_id=nas_id, any_device=any_device
        )
    if found.any_device != any_device:
        found.any_device = any_device
        found.save(update_fields=["any_device"])
    return found


def give_address(line_id: int, pool_id: int) -> StaticAddress:
    """The pool's lowest free address, for good; a repeat gives what the line has.   Raises UnableToSetUp."""
    db.require_transaction()
    pool = db.lock(AddressPool, [pool_id])[pool_id]  # two at once take two addresses
    has = StaticAddress.objects.filter(line_id=line_id).first()
    if has is not None:
        return has
    taken = set(StaticAddress.objects.values_list("address", flat=True))
    for one in ipaddress.ip_network(pool.network).hosts():
        if str(one) not in taken:
            return StaticAddress.objects.create(line_id=line_id, pool=pool, address=str(one))
    raise UnableToSetUp(f"the pool {pool.name} has no free address")


def take_address(line_id: int) -> None:
    """The line has no address of its own any more."""
    db.require_transaction()
    StaticAddress.objects.filter(line_id=line_id).delete()


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))
