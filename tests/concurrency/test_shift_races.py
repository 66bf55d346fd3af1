"""A drawer that is closed while cash is taken into it: the order is of the shift and in its sums, or it is not made."""

import threading

import pytest
from django.db import connection

from abonent.core import clock
from abonent.flows import cash_desk
from abonent.payments import cash_shifts
from abonent.payments.models_desk import CashOrder
from abonent.payments.models_shifts import CashShift
from tests.world import World

pytestmark = pytest.mark.committing


def test_every_order_is_in_the_report_of_its_shift(world: World) -> None:
    takers, rounds, refused = 4, 6, []
    begin = threading.Barrier(takers + 1)

    def take(who: int) -> None:
        begin.wait()
        try:
            for turn in range(rounds):
                cash_desk.take(account_id=world.vera.account_id, amount_kop=1_00, submit_token=f"race-{who}-{turn}",
                               on=clock.today(), actor="cashier", in_shift=True)  # fmt: skip
        except cash_shifts.NoneOpen:
            refused.append(who)
        finally:
            connection.close()

    cash_desk.open_shift(opening_kop=0, actor="cashier")
    threads = [threading.Thread(target=take, args=[who]) for who in range(takers)]
    for one in threads:
        one.start()
    begin.wait()
    while not CashOrder.objects.exists():
        pass
    cash_desk.close_shift(counted_kop=0, why="counted in a hurry", actor="cashier")
    for one in threads:
        one.join()
    shift = CashShift.objects.get()
    assert shift.taken_count == CashOrder.objects.filter(shift=shift).count() == CashOrder.objects.count()
    assert shift.taken_kop == 100 * CashOrder.objects.count()
    assert refused or CashOrder.objects.count() == takers * rounds
    assert world.broken() == []
