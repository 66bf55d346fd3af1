"""Forget requests that led to no contract, once the reason to keep them is gone."""

from datetime import datetime

from abonent.core import db
from abonent.onboarding.models import ConnectionRequest, RequestState, RequestStep

NOBODY = "—"
LED_NOWHERE = (RequestState.REFUSED, RequestState.NO_COVERAGE, RequestState.DUPLICATE)


def forget(before: datetime, *, limit: int) -> int:
    """Of requests closed without a contract before that instant only the house and what was wanted stay; give how many.

    Twice is once: who is forgotten has no phone.
    """
    db.require_transaction()
    due = ConnectionRequest.objects.filter(state__in=LED_NOWHERE, state_at__lt=before).exclude(phone="")
    ids = list(due.order_by("id").values_list("id", flat=True)[:limit])
    RequestStep.objects.filter(request_id__in=ids).update(note="")
    return ConnectionRequest.objects.filter(id__in=ids).update(
        full_name=NOBODY, phone="", address="", flat="", wish="", reason=NOBODY, client_address=None
    )
