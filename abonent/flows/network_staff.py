"""The staff's word about access servers and pools of addresses, each with its entry in the audit log."""

from abonent.core import audit, db
from abonent.network import lines, servers
from abonent.network.models import AddressPool, Nas


def save_server(nas_id: int | None, wanted: servers.Wanted, *, actor: str, address: str | None = None) -> Nas:
    """Raises servers.UnableToSave; Nas.DoesNotExist."""
    with db.atomic():
        saved = servers.keep(nas_id, wanted)
        if saved.new:
            audit.record(
                actor=actor,
                action="network.save_server",
                subject=f"nas:{saved.server.pk}",
                old=saved.old,
                new=saved.new,
                address=address,
            )
    return saved.server


def add_pool(name: str, network: str, *, actor: str, address: str | None = None) -> AddressPool:
    """Raises lines.UnableToSetUp."""
    with db.atomic():
        pool = lines.make_pool(name, network)
        new = {"name": pool.name, "network": pool.network}
        audit.record(actor=actor, action="network.add_pool", subject=f"pool:{pool.pk}", new=new, address=address)
    return pool


def remove_pool(pool_id: int, *, actor: str, address: str | None = None) -> AddressPool | None:
    """None: there is none.   Raises lines.PoolTaken."""
    with db.atomic():
        pool = lines.remove_pool(pool_id)
        if pool is not None:
            old = {"name": pool.name, "network": pool.network}
            audit.record(actor=actor, action="network.remove_pool", subject=f"pool:{pool_id}", old=old, address=address)
    return pool
