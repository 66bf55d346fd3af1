"""The bank's own lists of card payments and refunds against ours. Asks the bank outside any transaction."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings

from abonent.flows import refund_settling, settling
from abonent.payments import differences, payments, queries, refunds, reversals
from abonent.payments.gateways import yookassa, yookassa_refunds
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import DifferenceKind, Refund, RefundState

OPEN_AT_MOST = 10_000
PAGES_AT_MOST = 1_000


@dataclass(slots=True)
class Outcome:
    """What one look at one channel's date has found."""

    channel: str
    on: date
    theirs: int = 0
    theirs_kop: int = 0
    ours: int = 0
    ours_kop: int = 0
    credited: int = 0  # what they had and we had not
    agreed: list[str] = field(default_factory=list)
    differ: list[differences.Found] = field(default_factory=list)

    def differs(
        self,
        external_id: str,
        kind: DifferenceKind,
        ours_kop: int | None,
        theirs_kop: int | None,
        what: str,
        about: str = "payment",
    ) -> None:
        """ours_kop, theirs_kop: None where they, or we, have none."""
        found = differences.Found(self.channel, about, external_id, kind, self.on, ours_kop, theirs_kop, what)
        self.differ.append(found)


def has_cards() -> bool:
    """Whether cards were ever paid by here: else there is nothing to compare, and maybe no bank to ask."""
    return bool(settings.YOOKASSA_SHOP_ID) and Payment.objects.filter(channel=Channel.YOOKASSA).exists()


def close_open(*, before: datetime) -> None:
    """Ask about everything that hangs open since before that instant: the bank's word closes it."""
    for payment_id in queries.open_ids(channel=Channel.YOOKASSA, before=before, limit=OPEN_AT_MOST):
        settling.ask(payment_id)
    for refund_id in refunds.open_ids(channel=Channel.YOOKASSA, before=before, limit=OPEN_AT_MOST):
        refund_settling.ask_bank(refund_id)


def payments_of(outcome: Outcome, start: datetime, end: datetime) -> None:
    """Payments whose money the bank took in `[start, end)`, and ours of the outcome's date."""
    theirs: dict[str, objects.BankPayment] = {}
    cursor = ""
    for _page in range(PAGES_AT_MOST):
        page = yookassa.succeeded_page(since=start, before=end, cursor=cursor)
        theirs |= {bank.id: bank for bank in page.items}
        cursor = page.next_cursor
        if not cursor:
            break
    else:
        raise yookassa.BankUnknown("the bank's list is longer than we read")
    outcome.theirs, outcome.theirs_kop = len(theirs), sum(bank.amount_kop for bank in theirs.values())
    for bank in theirs.values():
        _payment(outcome, bank)
    ours = Payment.objects.filter(channel=Channel.YOOKASSA, state=PaymentState.SUCCEEDED, on=outcome.on)
    for row in ours.exclude(external_id__in=list(theirs)).order_by("id"):
        _payment_not_listed(outcome, row)


def refunds_of(outcome: Outcome, start: datetime, end: datetime) -> None:
    """Refunds that the bank began in `[start, end)`, and ours of the outcome's date."""
    theirs: dict[str, objects.BankRefund] = {}
    cursor = ""
    for _page in range(PAGES_AT_MOST):
        page = yookassa_refunds.page(created_since=start, created_before=end, cursor=cursor)
        theirs |= {bank.id: bank for bank in page.items}
        cursor = page.next_cursor
        if not cursor:
            break
    else:
        raise yookassa.BankUnknown("the bank's list is longer than we read")
    for bank in theirs.values():
        _refund(outcome, bank)
    ours = Refund.objects.filter(channel=Channel.YOOKASSA, state__in=refunds.TAKEN_ON, on=outcome.on)
    for row in ours.exclude(external_id__in=list(theirs)).order_by("id"):
        assert row.external_id is not None, row.pk
        try:
            _refund(outcome, yookassa_refunds.get(row.external_id))
        except yookassa.BankRefused as refusal:
            what = f"refund {row.pk} of {row.amount_kop} kopecks: the bank says {refusal.code}"
            outcome.differs(row.external_id, DifferenceKind.MISSING_THERE, row.amount_kop, None, what, "refund")


