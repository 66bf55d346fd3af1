"""The rows that each room keeps about a person, for the export of his data. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext

from abonent.billing.models import Charge
from abonent.conversations.models import Message
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.ledger.models import Transfer
from abonent.network.models_sessions import AccessSession, ClosedSession, Usage
from abonent.notifications import wording
from abonent.notifications.models import Notice
from abonent.onboarding.models import ConnectionRequest
from abonent.subscribers.models import Customer, Line

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

_CHUNK = 500


class Whose(NamedTuple):
    """One person, and what leads to his rows."""

    customer_id: int
    user_id: int | None
    contract_ids: tuple[int, ...]
    account_ids: tuple[int, ...]
    names: tuple[str, ...]  # by which he acts: the numbers that sign him in
    phones: tuple[str, ...]  # confirmed by a code


class Section(NamedTuple):
    """What one table says of him."""

    key: str
    title: StrPromise
    columns: tuple[tuple[str, StrPromise], ...]  # key of a value, its name; keys end in `_kop`, `_at`, `_on` by meaning
    rows: Callable[[Whose, str], Iterable[tuple[Any, ...]]]  # takes the language too


def table(found: Any, *fields: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a query, in pieces."""
    rows: Iterator[tuple[Any, ...]] = found.values_list(*fields).iterator(chunk_size=_CHUNK)
    return rows


def named(prefix: str, language: str) -> str:
    return f"{prefix}name_en" if language == "en" else f"{prefix}name_ru"


def lines(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Line.objects.filter(contract_id__in=one.contract_ids).select_related("contract", "premises__building")
    for line in found.order_by("id"):
        yield line.contract.number, str(line.premises) if line.premises else "", line.segment


def charges(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    name = named("subscription__version__offer__", language)
    found = Charge.objects.filter(account_id__in=one.account_ids).order_by("charged_on", "id")
    return table(found, "charged_on", name, "period_start", "period_end", "amount_kop")


def moves(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    mine = set(one.account_ids)
    found = Transfer.objects.filter(Q(debit_id__in=mine) | Q(credit_id__in=mine)).order_by("on", "id")
    for on, debit_id, credit_id, amount_kop, reason in table(
        found, "on", "debit_id", "credit_id", "amount_kop", "reason"
    ):
        if debit_id in mine:
            yield on, -amount_kop, reason
        if credit_id in mine:
            yield on, amount_kop, reason


def requests(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    mine = Q(phone__in=one.phones) | Q(contract_id__in=one.contract_ids)
    found = ConnectionRequest.objects.filter(mine).order_by("id")
    return table(
        found, "created_at", "state", "full_name", "phone", "address", "flat", "wish", "consent_text", "client_address"
    )


def notices(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Notice.objects.filter(contract_id__in=one.contract_ids).select_related("contract").order_by("id")
    own = wording.current()
    for notice in found.iterator(chunk_size=_CHUNK):
        said = wording.render(
            own,
            notice.kind,
            notice.params,
            language=language,
            contract_number=notice.contract.number,
            today=clock.on_date(notice.created_at),
        )
        yield notice.created_at, notice.sent_at, notice.channel, notice.state, said.body


def sessions(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    """The ended ones, then those that last."""
    columns = ("started_at", "ended_at", "mac", "address", "up_octets", "down_octets")
    yield from table(ClosedSession.objects.filter(line_id__in=_line_ids(one)).order_by("ended_on", "id"), *columns)
    live = AccessSession.objects.filter(line_id__in=_line_ids(one)).order_by("id")
    for started_at, *rest in table(live, *(column for column in columns if column != "ended_at")):
        yield started_at, None, *rest


def usage(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Usage.objects.filter(line_id__in=_line_ids(one)).order_by("on", "id")
    return table(found, "on", "up_octets", "down_octets")


def talks(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    """Every message of every conversation but the staff's notes to themselves, with the names of its files."""
    said = Message.objects.filter(conversation__contract_id__in=one.contract_ids, is_note=False)
    ours = gettext("our program")
    who = {"visitor": gettext("you"), "system": ours, "company": ours}
    for message in said.order_by("id").prefetch_related("attachments").iterator(chunk_size=_CHUNK):
        files = ", ".join(each.name for each in message.attachments.all())
        yield message.at, who.get(message.author, gettext("our staff")), message.text, files


def _line_ids(one: Whose) -> list[int]:
    return list(Line.objects.filter(contract_id__in=one.contract_ids).values_list("id", flat=True))


def audit(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    subjects = [f"customer:{one.customer_id}", f"user:{one.user_id}"]
    subjects += [f"contract:{found}" for found in one.contract_ids] + [f"account:{found}" for found in one.account_ids]
    found = AuditEntry.objects.filter(subject__in=subjects).order_by("id")
    for at, actor, action, why, address in table(found, "at", "actor", "action", "why", "address"):
        own = actor in one.names
        who = gettext("you") if own else gettext("our program") if actor.startswith("system:") else gettext("our staff")
        yield at, who, action, why, address if own else None


# Fields that stand in the model as the section says them.
def fields(model: Any, by: str, order: str, *fields: str) -> Callable[[Whose, str], Iterator[tuple[Any, ...]]]:
    """by: the path to what is the person's: "customer_id", "contract_id", "account_id", "user_id"."""

    def rows(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
        wanted = {
            "customer": [one.customer_id],
            "contract": one.contract_ids,
            "account": one.account_ids,
            "user": [one.user_id],
        }[by.rsplit("__", 1)[-1].removesuffix("_id")]
        columns = [named(field.removesuffix("NAME"), language) if field.endswith("NAME") else field for field in fields]
        return table(model.objects.filter(**{f"{by}__in": wanted}).order_by(order), *columns)

    return rows


def customer(one: Whose, language: str) -> Iterator[tuple[Any, ...]]:
    found = Customer.objects.filter(id=one.customer_id)
    return table(found, "kind", "full_name", "given_name", "inn", "kpp", "registered_address", "language", "created_at")
