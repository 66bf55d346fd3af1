"""A contract ends on any date, debt or not; its account is closed at exactly zero, and only then."""

from datetime import date

import pytest
from django.test import Client

from abonent.billing import endings, queries
from abonent.billing.models import Return
from abonent.core import clock, db
from abonent.flows import cash_desk, close_account, end_contract, pause
from abonent.identity import queries as identity
from abonent.ledger.models import Transfer
from abonent.subscribers.models import Contract
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
NOV, DEC = 11, 12


def end(world: World, who: Subscriber, last: date) -> None:
    end_contract.plan(
        account_id=who.account_id,
        ends_on=date.fromordinal(last.toordinal() + 1),
        on=world.today,
        actor=who.contract,
    )


def close(world: World, who: Subscriber) -> None:
    close_account.close(contract_id=who.contract_id, on=world.today, actor="support")


def test_anna_ends_hers_and_the_days_not_used_come_back(world: World) -> None:
    anna, before_kop = world.anna, world.balance(world.anna)
    end(world, anna, date(2026, NOV, 20))
    world.move_to(date(2026, NOV, 20))
    assert world.state(anna) == "working"
    world.move_to(date(2026, NOV, 21))
    # Twenty of thirty days used: 650,00 × 20 ÷ 30 = 433,33, 216,67 comes back; 190,00 × 20 ÷ 30 = 126,67, 63,33.
    assert sorted(Return.objects.filter(account_id=anna.account_id).values_list("amount_kop", flat=True)) == [
        63_33, 216_67,
    ]  # fmt: skip
    assert world.balance(anna) == before_kop + 216_67 + 63_33
    assert {one.state for one in world.subscriptions(anna)} == {"ended"}
    assert end_contract.final(anna.account_id) == (date(2026, NOV, 21), 280_00, before_kop + 280_00)
    assert Contract.objects.get(id=anna.contract_id).ended_on == date(2026, NOV, 21)
    assert world.notices(anna, "contract_ended") == 1
    assert world.broken() == []
    world.move_to(date(2026, DEC, 2))
    assert world.balance(anna) == before_kop + 280_00  # nothing is charged any more
    assert world.broken() == []


def test_a_debtor_may_end_it_at_once_and_pays_his_debt_before_it_is_closed(world: World) -> None:
    romashka = world.romashka
    before_kop = world.balance(romashka)
    end(world, romashka, date(2026, NOV, 14))
    world.move_to(date(2026, NOV, 15))
    final = end_contract.final(romashka.account_id)
    assert final is not None
    assert final.balance_kop == before_kop + final.returned_kop < 0
    with pytest.raises(close_account.NotAtZero) as refused:
        close(world, romashka)
    assert refused.value.balance_kop == final.balance_kop
    owed = f"{-final.balance_kop // 100},{-final.balance_kop % 100:02d}"
    world.pay(romashka, owed)
    assert world.balance(romashka) == 0  # a payment resumes nothing of what has ended
    close(world, romashka)
    close(world, romashka)  # twice is once
    assert identity.subscriber_by_number("100004") is None
    assert world.broken() == []


def test_who_is_suspended_may_end_it_today(world: World) -> None:
    boris, before_kop = world.boris, world.balance(world.boris)
    end(world, boris, date(2026, NOV, 13))
    assert end_contract.final(boris.account_id) == (date(2026, NOV, 14), 0, before_kop)
    with pytest.raises(endings.UnableToEnd) as refused:
        end(world, boris, date(2026, NOV, 20))
    assert refused.value.why == "ended"
    assert world.broken() == []


def test_bad_dates_are_refused_and_a_second_tab_too(world: World) -> None:
    for last, reason, possible_on in (
        (date(2026, NOV, 13), "too_early", date(2026, NOV, 15)),
        (date(2026, 7, 1), "too_early", date(2026, NOV, 15)),
        (date(2028, 1, 1), "too_far", date(2027, NOV, 15)),
    ):
        with pytest.raises(endings.UnableToEnd) as refused:
            end(world, world.anna, last)
        assert (refused.value.why, refused.value.possible_on) == (reason, possible_on)
    end(world, world.anna, date(2026, NOV, 20))
    with pytest.raises(endings.UnableToEnd) as refused:
        end(world, world.anna, date(2026, NOV, 25))
    assert refused.value.why == "planned"


