"""What people ask the staff to do with their data or their account. The only module that writes Petition."""

from datetime import date, datetime, timedelta

from abonent.core import audit, db
from abonent.subscribers.models import Contract, Petition
from abonent.subscribers.models_personal import PetitionKind, PetitionState

ANSWER_DAYS = 14  # ten working days of the law, in days of the calendar
MOST_CHARS = 2000


class UnableToAnswer(Exception):
    """It is not open any more, or a refusal says nothing; the message says which."""


def ask(
    contract_id: int, kind: str, *, text: str, at: datetime, on: date, actor: str, address: str | None = None
) -> Petition:
    """Keep what he asks; while one of the kind is open, that one stands.

    on: the operator's date of `at`.
    """
    with db.atomic():
        db.lock(Contract, [contract_id])
        known = Petition.objects.filter(contract_id=contract_id, kind=kind, state=PetitionState.OPEN).first()
        if known is not None:
            return known
        made = Petition.objects.create(
            contract_id=contract_id, kind=PetitionKind(kind), text=text.strip()[:MOST_CHARS], asked_at=at,
            due_on=on + timedelta(days=ANSWER_DAYS),
        )  # fmt: skip
        _record("ask", made, actor, address)
    return made


def withdraw(contract_id: int, kind: str, *, at: datetime, actor: str, address: str | None = None) -> bool:
    """The person takes it back; give whether one was open."""
    with db.atomic():
        open_ = Petition.objects.filter(contract_id=contract_id, kind=kind, state=PetitionState.OPEN)
        made = open_.select_for_update(no_key=True).first()
        if made is None:
            return False
        _close(made, PetitionState.WITHDRAWN, "", at, actor)
        _record("withdraw_petition", made, actor, address)
    return True


def answer(
    petition_id: int, *, done: bool, text: str, at: datetime, actor: str, address: str | None = None
) -> Petition:
    """The staff's answer.   Raises UnableToAnswer."""
    db.require_transaction()
    made = db.lock(Petition, [petition_id])[petition_id]
    if made.state != PetitionState.OPEN:
        raise UnableToAnswer(f"petition {petition_id} is «{made.state}» already")
    if not done and not text.strip():
        raise UnableToAnswer("a refusal says why")
    _close(made, PetitionState.DONE if done else PetitionState.REFUSED, text.strip()[:MOST_CHARS], at, actor)
    _record("answer_petition", made, actor, address)
    return made


def waiting() -> list[Petition]:
    """What nobody has answered, the most urgent first."""
    found = Petition.objects.filter(state=PetitionState.OPEN).select_related("contract__customer")
    return list(found.order_by("due_on", "id"))


def count_waiting() -> int:
    return Petition.objects.filter(state=PetitionState.OPEN).count()


def of_contract(contract_id: int) -> list[Petition]:
    """The newest first."""
    return list(Petition.objects.filter(contract_id=contract_id).order_by("-id"))


def _close(made: Petition, state: PetitionState, text: str, at: datetime, actor: str) -> None:
    made.state, made.answer, made.answered_at, made.answered_by = state, text, at, actor
    made.save(update_fields=["state", "answer", "answered_at", "answered_by"])


def _record(action: str, made: Petition, actor: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action=f"subscribers.{action}",
        subject=f"contract:{made.contract_id}",
        new={"petition": made.pk, "kind": made.kind, "state": made.state},
        address=address,
    )
