"""Forget persons at the law's terms: first how to reach them, then who they were. Never money.

The contract's and the accounting's terms are the profile's (`retention`). What stays after both: numbers of contracts,
sums, dates, and the addresses of buildings, which are nobody's without a name.
"""

from collections.abc import Collection
from datetime import date

from abonent.core import db
from abonent.subscribers.models import Contact, Contract, Customer, Line, PersonalConsent, Petition

NOBODY = "—"
# Every contract of theirs is closed, the last one before that date.
_CLOSED_BEFORE = """
    select c.id, c.user_id
    from subscribers_customer c
    where c.{mark} is null
      and exists (select 1 from subscribers_contract k where k.customer_id = c.id)
      and not exists (
          select 1 from subscribers_contract k
          where k.customer_id = c.id and (k.closed_on is null or k.closed_on > %s)
      )
    order by c.id limit %s
"""


def due_to_lose_contacts(closed_by: date, *, limit: int) -> dict[int, int | None]:
    """Customers all of whose contracts were closed on that date or earlier: their ids, and their users'."""
    return _due("contacts_forgotten_on", closed_by, limit)


def due_to_lose_names(closed_by: date, *, limit: int) -> dict[int, int | None]:
    return _due("forgotten_on", closed_by, limit)


def contracts_of(customer_id: int) -> list[int]:
    return list(Contract.objects.filter(customer_id=customer_id).order_by("id").values_list("id", flat=True))


def lines_of(contract_ids: Collection[int]) -> list[int]:
    return list(Line.objects.filter(contract_id__in=contract_ids).order_by("id").values_list("id", flat=True))


def lose_contacts(customer_id: int, *, on: date) -> None:
    """Phones, mail addresses, what he wrote to us and where he wrote from. Twice is once."""
    db.require_transaction()
    customer = db.lock(Customer, [customer_id])[customer_id]
    Contact.objects.filter(customer_id=customer_id).delete()
    Petition.objects.filter(contract__customer_id=customer_id).update(text=NOBODY, answer=NOBODY)
    PersonalConsent.objects.filter(customer_id=customer_id).update(address=None)
    customer.contacts_forgotten_on = on
    customer.save(update_fields=["contacts_forgotten_on"])


def lose_name(customer_id: int, *, on: date) -> None:
    """Who he was. Twice is once."""
    db.require_transaction()
    customer = db.lock(Customer, [customer_id])[customer_id]
    customer.full_name = customer.sort_key = NOBODY
    customer.given_name = customer.inn = customer.kpp = customer.registered_address = ""
    customer.forgotten_on = on
    customer.save(
        update_fields=["full_name", "sort_key", "given_name", "inn", "kpp", "registered_address", "forgotten_on"]
    )


def _due(mark: str, closed_by: date, limit: int) -> dict[int, int | None]:
    return {row["id"]: row["user_id"] for row in db.rows(_CLOSED_BEFORE.format(mark=mark), [closed_by, limit])}
