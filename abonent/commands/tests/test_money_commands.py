"""`abonent statement`, `refund`, `reconcile`: what staff do at a terminal, what they are told, what they may not."""

import argparse
from pathlib import Path
from types import ModuleType

import pytest

from abonent.commands import reconcile, refund, statement
from abonent.core import clock, db
from abonent.core.models import AuditEntry
from abonent.flows import four_eyes, topup
from abonent.identity import users
from abonent.identity.models import Role
from abonent.ledger.models import Account
from abonent.payments import differences, warrants
from abonent.payments.models import Channel, Payment
from abonent.payments.models_desk import BankEntry, DifferenceKind, Refund
from abonent.payments.models_warrants import Warrant
from tests import bank as books
from tests import statements
from tests.bank import TODAY, Bank, balance, bank, noon, one_bank, payer, start
from tests.register import number_of
from tests.statements import Paper

__all__ = ["bank", "noon", "one_bank", "payer"]


@pytest.fixture(autouse=True)
def staff(noon: None) -> None:
    for name, role in (("olga", "accountant"), ("petr", "engineer")):
        users.create_staff(name, role=role, password="wide-river-in-may")


def run(command: ModuleType, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(words)))


def file_of(folder: Path, payer: Account) -> str:
    papers = (Paper("1", "500.00", f"По договору №{number_of(payer)}"), Paper("2", "300.00", "Благодарность"))
    path = folder / "bank.txt"
    path.write_bytes(statements.content(*papers, received="800.00", closing="1800.00"))
    return str(path)


# --- statement --------------------------------------------------------------------------------------------
def test_a_statement_is_looked_at_loaded_and_decided(
    payer: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, payer)
    assert run(statement, "load", path, "--dry-run") == 0
    assert "(nothing" in capsys.readouterr().out
    assert (BankEntry.objects.count(), balance(payer)) == (0, "0.00")
    assert run(statement, "load", path, "--by", "olga") == 0
    assert run(statement, "load", path, "--by", "olga") == 0  # again: nothing more
    assert (BankEntry.objects.count(), balance(payer)) == (2, "500.00")
    waits = BankEntry.objects.get(state="queued")
    capsys.readouterr()
    assert run(statement, "queue") == 0
    assert "300,00" in capsys.readouterr().out
    assert run(statement, "assign", str(waits.pk), number_of(payer), "--by", "olga", "--why", "he called") == 0
    assert run(statement, "assign", str(waits.pk), number_of(payer), "--by", "olga") == 1  # it waits no more
    assert (balance(payer), "credited" in capsys.readouterr().out) == ("800.00", True)
    assert AuditEntry.objects.get(action="payments.assign_bank_entry").actor == "olga"


def test_a_document_sent_back_credits_nobody(payer: Account, tmp_path: Path) -> None:
    run(statement, "load", file_of(tmp_path, payer))
    waits = BankEntry.objects.get(state="queued")
    assert run(statement, "return", str(waits.pk), "--by", "olga", "--why", "order 17") == 0
    assert (BankEntry.objects.get(pk=waits.pk).state, balance(payer)) == ("returned", "500.00")


