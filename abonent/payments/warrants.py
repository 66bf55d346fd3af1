"""Acts beyond what their actor may do alone: asked, then decided once. The only module that writes Warrant.

What is done, and whether it still is what was asked for, is the flow's: flows/four_eyes.py.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from abonent.core import db, masking
from abonent.payments.models_warrants import Warrant, WarrantState

LASTS = timedelta(days=3)
SHOWN = 200
MOST_WHY_CHARS = 500


class UnableToWarrant(Exception):
    """Nothing was asked, decided or done; the class says why."""


class WaitsAlready(UnableToWarrant):
    """Another of the kind waits at the account."""


class TokenUsed(UnableToWarrant):
    """The form's token is known with another act."""


class NotWaiting(UnableToWarrant):
    """It is decided, or there is none."""


class Own(UnableToWarrant):
    """Nobody says yes to what he asked for himself."""


class NoReason(UnableToWarrant):
    """A no says why: who asked reads it."""


def ask(
    *,
    account_id: int,
    verb: str,
    params: Mapping[str, int | bool],
    amount_kop: int,
    seen: Mapping[str, int],
    why: str,
    token: str,
    by: str,
    at: datetime,
) -> tuple[Warrant, bool]:
    """The row that waits, and whether it is new; a second submit of the form finds the first.

    Raises WaitsAlready, TokenUsed.
    """
    db.require_transaction()
    said = {"account_id": account_id, "verb": verb, "params": dict(params), "amount_kop": amount_kop}
    try:
        with transaction.atomic():
            made = Warrant.objects.create(
                **said, seen=dict(seen), why=masking.text(why)[:MOST_WHY_CHARS], token=token, asked_by=by, asked_at=at,
                expires_at=at + LASTS,
            )  # fmt: skip
    except IntegrityError as error:
        known = Warrant.objects.filter(token=token).first()
        if known is None:
            raise WaitsAlready(f"another {verb} waits at account {account_id}") from error
        if known.asked_by != by or any(getattr(known, name) != value for name, value in said.items()):
            raise TokenUsed(token) from error
        return known, False
    return made, True


def lock_waiting(warrant_id: int) -> Warrant:
    """Raises NotWaiting."""
    db.require_transaction()
    found = Warrant.objects.select_for_update(no_key=True).filter(id=warrant_id, state=WarrantState.WAITING).first()
    if found is None:
        raise NotWaiting(f"warrant {warrant_id} does not wait")
    return found


def decide(one: Warrant, state: WarrantState, *, by: str, at: datetime, why: str = "") -> Warrant:
    """one: locked and waiting.   by: "": the clock.   Raises Own, NoReason."""
    db.require_transaction()
    if state in (WarrantState.DONE, WarrantState.DECLINED) and by == one.asked_by:
        raise Own(f"{by} has asked for it himself")
    if state == WarrantState.DECLINED and not why.strip():
        raise NoReason(f"warrant {one.pk} is declined without a reason")
    one.state, one.decided_by, one.decided_at = state, by, at
    one.decided_why = masking.text(why.strip())[:MOST_WHY_CHARS]
    one.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])
    return one


def waiting(*, asked_by: str = "") -> list[Warrant]:
    """The oldest first.   asked_by: of one of the staff alone; "": of all."""
    found = Warrant.objects.filter(state=WarrantState.WAITING)
    if asked_by:
        found = found.filter(asked_by=asked_by)
    return list(found.select_related("account__contract__customer").order_by("id")[:SHOWN])


def count_waiting(*, but: str) -> int:
    """Those that this person may decide: not his own."""
    return Warrant.objects.filter(state=WarrantState.WAITING).exclude(asked_by=but).count()


def decided(*, most: int, asked_by: str = "") -> list[Warrant]:
    """What became of them, the last first."""
    found = Warrant.objects.exclude(state=WarrantState.WAITING)
    if asked_by:
        found = found.filter(asked_by=asked_by)
    return list(found.select_related("account__contract__customer").order_by("-id")[:most])


def of_account(account_id: int) -> list[Warrant]:
    """Those that wait at an account, the oldest first."""
    return list(Warrant.objects.filter(account_id=account_id, state=WarrantState.WAITING).order_by("id"))


def expired_ids(at: datetime) -> list[int]:
    found = Warrant.objects.filter(state=WarrantState.WAITING, expires_at__lte=at)
    return list(found.order_by("id").values_list("id", flat=True))
