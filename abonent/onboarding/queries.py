"""What is asked about requests to be connected."""

from abonent.onboarding.models import ConnectionRequest

# What the person sees of the way; the staff's states are folded into it.
WAY = ("new", "called", "visit", "connected", "signed")


def by_token(token: str) -> ConnectionRequest | None:
    """The request whose page this is; the token is the only way to it."""
    found = ConnectionRequest.objects.filter(token=token).select_related("building", "offer")
    return found.first()


def waiting(limit: int = 100) -> list[ConnectionRequest]:
    """What nobody has called yet, the oldest first."""
    found = ConnectionRequest.objects.filter(state="new").select_related("building", "offer")
    return list(found.order_by("state_at")[:limit])


def count_new() -> int:
    """How many nobody has called yet."""
    return ConnectionRequest.objects.filter(state="new").count()
