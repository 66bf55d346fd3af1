"""Devices that came with an import. Writes Device beside devices.py."""

from abonent.core import db

_TAKE_IN = """
    insert into network_device (line_id, mac, name, source)
    select line_id, mac::macaddr, name, 'typed' from moving_devices where is_new order by line
    on conflict (mac) do nothing
"""


def take_in() -> int:
    """The new rows of `moving_devices`: line, is_new, line_id, mac, name. The profile's limit binds later ones."""
    db.require_transaction()
    return db.run(_TAKE_IN)
