"""The words of a receipt: who gets it, its items, its VAT. Always in Russian: the tax service reads it."""

from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.core import clock, db, periods
from abonent.payments import fiscal
from abonent.payments.models import Channel
from abonent.payments.models_receipts import Receipt, ReceiptKind
from abonent.subscribers.models import ContactKind, Customer, CustomerKind

_REACHED = """
    select kind, value from subscribers_contact where customer_id = %s
    order by confirmed_at desc nulls last, id
"""
_TAKEN = """
    select split_part(house.code, ':', 2) as kind, sum(moved.amount_kop)::bigint as amount_kop
    from (
        select t.credit_id as house_id, t.amount_kop from ledger_transfer t
        where t.debit_id = %(account_id)s and t.debit_id >= 1000 and t."on" >= %(start)s and t."on" < %(end)s
        union all
        select t.debit_id, -t.amount_kop from ledger_transfer t
        where t.credit_id = %(account_id)s and t.credit_id >= 1000 and t."on" >= %(start)s and t."on" < %(end)s
    ) moved
    join ledger_account house on house.id = moved.house_id and house.kind = 'revenue'
    group by house.code, house.id
    order by house.id
"""


def customer_of(account_id: int) -> Customer:
    """Who holds the account's contract."""
    return Customer.objects.get(contracts__account=account_id)


def advance(
    account_id: int, *, amount_kop: int, on: date, settlement: fiscal.Settlement = "electronic"
) -> fiscal.Content:
    """Money paid in advance, or given back of it.   on: the operator's date: its VAT rate."""
    with translation.override("ru"):
        name = _("Advance for communication services, contract %(number)s") % {"number": _number(account_id)}
    vat = fiscal.vat(settings.PROFILE.vat_rate, on, is_advance=True)
    return _content(account_id, [fiscal.item(name, amount_kop, vat=vat, is_service=False)], settlement, amount_kop)


def of(receipt: Receipt) -> fiscal.Content:
    """The words of a queued receipt.   Raises fiscal.UnableToWord."""
    if receipt.kind in {ReceiptKind.ADVANCE, ReceiptKind.REFUND}:
        assert receipt.payment is not None, receipt.id
        settlement: fiscal.Settlement = "cash" if receipt.payment.channel == Channel.CASH else "electronic"
        return advance(receipt.account_id, amount_kop=receipt.amount_kop, on=receipt.on, settlement=settlement)
    items = _services(receipt)
    return _content(receipt.account_id, items, "prepayment", receipt.amount_kop)


def _services(receipt: Receipt) -> list[fiscal.Item]:
    """The month's services by their kinds; in one line where the offset is not just this month's sum."""
    month = periods.calendar_month(receipt.on)
    vat = fiscal.vat(settings.PROFILE.vat_rate, receipt.on, is_advance=False)
    facts = {"month": f"{month.start:%m.%Y}", "number": _number(receipt.account_id)}
    taken = db.rows(_TAKEN, {"account_id": receipt.account_id, "start": month.start, "end": month.end})
    taken = [row for row in taken if row["amount_kop"]]
    with translation.override("ru"):
        kinds = {
            "internet": _("Internet access"),
            "tv": _("Television"),
            "telephony": _("Telephony"),
            "video": _("Video surveillance"),
            "colocation": _("Colocation"),
        }
        name = _("%(service)s, %(month)s, contract %(number)s")
        is_by_kind = (
            receipt.payment_id is None
            and all(row["amount_kop"] > 0 and row["kind"] in kinds for row in taken)
            and sum(row["amount_kop"] for row in taken) == receipt.amount_kop
        )
        sums = (
            [(kinds[row["kind"]], row["amount_kop"]) for row in taken]
            if is_by_kind
            else [(_("Communication services"), receipt.amount_kop)]
        )
        return [
            fiscal.item(name % {**facts, "service": service}, amount_kop, vat=vat, is_service=True)
            for service, amount_kop in sums
        ]


def _content(
    account_id: int, items: list[fiscal.Item], settlement: fiscal.Settlement, amount_kop: int
) -> fiscal.Content:
    return fiscal.content(
        at=clock.local(clock.now()),
        customer=_customer(account_id),
        items=items,
        settlement=settlement,
        amount_kop=amount_kop,
    )


def _customer(account_id: int) -> fiscal.Customer:
    """How to reach him; the operator's own address where there is no way: the law wants one."""
    customer = customer_of(account_id)
    reached: dict[str, str] = {}
    for row in db.rows(_REACHED, [customer.id]):
        reached.setdefault(row["kind"], row["value"])
    email, phone = reached.get(ContactKind.EMAIL, ""), reached.get(ContactKind.PHONE, "")
    if not email and (not phone or settings.PROFILE.receipts == "yookassa"):  # the bank sends by e-mail only
        email = settings.PROFILE.contacts.support_email
    is_company = customer.kind == CustomerKind.LEGAL_ENTITY and customer.inn
    return fiscal.Customer(email, phone, customer.full_name if is_company else "", customer.inn if is_company else "")


def _number(account_id: int) -> str:
    found = db.rows(
        "select c.number from ledger_account a join subscribers_contract c on c.id = a.contract_id where a.id = %s",
        [account_id],
    )
    return str(found[0]["number"])
