"""Lines: where a contract's service enters. The only module that writes Line."""

from abonent.addresses.models import Premises, Segment
from abonent.core import db
from abonent.subscribers.models import Line


def add(*, contract_id: int, segment: str, premises: Premises | None = None) -> Line:
    """A line of the contract. `premises=None` is a service without a place, such as colocation."""
    db.require_transaction()
    return Line.objects.create(contract_id=contract_id, premises=premises, segment=Segment(segment))
