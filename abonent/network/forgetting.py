"""Forget the devices of lines whose contracts are long closed. Sessions go by their own term, a month at a time."""

from collections.abc import Collection

from abonent.core import db
from abonent.network import allowances, outages
from abonent.network.models import Binding, Device, Login, Sighting, StaticAddress


def forget(line_ids: Collection[int]) -> None:
    """Logins with their passwords, ports, devices, static addresses, what was used up. Twice is once."""
    db.require_transaction()
    for model in (Device, Sighting, Login, Binding, StaticAddress):
        model.objects.filter(line_id__in=line_ids).delete()
    allowances.forget(list(line_ids))
    outages.forget(line_ids)
