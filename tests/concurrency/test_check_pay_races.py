"""Terminals that tell of one payment many times at once, over HTTP to real processes."""

import threading
from collections import Counter

import httpx
import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.ledger.models import Account, Transfer
from abonent.payments.models import Payment
from tests import bank as books
from tests import terminal
from tests.bank import Bank, balance
from tests.concurrency.storm import Storm

pytestmark = pytest.mark.committing
AT_ONCE = 50


def tell_at_once(storm: Storm, payer: Account, ids: list[str]) -> Counter[tuple[int, int]]:
    """Each id told in a thread and on a connection of its own; the codes and our ids that came back."""
    assert payer.contract is not None
    gate, heard = threading.Barrier(len(ids)), Counter[tuple[int, int]]()

    def tell(id: str, number: str) -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            gate.wait(60)
            query = terminal.query("osmp", "pay", account=number, sum="100.00", id=id)
            answer = client.get(f"{storm.url}/pay/osmp/?{query}", auth=terminal.DEMO["osmp"])
        said = terminal.Said(answer.status_code, answer.headers["content-type"], answer.content)
        heard[said.code, said.our_id if said.code == 0 else 0] += 1

    threads = [threading.Thread(target=tell, args=(id, payer.contract.number)) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


def test_fifty_equal_payments_at_once_are_one(own_database: str, bank: Bank) -> None:
    partitions.ensure_ahead(clock.today())
    payer, storm = builder.account(), Storm(bank, own_database, seed=1)
    with storm.served():
        heard = tell_at_once(storm, payer, ["7"] * AT_ONCE)
    assert heard == {(0, Payment.objects.get().id): AT_ONCE}
    assert (balance(payer), Transfer.objects.count(), books.notices(payer)) == ("100.00", 1, ["payment_received"])
    assert books.broken() == []


def test_fifty_payments_into_one_account_at_once_all_come(own_database: str, bank: Bank) -> None:
    partitions.ensure_ahead(clock.today())
    payer, storm = builder.account(), Storm(bank, own_database, seed=1)
    with storm.served():
        heard = tell_at_once(storm, payer, [str(number) for number in range(AT_ONCE)])
    assert len(heard) == AT_ONCE
    assert {code for code, _ in heard} == {0}
    assert (balance(payer), Payment.objects.count()) == ("5000.00", AT_ONCE)
    assert books.broken() == []
