"""`abonent charge`: what it says and how it ends; the run itself is tested in flows."""

import argparse

import pytest

from abonent.billing.models import ChargedThrough
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.commands import charge
from abonent.core import clock
from abonent.flows import charge_run
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
