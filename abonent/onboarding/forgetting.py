"""Forget requests once the reason to keep them is gone, and the papers of contracts that are long closed."""

from collections.abc import Collection
from datetime import datetime

from abonent.core import db
from abonent.onboarding.models import (
    ConnectionRequest,
    ContractPaper,
    PersonDocument,
    RequestState,
    RequestStep,
    Visit,
    VisitPhoto,
)

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


def forget_visits(contract_ids: Collection[int]) -> None:
    """Photos of his home, what technicians wrote, and how he asked to be connected. Twice is once."""
    db.require_transaction()
    VisitPhoto.objects.filter(visit__request__contract_id__in=contract_ids).delete()
    Visit.objects.filter(request__contract_id__in=contract_ids).update(tasks="", report="")
    RequestStep.objects.filter(request__contract_id__in=contract_ids).update(note="")
    ConnectionRequest.objects.filter(contract_id__in=contract_ids).update(
        full_name=NOBODY, phone="", address="", wish="", client_address=None
    )


def forget_papers(customer_id: int, contract_ids: Collection[int]) -> None:
    """His document, and what the printed contracts say of him. Twice is once."""
    db.require_transaction()
    PersonDocument.objects.filter(customer_id=customer_id).delete()
    ContractPaper.objects.filter(contract_id__in=contract_ids).delete()
