"""The demo's stories hold on whatever day it is made: the 1st, the 31st, the last of February, in a leap year."""

from datetime import date

import pytest
from django.conf import settings

from abonent.billing import queries as billing
from abonent.core import clock, profile
from abonent.demo import cast, make
from abonent.flows import load_profile, verify
from abonent.ledger.models import Account

DAYS = (
    ("skynet", date(2026, 11, 14)),
    ("skynet", date(2026, 5, 31)),
    ("skynet", date(2028, 2, 29)),
    ("spnet", date(2026, 3, 1)),
    ("spnet", date(2027, 2, 28)),
    ("spnet", date(2026, 12, 31)),
)


def state(number: str, today: date) -> tuple[str, int]:
    account = Account.objects.get(contract__number=number)
    assert account.contract_id is not None
    seen = billing.overview(account.contract_id, today)
    assert seen is not None
    found = billing.service_state(seen, today)
    return found.word, found.missing_kop


@pytest.mark.parametrize(("name", "today"), DAYS, ids=str)
def test_every_story_holds(own_database: str, monkeypatch: pytest.MonkeyPatch, name: str, today: date) -> None:
    monkeypatch.setattr(settings, "PROFILE", profile.load(name))
    with clock.frozen(clock.at_noon(today)):
        load_profile.load(date(today.year - 1, 1, 1))
        for _ in make.people(today):
            pass

        assert state("100001", today) == ("working", 0)  # anna is paid
        word, missing_kop = state("100002", today)  # boris could not pay this month
        assert word == "suspended"
        assert missing_kop > 0
        assert state("100003", today) == ("working", 0)  # vera pays by the day
        assert state("100004", today) == ("working", 0)  # romashka lives on credit
        word, missing_kop = state("100005", today)  # gleb has just signed
        assert word == "waiting"
        # On the 1st a whole month is due, which may be more than the first top-up.
        assert missing_kop >= settings.PROFILE.first_top_up_kop
        assert state("100006", today) == ("working", 0)  # daria, both her contracts
        assert state("100007", today) == ("working", 0)
        assert Account.objects.get(contract__number="100004").balance_kop < 0  # type: ignore[operator]

        # The month after: what Anna has is enough for one more month, so the demo's clock shows a charge.
        anna = Account.objects.get(contract__number="100001")
        monthly_kop = sum(settings.PROFILE.offer(code).price_kop for code in ("city-300", "tv-basic"))
        assert anna.balance_kop is not None
        assert anna.balance_kop >= monthly_kop
        assert list(verify.problems()) == []


def test_nobody_of_the_cast_can_be_reached_by_phone_or_mail() -> None:
    for person in cast.CAST:
        assert person.phone.startswith("+791600000")
        assert person.email.endswith(".test")
