"""Who is looked at by the night's plan of autopay: everybody who wants a debit, and few who want none."""

from datetime import date, timedelta

import pytest

from abonent.billing import planned
from abonent.billing import queries as billing
from abonent.core import clock, partitions
from abonent.flows import charge_run
from abonent.payments import autopay, autopay_rules
from tests.stories.autopay_life import BEFORE, BELOW, Life


def looked_at(on: date) -> bool:
    return bool(autopay.candidates(on, after=0, limit=10))


def wants(life: Life, rules: autopay_rules.Rules, on: date) -> bool:
    assert life.account.contract_id is not None
    seen = billing.overview(life.account.contract_id, on)
    assert seen is not None
    return bool(autopay_rules.wanted(seen, planned.of(seen), rules, on))


@pytest.mark.parametrize("rules", [BEFORE, BELOW])
def test_whoever_wants_a_debit_is_looked_at(life: Life, rules: autopay_rules.Rules) -> None:
    """Paid through November; nothing is debited or paid meanwhile, and the service stops on 1 December."""
    life.switch_on(rules)
    days = {}
    for number in range(25):
        on = date(2026, 11, 11) + timedelta(days=number)
        life.stack.close()
        life.stack.enter_context(clock.frozen(clock.at_noon(on)))
        partitions.ensure_ahead(on)
        charge_run.catch_up(on)
        days[on] = (wants(life, rules, on), looked_at(on))
    assert all(looked for wanted, looked in days.values() if wanted)
    if rules == BEFORE:
        first = autopay_rules.NOTICE_DAYS + 3
        assert next(on for on, (wanted, _) in days.items() if wanted) == date(2026, 12, 1) - timedelta(days=first)
        assert not any(looked for on, (_, looked) in days.items() if on < date(2026, 12, 1) - timedelta(days=first))


def test_who_has_enough_by_the_other_rule_is_let_be(life: Life) -> None:
    life.switch_on(BELOW)
    assert looked_at(clock.today())  # 0,00 is below 100,00
    life.pay_cash(10_000)
    assert not looked_at(clock.today())