def _payment(outcome: Outcome, bank: objects.BankPayment) -> None:
    ours = queries.by_external_id(Channel.YOOKASSA, bank.id)
    if ours is None:
        settling.ask_unknown(bank.id)
        ours = queries.by_external_id(Channel.YOOKASSA, bank.id)
        outcome.credited += ours is not None and ours.state == PaymentState.SUCCEEDED
    elif ours.state in payments.CREDITABLE:
        settling.ask(ours.pk)
        ours.refresh_from_db()
        outcome.credited += ours.state == PaymentState.SUCCEEDED
    if ours is None:
        what = f"{bank.amount_kop} kopecks paid, and nobody here to credit: parked among the strays"
        outcome.differs(bank.id, DifferenceKind.MISSING_HERE, None, bank.amount_kop, what)
    elif ours.amount_kop != bank.amount_kop:
        what = f"they say {bank.amount_kop} kopecks, payment {ours.pk} is of {ours.amount_kop}"
        outcome.differs(bank.id, DifferenceKind.SUM, ours.amount_kop, bank.amount_kop, what)
    elif ours.state != PaymentState.SUCCEEDED:
        what = f"the bank calls it succeeded, payment {ours.pk} is {ours.state}"
        outcome.differs(bank.id, DifferenceKind.STATE, ours.amount_kop, bank.amount_kop, what)
    elif reversals.of(ours.pk) is not None:
        what = f"the bank calls it succeeded, payment {ours.pk} was taken back here"
        outcome.differs(bank.id, DifferenceKind.STATE, ours.amount_kop, bank.amount_kop, what)
    else:
        outcome.agreed.append(bank.id)


def _payment_not_listed(outcome: Outcome, row: Payment) -> None:
    """Ours of the date that the bank's list of the date has not: of another moment, or none of the bank's."""
    assert row.external_id is not None, row.pk
    try:
        bank = yookassa.get(row.external_id)
    except yookassa.BankRefused as refusal:
        what = f"payment {row.pk} of {row.amount_kop} kopecks: the bank says {refusal.code}"
        outcome.differs(row.external_id, DifferenceKind.MISSING_THERE, row.amount_kop, None, what)
        return
    if bank.status == objects.SUCCEEDED:
        _payment(outcome, bank)
        return
    what = f"payment {row.pk} is credited, the bank calls it {bank.status}"
    outcome.differs(row.external_id, DifferenceKind.STATE, row.amount_kop, bank.amount_kop, what)


def _refund(outcome: Outcome, bank: objects.BankRefund) -> None:
    ours = refunds.by_external_id(Channel.YOOKASSA, bank.id)
    if bank.status == objects.CANCELED and (ours is None or ours.state == RefundState.CANCELED):
        outcome.agreed.append(bank.id)
        return
    if ours is None:
        ours = refund_settling.find(bank.id)
        outcome.credited += ours is not None
    else:
        refund_settling.ask_bank(ours.pk)
    if ours is None:
        what = f"{bank.amount_kop} kopecks of the bank's payment {bank.payment_id} given back, which is none of ours"
        outcome.differs(bank.id, DifferenceKind.MISSING_HERE, None, bank.amount_kop, what, "refund")
        return
    ours.refresh_from_db()
    if ours.amount_kop != bank.amount_kop:
        what = f"they say {bank.amount_kop} kopecks, refund {ours.pk} is of {ours.amount_kop}"
        outcome.differs(bank.id, DifferenceKind.SUM, ours.amount_kop, bank.amount_kop, what, "refund")
    elif str(ours.state) != bank.status:
        what = f"the bank calls it {bank.status}, refund {ours.pk} is {ours.state}"
        outcome.differs(bank.id, DifferenceKind.STATE, ours.amount_kop, bank.amount_kop, what, "refund")
    else:
        outcome.agreed.append(bank.id)