def test_called_off_before_its_day_it_goes_on(world: World) -> None:
    end(world, world.anna, date(2026, NOV, 20))
    end_contract.cancel(account_id=world.anna.account_id, actor="100001")
    world.move_to(date(2026, DEC, 1))
    assert (world.state(world.anna), world.charged(world.anna, world.today)) == ("working", [650_00, 190_00])
    end(world, world.anna, date(2026, DEC, 20))
    assert world.broken() == []


def test_what_was_paused_ends_with_all_its_waiting_days_given_back(world: World) -> None:
    anna, before_kop = world.anna, world.balance(world.anna)
    pause.plan(
        account_id=anna.account_id, starts_on=date(2026, NOV, 18), ends_on=date(2026, DEC, 10), on=world.today,
        actor="100001",
    )  # fmt: skip
    world.move_to(date(2026, NOV, 20))
    end(world, anna, date(2026, NOV, 25))
    world.move_to(date(2026, NOV, 26))
    # Used to the 17th: 650,00 × 17 ÷ 30 = 368,33 → 281,67 back; 190,00 × 17 ÷ 30 = 107,67 → 82,33 back.
    assert world.balance(anna) == before_kop + 281_67 + 82_33
    assert world.broken() == []


def test_what_is_left_is_asked_back_and_paid_out_once(world: World) -> None:
    anna = world.anna
    with pytest.raises(endings.UnableToEnd) as refused:
        close_account.ask_payout(account_id=anna.account_id, on=world.today, actor="100001")
    assert refused.value.why == "not_ended"
    end(world, anna, date(2026, NOV, 14))
    world.move_to(date(2026, NOV, 15))
    left_kop = world.balance(anna)
    asked = close_account.ask_payout(account_id=anna.account_id, on=world.today, actor="100001")
    assert asked.amount_kop == left_kop
    with pytest.raises(endings.UnableToEnd) as twice:
        close_account.ask_payout(account_id=anna.account_id, on=world.today, actor="100001")
    assert twice.value.why == "asked"
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    for _ in range(2):
        cash_desk.pay_out(payout_id=asked.pk, on=world.today, actor="cashier")
    assert world.balance(anna) == 0
    assert Transfer.objects.filter(reason="refund", debit_id=anna.account_id).count() == 1
    close(world, anna)
    assert world.broken() == []


def test_daria_moves_what_is_left_to_her_other_contract_and_signs_in_by_it(world: World) -> None:
    first, second = world.daria, world.daria_second
    end(world, first, date(2026, NOV, 14))
    world.move_to(date(2026, NOV, 15))
    left_kop, had_kop = world.balance(first), world.balance(second)
    with pytest.raises(endings.UnableToEnd) as refused:
        close_account.move_left(
            contract_id=first.contract_id, to_contract_id=world.boris.contract_id, on=world.today, actor="100006"
        )
    assert refused.value.why == "strangers"
    moved = close_account.move_left(
        contract_id=first.contract_id, to_contract_id=second.contract_id, on=world.today, actor="100006"
    )
    assert (moved, world.balance(first), world.balance(second)) == (left_kop, 0, had_kop + left_kop)
    close(world, first)
    assert identity.subscriber_by_number("100006") is None
    client = Client()
    assert client.post("/login/", {"login": "100006", "password": "demo-daria"}).status_code != 302
    with clock.frozen(clock.at_noon(world.today)):
        assert client.post("/login/", {"login": "100007", "password": "demo-daria"}).status_code == 302
        page = client.get("/cabinet/").content.decode()
    assert "100007" in page
    assert "100006" not in page
    assert world.broken() == []


def test_staff_write_off_a_debt_that_nobody_will_pay(world: World) -> None:
    romashka = world.romashka
    end(world, romashka, date(2026, NOV, 14))
    world.move_to(date(2026, NOV, 15))
    owed_kop = world.balance(romashka)
    assert owed_kop < 0
    written = close_account.write_off(account_id=romashka.account_id, on=world.today, actor="accountant", why="gone")
    assert (written, world.balance(romashka)) == (owed_kop, 0)
    close(world, romashka)
    assert world.broken() == []


def test_a_contract_that_goes_on_is_never_closed(world: World) -> None:
    with pytest.raises(close_account.NotEnded):
        close(world, world.anna)


def test_the_step_repeated_changes_nothing(world: World) -> None:
    end(world, world.anna, date(2026, NOV, 20))
    world.move_to(date(2026, NOV, 21))
    balance_kop = world.balance(world.anna)
    with db.atomic():
        assert end_contract.apply_due(0, 2**63 - 1, on=date(2026, NOV, 21)) == 0
    assert world.balance(world.anna) == balance_kop
    assert queries.overview(world.anna.contract_id, world.today) is not None
