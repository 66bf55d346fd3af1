"""Payments of an account, as its owner sees them; and those that somebody must look after.

A screen comes here with an account it has reached through its signed-in user: nothing is found by a bare id but by the
staff's search (`find`), which asks a permission first.
"""

from datetime import date, datetime

from django.db.models import Q, Sum

from abonent.payments.models import Channel, Payment, PaymentState, Stray
from abonent.payments.models_earlier import EarlierPayment

OPEN = (PaymentState.NEW, PaymentState.PENDING)


def of_account(account_id: int, *, first_on: date, last_on: date) -> list[Payment]:
    """Credited payments of the operator's dates `[first_on, last_on]`, the newest first."""
    credited = Payment.objects.filter(account_id=account_id, state=PaymentState.SUCCEEDED)
    return list(credited.filter(on__gte=first_on, on__lte=last_on).order_by("-on", "-id"))


def earlier_of(account_id: int, *, first_on: date | None, last_on: date, most: int) -> list[EarlierPayment]:
    """Payments of the system before, the newest first: history beside the ledger.   first_on: None: from the first."""
    found = EarlierPayment.objects.filter(account_id=account_id, paid_on__lte=last_on)
    if first_on is not None:
        found = found.filter(paid_on__gte=first_on)
    return list(found.order_by("-paid_on", "-id")[:most])


def open_of(account_id: int, *, limit: int = 5) -> list[Payment]:
    """Begun and not finished, the newest first: the payer may still go back to the bank."""
    return list(Payment.objects.filter(account_id=account_id, state__in=OPEN).order_by("-id")[:limit])


def by_token(account_id: int, submit_token: str) -> Payment | None:
    """The payment of a form of this account's: for the page the bank sends the payer back to."""
    if not submit_token or "\0" in submit_token:
        return None
    return Payment.objects.filter(account_id=account_id, submit_token=submit_token[:64]).first()


def by_external_id(channel: str, external_id: str) -> Payment | None:
    return Payment.objects.filter(channel=channel, external_id=external_id).first()


def open_ids(*, channel: str, before: datetime, limit: int) -> list[int]:
    """Payments opened before an instant and still open, the oldest first."""
    found = Payment.objects.filter(state__in=OPEN, channel=channel, created_at__lt=before)
    return list(found.order_by("created_at", "id").values_list("id", flat=True)[:limit])


def parked() -> list[Payment]:
    """What staff must look at, the oldest first; `strays` are the bank's payments without a row of ours."""
    return list(Payment.objects.filter(state=PaymentState.PARKED).order_by("id"))


def strays() -> list[Stray]:
    return list(Stray.objects.filter(closed_at=None).order_by("id"))


def clearing_kop() -> dict[str, int]:
    """What was credited by each channel, in kopecks."""
    credited = Payment.objects.filter(state=PaymentState.SUCCEEDED).values_list("channel")
    return dict(credited.annotate(kop=Sum("amount_kop")))


def find(text: str, most: int) -> list[Payment]:
    """By our number, the bank's id or a receipt's number, whichever channel it came by."""
    by_id = Q(channel__in=Channel.values, external_id=text)
    if text.isascii() and text.isdigit() and len(text) < 19:
        by_id |= Q(pk=int(text))
    return list(Payment.objects.filter(by_id).select_related("account").order_by("-id")[:most])