def test_a_file_that_is_none_and_hands_that_may_not_are_refused(
    payer: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cat.txt").write_text("a cat")
    assert run(statement, "load", str(tmp_path / "cat.txt")) == 1
    assert run(statement, "load", str(tmp_path / "nothing.txt")) == 1
    said = capsys.readouterr().err
    assert "cat.txt is refused whole" in said
    assert "nothing.txt: No such file" in said
    run(statement, "load", file_of(tmp_path, payer))
    waits = str(BankEntry.objects.get(state="queued").pk)
    for name in ("petr", "nobody"):
        assert run(statement, "assign", waits, number_of(payer), "--by", name) == 1
    assert run(statement, "assign", waits, "999999", "--by", "olga") == 1
    assert (balance(payer), BankEntry.objects.get(pk=waits).state) == ("500.00", "queued")


# --- refund -----------------------------------------------------------------------------------------------
@pytest.fixture
def payment(payer: Account, bank: Bank) -> Payment:
    made = start(payer)
    bank.succeed(made.external_id)
    topup.settle(made.id)
    return books.again(made)


def test_a_refund_goes_to_the_card_once_by_its_token(
    payer: Account, payment: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("ask", str(payment.id), "120,50", "--by", "olga", "--why", "asked", "--token", "token-of-olga")
    assert run(refund, *words) == 0
    assert run(refund, *words) == 0  # the same call ended unsurely: not twice
    assert (balance(payer), Refund.objects.count()) == ("379.50", 1)
    assert "token token-of-olga" in capsys.readouterr().out
    assert Refund.objects.get().asked_by == "olga"
    assert run(refund, "list") == 0
    assert "120,50" not in capsys.readouterr().out  # it is with its payer


def test_more_than_ones_own_sum_goes_to_the_card_by_a_colleagues_yes(
    payer: Account, payment: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    Role.objects.filter(code="accountant").update(most_kop=100_00)
    words = ("ask", str(payment.id), "120,50", "--by", "olga", "--why", "asked", "--token", "token-of-olga")
    assert run(refund, *words) == 1
    assert "NobodyMay" in capsys.readouterr().err
    with db.atomic():
        boss = users.create_staff("boss", role="admin", password="demo-staff")
    assert (run(refund, *words), run(refund, *words)) == (0, 0)
    assert "waits for a colleague's yes" in capsys.readouterr().out
    waits = Warrant.objects.get()
    assert (balance(payer), Refund.objects.count()) == ("500.00", 0)
    done = four_eyes.approve(waits.pk, by=boss, on=clock.today(), at=clock.now())
    assert (done.state, done.decided_by, balance(payer)) == ("done", "boss", "379.50")
    refunded = Refund.objects.get()
    assert (refunded.asked_by, refunded.amount_kop, refunded.state) == ("olga", 120_50, "succeeded")
    with pytest.raises(warrants.NotWaiting):
        four_eyes.approve(waits.pk, by=boss, on=clock.today(), at=clock.now())


def test_what_may_not_go_back_is_said_in_words(
    payer: Account, payment: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    by = ("--by", "olga", "--why", "asked")
    for words in (
        ("ask", str(payment.id), "500,01", *by),
        ("ask", str(payment.id), "five", *by),
        ("ask", "999999", "1,00", *by),
        ("ask", str(payment.id), "1,00", "--by", "petr", "--why", "asked"),
    ):
        assert run(refund, *words) == 1, words
    said = capsys.readouterr().err
    for part in ("MoreThanPaid", "«five» is not a sum", "no payment 999999", "«petr» may not"):
        assert part in said
    assert (balance(payer), Refund.objects.count()) == ("500.00", 0)


# --- reconcile --------------------------------------------------------------------------------------------
def registry(folder: Path, *lines: str) -> str:
    path = folder / "registry.csv"
    path.write_text("\n".join(("txn_id;account;sum;date", *lines)) + "\n", encoding="utf-8")
    return str(path)


def test_an_open_difference_is_listed_and_closed_by_who_may(payer: Account, capsys: pytest.CaptureFixture[str]) -> None:
    with db.atomic():
        found = differences.Found(
            Channel.OSMP, "payment", "7", DifferenceKind.MISSING_THERE, TODAY, 500_00, None, "only ours"
        )
        differences.keep(found, at=clock.now())
    (one,) = differences.open_ones()
    assert run(reconcile, "--list") == 0
    assert "only ours" in capsys.readouterr().out
    assert run(reconcile, "--close", str(one.pk), "--by", "petr", "--why", "x") == 1
    assert len(differences.open_ones()) == 1
    assert run(reconcile, "--close", str(one.pk), "--by", "olga", "--why", "their clock") == 0
    assert differences.open_ones() == []
    assert run(reconcile, "--close", str(one.pk), "--by", "olga", "--why", "again") == 1


def test_a_day_without_payments_agrees_and_a_registry_wants_its_channel(
    bank: Bank, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(reconcile, "--on", "2026-11-09") == 0
    assert "theirs 0" in capsys.readouterr().out
    assert run(reconcile, "--registry", registry(tmp_path)) == 1
    assert "--registry needs --channel" in capsys.readouterr().err
