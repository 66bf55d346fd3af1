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


class NoAddressFree(UnableToSetUp):
    """The pools are empty."""


class NotANetwork(UnableToSetUp):
    """Not a network of IPv4 in CIDR notation, or one larger than a /16."""


class PoolTaken(UnableToSetUp):
    """Another pool has that name or some of those addresses, or addresses of this one are given out."""


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


def give_address(line_id: int, pool_id: int, *, subscription_id: int | None = None) -> StaticAddress:
    """The pool's lowest free address; a repeat gives what the line has.

    subscription_id: the add-on that pays for it; None: the staff give it.   Raises NoAddressFree.
    """
    db.require_transaction()
    pool = db.lock(AddressPool, [pool_id])[pool_id]  # two at once take two addresses
    has = StaticAddress.objects.filter(line_id=line_id).first()
    if has is not None:
        if subscription_id is not None and has.subscription_id != subscription_id:
            has.subscription_id = subscription_id
            has.save(update_fields=["subscription_id"])
        return has
    address = _free(pool)
    if address is None:
        raise NoAddressFree(f"the pool {pool.name} has no free address")
    return StaticAddress.objects.create(line_id=line_id, pool=pool, address=address, subscription_id=subscription_id)


def give_address_of_addon(line_id: int, subscription_id: int) -> StaticAddress:
    """The lowest free address of the first pool that has one.   Raises NoAddressFree."""
    for pool in AddressPool.objects.order_by("id"):
        try:
            return give_address(line_id, pool.pk, subscription_id=subscription_id)
        except NoAddressFree:
            continue
    raise NoAddressFree("no pool has a free address")


def has_free_address() -> bool:
    return any(_free(pool) is not None for pool in AddressPool.objects.order_by("id"))


def take_address_of_addon(subscription_id: int) -> bool:
    """The add-on has ended, and the address goes back to its pool. Twice is once."""
    db.require_transaction()
    return bool(StaticAddress.objects.filter(subscription_id=subscription_id).delete()[0])


def free_addresses(pool: AddressPool) -> int:
    network = ipaddress.ip_network(pool.network)
    hosts = network.num_addresses - (2 if network.version == 4 and network.prefixlen < 31 else 0)
    return hosts - StaticAddress.objects.filter(pool=pool).count()


def make_pool(name: str, network: str) -> AddressPool:
    """A pool of addresses to give out.   Raises UnableToSetUp."""
    db.require_transaction()
    name = " ".join(name.split())[:64]
    try:
        found = ipaddress.ip_network(network.strip())
    except ValueError:
        raise NotANetwork(network[:60]) from None
    if found.version != 4 or found.prefixlen < 16:
        raise NotANetwork(network[:60])
    if not name:
        raise UnableToSetUp("a pool has a name")
    for other in AddressPool.objects.all():
        if other.name == name or found.overlaps(ipaddress.IPv4Network(other.network)):
            raise PoolTaken(other.name)
    return AddressPool.objects.create(name=name, network=str(found))


def remove_pool(pool_id: int) -> AddressPool | None:
    """One of which nothing is given out; None: there is none.   Raises PoolTaken."""
    db.require_transaction()
    pool = AddressPool.objects.select_for_update().filter(id=pool_id).first()
    if pool is not None:
        if StaticAddress.objects.filter(pool=pool).exists():
            raise PoolTaken(pool.name)
        pool.delete()
    return pool


def _free(pool: AddressPool) -> str | None:
    network = ipaddress.ip_network(pool.network)
    taken = set(StaticAddress.objects.values_list("address", flat=True))
    return next((str(one) for one in network.hosts() if str(one) not in taken), None)


def take_address(line_id: int) -> None:
    """The line has no address of its own any more."""
    db.require_transaction()
    StaticAddress.objects.filter(line_id=line_id).delete()


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))
