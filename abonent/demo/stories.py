"""What happened to the cast in the last three months: who signed when, for what, and who paid how much.

The dates are counted back from the demo's first day, and the sums from the profile's prices, so that each story holds
on whatever day and under whatever profile the demo is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from abonent.billing import policies, rules
from abonent.core import periods

MONTHS_BACK = 3
ROUND_KOP = 100_00  # people pay whole hundreds


@dataclass(frozen=True)
class Signing:
    """A contract is signed: by whom, where, for which offers."""

    on: date
    contract: str
    name: str
    segment: str
    flat: str
    offers: tuple[str, ...]
    credit_limit_kop: int = 0


@dataclass(frozen=True)
class Payment:
    """Cash at the desk."""

    on: date
    contract: str
    amount_kop: int


def signings(today: date) -> Iterator[Signing]:
    """In the order of the contracts' numbers."""
    began = periods.month(today, -MONTHS_BACK)
    yield Signing(began, "100001", "anna", "apartment", "14", ("city-300", "tv-basic"))
    yield Signing(began, "100002", "boris", "apartment", "27", ("city-300",))
    yield Signing(began, "100003", "vera", "private", "", ("private-day-50",))
    yield Signing(
        began,
        "100004",
        "romashka",
        "business",
        "",
        ("business-100", "static-ip", "phone-business"),
        30_000_00,
    )
    yield Signing(today - timedelta(days=2), "100005", "gleb", "apartment", "31", ("city-300",))
    yield Signing(began, "100006", "daria", "apartment", "52", ("city-500", "tv-basic"))
    yield Signing(began + timedelta(days=9), "100007", "daria", "private", "", ("private-100",))


def payments(today: date) -> Iterator[Payment]:
    """In the order of their dates within a contract."""
    began = periods.month(today, -MONTHS_BACK)
    second, third = periods.month(began, 1), periods.month(began, 2)

    # Anna: five months' price in three months, so that the next month is covered and the one after it is not.
    price_kop = _monthly_kop("city-300", "tv-basic")
    paid = [_hundreds(2 * price_kop), _hundreds(price_kop)]
    paid.append(_hundreds(5 * price_kop) - sum(paid))
    yield from (Payment(on, "100001", kop) for on, kop in zip((began, second, third), paid, strict=True))

    # Boris: his money ended with the last whole month; less than ten roubles are left, not even a day's worth.
    price_kop = _monthly_kop("city-300")
    part_kop = _first_part_kop(began, price_kop)
    first_kop = max(_hundreds(part_kop + price_kop), settings.PROFILE.first_top_up_kop)  # never short before the second
    spent_kop = part_kop + _whole_months(began, today) * price_kop
    rest_kop = (spent_kop + 10_00) - (spent_kop + 10_00) % 1_00 - first_kop
    yield Payment(began, "100002", first_kop)
    yield Payment(began + timedelta(days=6), "100002", rest_kop)

    # Vera: a daily tariff, always some weeks ahead.
    price_kop = _monthly_kop("private-day-50")
    first_kop = max(_hundreds(price_kop), settings.PROFILE.first_top_up_kop)
    for on, kop in ((began, first_kop), (second, _hundreds(price_kop)), (third, _hundreds(2 * price_kop))):
        yield Payment(on, "100003", kop)

    # Romashka pays when it gets to it: postpaid.
    yield Payment(third, "100004", _hundreds(2 * _monthly_kop("business-100")))

    price_kop = _monthly_kop("city-500", "tv-basic")
    for on in (began, second, third, periods.month(began, 2) + timedelta(days=11)):
        yield Payment(on, "100006", _hundreds(price_kop) + ROUND_KOP)
    price_kop = _monthly_kop("private-100")
    first_kop = max(_hundreds(price_kop), settings.PROFILE.first_top_up_kop)
    for on, kop in ((began + timedelta(days=9), first_kop), (second + timedelta(days=9), _hundreds(price_kop)),
                    (third + timedelta(days=9), _hundreds(2 * price_kop))):  # fmt: skip
        yield Payment(on, "100007", kop)


def _monthly_kop(*codes: str) -> int:
    return sum(settings.PROFILE.offer(code).price_kop for code in codes)


def _hundreds(amount_kop: int) -> int:
    """Up to whole hundreds of roubles."""
    return -(-amount_kop // ROUND_KOP) * ROUND_KOP


def _first_part_kop(began: date, price_kop: int) -> int:
    policy = policies.in_force()
    due = rules.next_due(rules.MONTH, began, rules.anchor_day(policy.billing_cycle, began))
    return rules.amount_kop(rules.MONTH, price_kop, due, policy.proration_days)


def _whole_months(began: date, today: date) -> int:
    """Months that begin after the signing and before the current one: those Boris could pay."""
    return (today.year - began.year) * 12 + today.month - began.month - 1


def by_date(happenings: Sequence[Signing | Payment]) -> dict[date, list[Signing | Payment]]:
    """The happenings of each date; a signing before the payments of its day."""
    days: dict[date, list[Signing | Payment]] = {}
    for one in happenings:
        days.setdefault(one.on, []).append(one)
    return days
