"""`abonent charge`: what it says and how it ends; the run itself is tested in flows."""

import argparse

import pytest

from abonent.billing import rules
from abonent.billing.models import ChargedThrough, ChargeRun, ParkedAccount, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.commands import charge
from abonent.core import clock
from abonent.core.models import Alarm, AuditEntry
from abonent.flows import charge_run
from abonent.identity import users
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Account:
    """Paid for November, with the money for December."""
    anna = builder.account()
    builder.active(anna, "650,00", "2026-11-01")
    builder.pay(anna, "700,00", "2026-11-20")
    charge_run.start_from(day("2026-11-30"))
    return anna


def run(today: str, *words: str) -> int:
    parser = argparse.ArgumentParser()
    charge.add_arguments(parser)
    with clock.frozen(clock.at_noon(day(today))):
        return charge.run(parser.parse_args(list(words)))


def test_it_charges_today_and_what_was_missed(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2026-12-01") == 0
    said = capsys.readouterr().out
    assert "2026-11-30" in said
    assert "650,00" in said
    assert builder.balance(anna) == "50.00"
    assert run("2026-12-01") == 0
    assert "2026-12-01 is charged already" in capsys.readouterr().out
    assert builder.balance(anna) == "50.00"


def test_it_charges_up_to_a_date(anna: Account) -> None:
    assert run("2026-12-05", "--date", "2026-12-01") == 0
    assert ChargedThrough.objects.get().on == day("2026-12-01")


def test_a_dry_run_tells_and_writes_nothing(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2026-12-01", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "nothing was written" in said
    assert "650,00" in said
    assert builder.balance(anna) == "700.00"
    assert ChargedThrough.objects.get().on == day("2026-11-29")


def test_a_date_to_come_is_refused(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2026-12-01", "--date", "2026-12-02") == 1
    assert "2026-12-02 has not come yet: today is 2026-12-01" in capsys.readouterr().err


def test_a_date_too_late_wants_a_yes(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2027-01-10") == 1
    assert "2026-11-30 is 41 days late" in " ".join(capsys.readouterr().err.split())
    assert builder.balance(anna) == "700.00"
    assert run("2027-01-10", "--date", "2026-12-01", "--late") == 0
    assert builder.balance(anna) == "50.00"


@pytest.mark.parametrize("text", ["01.12.2026", "tomorrow", "2026-02-30"])
def test_what_is_no_date_is_told(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("2026-12-01", "--date", text)
    assert f"«{text}» is not a date: write it as 2026-12-01" in capsys.readouterr().err


def test_the_plan_is_shown_before_the_run_and_beside_its_fact(
    anna: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("2026-12-01") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Plan of 2026-12-01: 1 accounts" in said
    assert said.index("Plan of 2026-12-01") < said.index("Charged")
    assert "plan │ 1 │ 1 │ 650,00 ₽ │ 0" in said
    assert "fact │ 1 │ 1 │ 650,00 ₽ │ 0" in said


def test_a_look_at_the_plan_writes_nothing(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    run("2026-12-01")
    capsys.readouterr()
    assert run("2026-12-01", "--plan", "--date", "2027-01-01") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Plan of 2026-12-02: 0 accounts" in said  # the next date that is not charged
    assert "compared with 2026-12-01" in said
    assert ChargeRun.objects.count() == 2


def test_a_plan_shows_what_the_money_will_not_cover_and_the_run_it_is_compared_with(
    anna: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("2026-12-31") == 0
    boris = builder.account(signed_on=day("2026-12-20"))
    builder.active(boris, "500,00", "2026-12-20")
    capsys.readouterr()
    assert run("2027-01-01", "--plan") == 0
    lines = [" ".join(line.replace("│", " ").split()) for line in capsys.readouterr().out.splitlines()]
    # Anna has 50,00 for 650,00, Boris nothing for 500,00: 1 150,00 due where 650,00 was, 500 × 100 ÷ 650 = 76 %.
    assert "internet, month 2 1 150,00 ₽ 0,00 ₽ 2 1 +76 %" in lines
    assert "compared with 2026-12-01, 2026-12-31, by the prices of whole periods" in lines


@pytest.fixture
def stopped(anna: Account) -> ChargeRun:
    """Everybody's price became a hundredfold in the night."""
    run("2026-12-31")
    builder.pay(anna, "70000,00", "2026-12-31")
    Subscription.objects.update(price_kop=65_000_00)
    assert run("2027-01-01") == 1
    return ChargeRun.objects.get(on=day("2027-01-01"))


def test_a_stopped_run_says_what_to_do(stopped: ChargeRun, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("2027-01-02") == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "the run of 2027-01-01 is stopped: its plan is unlike the run of" in said
    assert 'abonent charge --continue 2027-01-01 --by NAME --why "..."' in said


@pytest.mark.parametrize("by_number", [False, True])
def test_the_accountant_lets_a_stopped_run_go_on(
    anna: Account, stopped: ChargeRun, capsys: pytest.CaptureFixture[str], by_number: bool
) -> None:
    users.create_staff("irina", role="accountant", password="demo-staff")
    name = str(stopped.pk) if by_number else "2027-01-01"
    assert run("2027-01-01", "--continue", name, "--by", "irina", "--why", "gold cables") == 0
    assert "The run of 2027-01-01 goes on: irina answers for it." in capsys.readouterr().out
    assert builder.balance(anna) == "5050.00"  # 50,00 + 70 000,00 − 65 000,00
    assert AuditEntry.objects.get(action="billing.continue_run").why == "gold cables"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--continue", "2027-01-01"], "say who lets the run go on, and why"),
        (["--continue", "2027-01-01", "--by", "irina"], "say who lets the run go on, and why"),
        (["--continue", "2027-01-01", "--by", "nobody", "--why", "x"], "«nobody» is none of the staff"),
        (["--continue", "2027-01-01", "--by", "kassa", "--why", "x"], "the role of kassa may not"),
        (["--continue", "2026-12-31", "--by", "irina", "--why", "x"], "is finished, not stopped"),
        (["--continue", "999999", "--by", "irina", "--why", "x"], "there is no run 999999"),
        (["--continue", "1.1.2027", "--by", "irina", "--why", "x"], "is not a date"),
        (["--by", "irina"], "--by and --why go with --continue RUN"),
    ],
)
def test_who_may_not_let_it_go_on_is_told_why(
    stopped: ChargeRun, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    users.create_staff("irina", role="accountant", password="demo-staff")
    users.create_staff("kassa", role="cashier", password="demo-staff")
    capsys.readouterr()
    assert run("2027-01-01", *words) == 1
    assert said in " ".join(capsys.readouterr().err.split())
    assert ChargeRun.objects.get(pk=stopped.pk).state == "stopped"


@pytest.fixture
def parked(anna: Account) -> Account:
    """By the run of 1 December: its price makes no sense."""
    Subscription.objects.update(price_kop=rules.MAX_PRICE_KOP + 1)
    run("2026-12-05")
    assert ParkedAccount.objects.get().account_id == anna.pk
    return anna


def test_parked_accounts_are_listed(parked: Account, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("2026-12-05", "parked") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert str(parked.pk) in said
    assert "absurd price" in said


def test_nobody_parked_is_said(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2026-12-01", "parked") == 0
    assert "No account is parked." in capsys.readouterr().out


def test_a_mended_account_is_unparked_and_pays_from_today(parked: Account, capsys: pytest.CaptureFixture[str]) -> None:
    users.create_staff("irina", role="accountant", password="demo-staff")
    words = ["unpark", str(parked.pk), "--by", "irina", "--why", "a slip of the keyboard"]
    assert run("2026-12-05", *words) == 1  # not mended yet
    assert "mend it first" in capsys.readouterr().err
    Subscription.objects.update(price_kop=650_00)
    assert run("2026-12-05", *words) == 0
    # 650,00 × 27 ÷ 31 = 566,129… → 566,13: the days it was off, from the 1st to the 4th, are not charged.
    assert builder.balance(parked) == "133.87"
    assert builder.charged(parked)[-1] == ("2026-12-05", "2027-01-01", "566.13")
    assert ParkedAccount.objects.count() == 0
    assert Alarm.objects.get(key=f"parked:{parked.pk}").closed_at is not None
    assert AuditEntry.objects.get(action="billing.unpark").why == "a slip of the keyboard"
    assert run("2026-12-05", *words) == 1
    assert "is not parked" in capsys.readouterr().err


def test_workers_are_a_small_number(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("0", "17", "two"):
        with pytest.raises(SystemExit):
            run("2026-12-01", "--workers", text)
        assert f"«{text}»: from 1 to 16 processes" in capsys.readouterr().err
