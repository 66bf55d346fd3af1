"""Connect offers to accounts, and agree terms. Whoever changes a subscription locks its account first."""

from datetime import date

from django.conf import settings

from abonent.billing import rules
from abonent.billing.models import Subscription, SubscriptionState, Terms
from abonent.catalog.models import OfferRole, OfferVersion, ServiceKind
from abonent.core import db
from abonent.ledger.models import Account
from abonent.subscribers.models import Line


class UnableToSubscribe(Exception):
    """The offer cannot be connected there; the text says why."""


def subscribe(
    *, account_id: int, line_id: int | None, version_id: int, on: date, parent_id: int | None = None
) -> Subscription:
    """Connect a tariff or an add-on: it waits for its first charge, which `resuming.resume` makes.

    line_id: of the account's contract; None for what needs no line.   on: the date it starts.
    parent_id: an add-on's tariff; None finds the tariff of its kind on the line. It keeps the tariff's periods.
    Raises UnableToSubscribe.
    """
    account = db.lock(Account, [account_id])[account_id]
    version = OfferVersion.objects.select_related("offer").get(id=version_id)
    offer = version.offer
    if version.charging not in rules.CHARGED or version.price_kop > rules.MAX_PRICE_KOP:
        raise UnableToSubscribe(f"{offer.code}: {version.price_kop} kopecks by «{version.charging}» make no sense")
    if line_id is not None:
        _check_line(account, line_id, offer.segments, offer.code)
    tariff_anchor_day = None
    if offer.role == OfferRole.ADDON:
        parent_id = _tariff_of_addon(account_id, line_id, offer.kind, offer.code, parent_id)
        tariff_anchor_day = Subscription.objects.values_list("anchor_day", flat=True).get(id=parent_id)
    elif parent_id is not None:
        raise UnableToSubscribe(f"{offer.code} is a tariff: it has no parent")
    elif offer.kind == ServiceKind.INTERNET and line_id is not None:
        _check_free(line_id)
    return Subscription.objects.create(
        account_id=account_id,
        line_id=line_id,
        parent_id=parent_id,
        version=version,
        role=offer.role,
        kind=offer.kind,
        charging=version.charging,
        price_kop=version.price_kop,
        priority=rules.priority(role=offer.role, kind=offer.kind, kinds=settings.PROFILE.priority),
        started_on=on,
        anchor_day=rules.anchor_day(settings.PROFILE.billing_cycle, on, tariff_anchor_day),
    )


def set_terms(account_id: int, *, credit_limit_kop: int | None = None, first_top_up_kop: int | None = None) -> Terms:
    """Agree a credit limit or a first top-up; what is None stays. After a higher limit call `resume`.

    Both in kopecks, >= 0. A limit agreed while it is withheld counts once the overdue invoice is paid (overdue.py).
    """
    db.lock(Account, [account_id])
    terms, _ = Terms.objects.get_or_create(account_id=account_id)
    if credit_limit_kop is not None:
        assert credit_limit_kop >= 0, credit_limit_kop
        if terms.withheld_limit_kop is None:
            terms.credit_limit_kop = credit_limit_kop
        else:
            terms.withheld_limit_kop = credit_limit_kop or None
    if first_top_up_kop is not None:
        assert first_top_up_kop >= 0, first_top_up_kop
        terms.first_top_up_kop = first_top_up_kop
    terms.save()
    return terms


def _check_line(account: Account, line_id: int, segments: list[str], code: str) -> None:
    line = Line.objects.filter(id=line_id, contract__account=account).first()
    if line is None:
        raise UnableToSubscribe(f"line {line_id} is not of account {account.id}'s contract")
    if line.segment not in segments:
        raise UnableToSubscribe(f"{code} is not offered in segment «{line.segment}»")


def _check_free(line_id: int) -> None:
    taken = Subscription.objects.filter(line_id=line_id, role=OfferRole.TARIFF, kind=ServiceKind.INTERNET)
    if taken.exclude(state=SubscriptionState.ENDED).exists():
        raise UnableToSubscribe(f"line {line_id} has an internet tariff: change it instead")


def _tariff_of_addon(account_id: int, line_id: int | None, kind: str, code: str, parent_id: int | None) -> int:
    tariffs = Subscription.objects.filter(account_id=account_id, line=line_id, role=OfferRole.TARIFF)
    tariffs = tariffs.exclude(state=SubscriptionState.ENDED)
    wanted = tariffs.filter(kind=kind) if parent_id is None else tariffs.filter(id=parent_id)
    found = wanted.order_by("id").values_list("id", flat=True).first()
    if found is None:
        raise UnableToSubscribe(f"{code} is an add-on: it needs its tariff on the same line")
    return found
