"""Who pays for another's contract. The only module that writes Payer."""

from abonent.core import audit, db
from abonent.payments.models_invoices import Payer


def add(*, contract_id: int, inn: str, name: str, actor: str, address: str | None) -> bool:
    """From now on his transfers that name the contract's invoices are credited; give whether it is new."""
    db.require_transaction()
    _payer, is_new = Payer.objects.get_or_create(
        contract_id=contract_id, inn=inn, defaults={"name": name[:300], "added_by": actor}
    )
    if is_new:
        _record("add_payer", contract_id, inn, actor, address)
    return is_new


def remove(payer_id: int, *, actor: str, address: str | None) -> None:
    """Twice is once."""
    with db.atomic():
        found = Payer.objects.filter(pk=payer_id).first()
        if found is not None:
            found.delete()
            _record("remove_payer", found.contract_id, found.inn, actor, address)


def everyone() -> list[Payer]:
    return list(Payer.objects.select_related("contract__customer").order_by("contract__number", "inn")[:500])


def _record(verb: str, contract_id: int, inn: str, actor: str, address: str | None) -> None:
    audit.record(
        actor=actor, action=f"payments.{verb}", subject=f"contract:{contract_id}", new={"inn": inn}, address=address
    )
