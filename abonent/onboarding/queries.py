"""What is asked about requests to be connected."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from abonent.onboarding.models import ConnectionRequest, RequestState, RequestStep
from abonent.onboarding.requests import CLOSED, IN_MOTION

# What the person sees of the way, in its order; a state of the staff's own is folded into the one before it.
WAY = ("new", "called", "address", "visit", "connected", "signed", "online")
_FOLDED = {"paid": "signed"}
ENDED = (RequestState.ONLINE, *CLOSED)
ENDED_WITHIN = timedelta(days=30)  # counted on the board
PAGE = 50


class Column(NamedTuple):
    """A stage of the board."""

    state: str
    number: int
    oldest_at: datetime | None  # since when the one that waits longest is there
    cards: list[ConnectionRequest]  # the oldest first, not all of them


class Board(NamedTuple):
    columns: list[Column]  # in the order of the way
    ended: dict[str, int]  # by state, of the last thirty days


def by_token(token: str) -> ConnectionRequest | None:
    """The request whose page this is; the token is the only way to it."""
    found = ConnectionRequest.objects.filter(token=token).select_related("building", "offer")
    return found.first()


def place(state: str) -> int | None:
    """Where on WAY a state stands; None: the request is closed."""
    state = _FOLDED.get(state, state)
    return WAY.index(state) if state in WAY else None


def waiting(limit: int = 100) -> list[ConnectionRequest]:
    """What nobody has called yet, the oldest first."""
    found = ConnectionRequest.objects.filter(state="new").select_related("building", "offer")
    return list(found.order_by("state_at")[:limit])


def count_new() -> int:
    """How many nobody has called yet."""
    return ConnectionRequest.objects.filter(state="new").count()


def count_to_call(on: date, holder_id: int) -> int:
    """How many of his were promised a call for today or before."""
    held = ConnectionRequest.objects.filter(holder_id=holder_id, next_call_on__lte=on)
    return held.filter(state__in=IN_MOTION).count()


def board(at: datetime, *, holder_id: int | None = None, cards: int = 8) -> Board:
    """Two statements.   holder_id: only what he holds."""
    mine = Q() if holder_id is None else Q(holder_id=holder_id)
    wanted = Q(state__in=IN_MOTION) | Q(state__in=ENDED, state_at__gt=at - ENDED_WITHIN)
    counted = (
        ConnectionRequest.objects.filter(mine, wanted)
        .values("state")
        .annotate(count=Count("id"), oldest_at=Min("state_at"))
        .order_by()
    )
    by_state = {row["state"]: row for row in counted}
    rank = Window(RowNumber(), partition_by=F("state"), order_by=[F("state_at"), F("id")])
    shown = (
        ConnectionRequest.objects.filter(mine, state__in=IN_MOTION)
        .annotate(rank=rank)
        .filter(rank__lte=cards)
        .select_related("building", "offer", "holder")
        .order_by("rank")
    )
    found = list(shown)
    return Board(
        [
            Column(
                state,
                by_state[state]["count"] if state in by_state else 0,
                by_state[state]["oldest_at"] if state in by_state else None,
                [one for one in found if one.state == state],
            )
            for state in IN_MOTION
        ],
        {state: by_state[state]["count"] if state in by_state else 0 for state in ENDED},
    )


def of_state(state: str, *, holder_id: int | None, page: int) -> tuple[list[ConnectionRequest], bool]:
    """A page of a stage, those that wait longest first (the closed: the latest first), and whether more follow."""
    found = ConnectionRequest.objects.filter(state=state).select_related("building", "offer", "holder")
    if holder_id is not None:
        found = found.filter(holder_id=holder_id)
    order = ("-state_at", "-id") if state in ENDED else ("state_at", "id")
    rows = list(found.order_by(*order)[(page - 1) * PAGE : page * PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def one(request_id: int) -> ConnectionRequest | None:
    """For its own page."""
    joined = ("building", "offer", "holder", "contract", "duplicate_of")
    return ConnectionRequest.objects.select_related(*joined).filter(pk=request_id).first()


def history(request_id: int) -> QuerySet[RequestStep]:
    """The latest first."""
    return RequestStep.objects.filter(request_id=request_id).order_by("-at", "-id")


def others_of_phone(request: ConnectionRequest, limit: int = 5) -> QuerySet[ConnectionRequest]:
    """What else was asked for from the same phone, the latest first."""
    return ConnectionRequest.objects.filter(phone=request.phone).exclude(pk=request.pk).order_by("-id")[:limit]
