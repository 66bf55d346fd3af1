"""Transfers happen once, move exact sums, and can be neither changed nor lost."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from abonent.core import db, partitions
from abonent.core.models import Alarm
from abonent.ledger import accounts, invariants, queries, transfers
from abonent.ledger.models import Account, LedgerKey, Reason, Transfer
from abonent.ledger.tests import unguarded

ON = date(2026, 11, 10)


@pytest.fixture
def boris(db: None) -> int:
    return accounts.open_account(contract_id=1).id


@pytest.fixture
def anna(db: None) -> int:
    return accounts.open_account(contract_id=2).id


def pay(account_id: int, amount_kop: int, key: str = "payment:cash:1", on: date = ON) -> transfers.Posted:
    with transaction.atomic():
        return transfers.post(
            key=key,
            debit_id=accounts.house_id("clearing:cash"),
            credit_id=account_id,
            amount_kop=amount_kop,
            on=on,
            reason=Reason.PAYMENT,
        )


def test_a_new_account_has_a_balance_of_0(boris: int) -> None:
    assert queries.balance_kop(boris) == 0
    assert accounts.keeps_balance(boris)


def test_a_contract_has_one_account(boris: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        accounts.open_account(contract_id=1)


def test_an_unknown_house_is_named(db: None) -> None:
    with pytest.raises(accounts.UnableToFindHouse, match="revenue:laundry"):
        accounts.house_id("revenue:laundry")


def test_a_payment_moves_money_from_clearing_to_the_subscriber(boris: int) -> None:
    posted = pay(boris, 500_00)
    assert queries.balance_kop(boris) == 500_00
    row = Transfer.objects.get(on=posted.on, id=posted.id)
    assert (row.debit_id, row.credit_id, row.amount_kop) == (202, boris, 500_00)
    assert not posted.repeated
    assert list(invariants.problems()) == []


def test_ten_same_messages_move_once_and_answer_the_same(boris: int) -> None:
    answers = [pay(boris, 500_00) for _ in range(10)]
    assert queries.balance_kop(boris) == 500_00
    assert Transfer.objects.count() == 1
    assert [one.repeated for one in answers] == [False] + [True] * 9
    assert {(one.on, one.id) for one in answers} == {(ON, answers[0].id)}


@pytest.mark.parametrize(
    ("change", "value"), [("amount_kop", 500_01), ("on", date(2026, 11, 11)), ("key_of_anna", True)]
)
def test_a_key_with_another_body_is_refused(boris: int, anna: int, change: str, value: object) -> None:
    pay(boris, 500_00)
    said: dict[str, object] = {"account_id": boris, "amount_kop": 500_00}
    if change == "key_of_anna":
        said["account_id"] = anna
    else:
        said[change] = value
    with pytest.raises(transfers.KeyReusedWithOtherBody, match="payment:cash:1"):
        pay(**said)  # type: ignore[arg-type]  # one value of the body differs in each case
    assert (queries.balance_kop(boris), queries.balance_kop(anna)) == (500_00, 0)
    assert Transfer.objects.count() == 1


def pay_twice_in_one_flow(account_id: int) -> None:
    with transfers.alarm_on_refusal(), transaction.atomic():
        pay(account_id, 1_00, key="payment:cash:2")  # goes with the refusal
        pay(account_id, 700_00)


def test_a_refused_key_leaves_an_alarm_though_its_transaction_is_rolled_back(boris: int) -> None:
    pay(boris, 500_00)
    with pytest.raises(transfers.KeyReusedWithOtherBody):
        pay_twice_in_one_flow(boris)
    assert queries.balance_kop(boris) == 500_00
    assert [alarm.key for alarm in Alarm.objects.all()] == ["ledger_key:payment:cash:1"]


def test_an_account_that_does_not_exist_takes_no_money(boris: int) -> None:
    with pytest.raises(transfers.BalancesDisagree), transaction.atomic():
        pay(boris + 1000, 500_00)
    assert not Transfer.objects.exists()
    assert not LedgerKey.objects.exists()


@pytest.mark.parametrize("amount_kop", [0, -1, 10**15 + 1])
def test_only_a_positive_and_sane_amount_moves(boris: int, amount_kop: int) -> None:
    with pytest.raises(AssertionError), transaction.atomic():
        pay(boris, amount_kop)


def test_a_reversal_moves_the_money_back_and_names_the_first(boris: int) -> None:
    first = pay(boris, 500_00)
    with transaction.atomic():
        back = transfers.reverse(key="chargeback:7", on_of=first.on, id_of=first.id, on=date(2026, 12, 1))
    row = Transfer.objects.get(on=back.on, id=back.id)
    assert (row.debit_id, row.credit_id, row.reason) == (boris, 202, Reason.REVERSAL)
    assert (row.reverses_on, row.reverses_id) == (first.on, first.id)
    assert queries.balance_kop(boris) == 0
    assert list(invariants.problems()) == []


def test_a_repeated_reversal_answers_the_same(boris: int) -> None:
    first = pay(boris, 500_00)
    with transaction.atomic():
        once = transfers.reverse(key="chargeback:7", on_of=first.on, id_of=first.id, on=ON)
        twice = transfers.reverse(key="chargeback:7", on_of=first.on, id_of=first.id, on=ON)
    assert (twice.on, twice.id, twice.repeated) == (once.on, once.id, True)
    assert queries.balance_kop(boris) == 0


def test_a_transfer_is_reversed_once_whatever_the_key(boris: int) -> None:
    first = pay(boris, 500_00)
    with transaction.atomic():
        transfers.reverse(key="chargeback:7", on_of=first.on, id_of=first.id, on=ON)
        with pytest.raises(transfers.UnableToReverse, match="already"):
            transfers.reverse(key="mistake:8", on_of=first.on, id_of=first.id, on=ON)
    assert queries.balance_kop(boris) == 0
    assert not LedgerKey.objects.filter(key="mistake:8").exists()


def test_a_reversal_is_not_reversed_and_nothing_is_not_either(boris: int) -> None:
    first = pay(boris, 500_00)
    with transaction.atomic():
        back = transfers.reverse(key="chargeback:7", on_of=first.on, id_of=first.id, on=ON)
        with pytest.raises(transfers.UnableToReverse, match="a reversal itself"):
            transfers.reverse(key="x:1", on_of=back.on, id_of=back.id, on=ON)
        with pytest.raises(transfers.UnableToReverse, match="there is no transfer"):
            transfers.reverse(key="x:2", on_of=ON, id_of=10**9, on=ON)


def test_what_was_paid_in_is_payments_less_refunds_since_a_date(boris: int, anna: int) -> None:
    pay(boris, 500_00, key="payment:cash:1", on=date(2026, 10, 31))
    first = pay(boris, 300_00, key="payment:cash:2")
    pay(boris, 200_00, key="payment:cash:3")
    pay(anna, 999_00, key="payment:cash:4")
    with transaction.atomic():
        transfers.post(key="bonus:1", debit_id=301, credit_id=boris, amount_kop=50_00, on=ON, reason=Reason.BONUS)
        transfers.reverse(key="chargeback:2", on_of=first.on, id_of=first.id, on=ON)
    assert queries.paid_in_kop(boris, since=date(2026, 11, 1)) == 200_00  # 300 + 200 − 300
    assert queries.paid_in_kop(boris, since=date(2026, 10, 31)) == 700_00


def batch(*rows: tuple[int, int, int]) -> None:
    db.run(
        'create temp table moves (id bigint, "on" date, debit_id bigint, credit_id bigint,'
        " amount_kop bigint, reason text) on commit drop"
    )
    for debit_id, credit_id, amount_kop in rows:
        db.run(
            "insert into moves values (nextval(pg_get_serial_sequence('ledger_transfer', 'id')),"
            " %s, %s, %s, %s, 'charge')",
            [ON, debit_id, credit_id, amount_kop],
        )


def test_a_batch_moves_every_row_and_sums_an_account_s_rows(boris: int, anna: int) -> None:
    pay(boris, 500_00)
    batch((boris, 101, 300_00), (boris, 102, 190_00), (anna, 101, 650_00), (anna, 102, 0))
    assert transfers.post_batch("moves") == 3
    assert queries.balance_kop(boris) == 10_00  # 500 − 300 − 190
    assert queries.balance_kop(anna) == -650_00
    assert list(invariants.problems()) == []


def test_an_empty_batch_moves_nothing(boris: int) -> None:
    batch((boris, 101, 0))
    assert transfers.post_batch("moves") == 0
    assert not Transfer.objects.exists()


def test_a_batch_with_an_account_that_does_not_exist_is_refused(boris: int) -> None:
    with transaction.atomic():
        batch((boris, 101, 1_00), (boris + 1000, 101, 1_00))
        with pytest.raises(transfers.BalancesDisagree, match="2 accounts were to change, 1 did"):
            transfers.post_batch("moves")
        transaction.set_rollback(True)
    assert queries.balance_kop(boris) == 0


def test_a_batch_from_outside_takes_its_keys_and_is_posted_once(boris: int, anna: int) -> None:
    batch((202, boris, 300_00), (202, anna, 190_00))
    db.run("alter table moves add key text")
    db.run("update moves set key = 'payment:cash:' || credit_id, reason = 'payment'")
    assert transfers.post_keyed_batch("moves") == 2
    assert list(invariants.problems()) == []
    with pytest.raises(transfers.KeyReusedWithOtherBody), transaction.atomic():
        transfers.post_keyed_batch("moves")
    assert pay(boris, 300_00, key=f"payment:cash:{boris}").repeated
    assert queries.balance_kop(boris) == 300_00


def refused(sql: str) -> None:
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        db.run(sql)


@pytest.mark.parametrize(
    "table", ["ledger_transfer", "ledger_transfer_default", "ledger_transfer_2026_11", "ledger_key"]
)
def test_transfers_and_keys_refuse_update_delete_and_truncate(boris: int, table: str) -> None:
    partitions.ensure(ON, ON)
    pay(boris, 500_00)
    pay(boris, 500_00, key="payment:cash:far", on=date(2055, 1, 1))  # in the default partition
    column = "transfer_id" if table == "ledger_key" else "amount_kop"
    refused(f"update {table} set {column} = 1")
    refused(f"delete from {table}")
    refused(f"truncate {table}")
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize(
    "sql",
    [
        "delete from ledger_account",
        "truncate ledger_account cascade",
        "update ledger_account set contract_id = 77 where id >= 1000",
        "update ledger_account set code = 'revenue:x' where id = 101",
    ],
)
def test_an_account_is_never_deleted_nor_becomes_another_s(boris: int, sql: str) -> None:
    refused(sql)
    assert Account.objects.filter(id=boris, contract_id=1).exists()


BREAKS: list[tuple[str, str]] = [
    (
        "a balance equals its transfers",
        "update ledger_account set balance_kop = balance_kop + 1 where id = {boris}",
    ),
    ("no transfer is an orphan", "update ledger_transfer set credit_id = 999999999"),
    ("a transfer goes the way its reason says", "update ledger_transfer set reason = 'refund'"),
    ("a reversal is the opposite", 'update ledger_transfer set reverses_on = "on", reverses_id = id'),
    ("a key names the transfer", "update ledger_key set transfer_id = transfer_id + 1"),
    ("a key names the transfer", "update ledger_transfer set amount_kop = amount_kop + 1"),
    ("every transfer but a charge has one key", "delete from ledger_key"),
    (
        "a transfer's number is used once",
        'insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason)'
        ' select id, "on" + 1, debit_id, credit_id, amount_kop, reason from ledger_transfer',
    ),
]


@pytest.mark.parametrize(("rule", "breaking"), BREAKS)
def test_each_broken_rule_is_found(boris: int, rule: str, breaking: str) -> None:
    pay(boris, 500_00)
    assert list(invariants.problems()) == []
    unguarded.disarm("ledger_transfer", "ledger_key", "ledger_account")
    db.run(breaking.format(boris=boris))
    assert any(line.startswith(rule) for line in invariants.problems()), list(invariants.problems())


def test_a_rule_broken_a_thousand_times_says_so_in_a_few_lines(boris: int) -> None:
    for number in range(invariants.SHOWN + 5):
        pay(boris, 1_00, key=f"payment:cash:{number}")
    unguarded.disarm("ledger_key")
    db.run("delete from ledger_key")
    lines = [line for line in invariants.problems() if line.startswith("every transfer")]
    assert len(lines) == invariants.SHOWN + 1
    assert lines[-1] == "every transfer but a charge has one key: and 5 more"


def test_a_post_takes_one_statement_and_a_repeat_two(
    boris: int, django_assert_num_queries: Callable[[int], transaction.Atomic]
) -> None:
    accounts.house_id("clearing:cash")
    with django_assert_num_queries(3):  # savepoint, all of it, release
        pay(boris, 500_00)
    with django_assert_num_queries(4):
        pay(boris, 500_00)
    assert connection.in_atomic_block
