"""`abonent staff`: asks, refuses, creates."""

import argparse
import io
import sys
from collections.abc import Iterator

import pytest

from abonent.commands import staff
from abonent.core.models import AuditEntry
from abonent.identity.models import User

GOOD = "wide-river-in-may"


@pytest.fixture(autouse=True)
def no_password_from_outside(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(staff.PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    staff.add_arguments(parser)
    return staff.run(parser.parse_args(words))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answers(monkeypatch: pytest.MonkeyPatch, *passwords: str) -> None:
    typed: Iterator[str] = iter(passwords)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))


def test_the_password_is_asked_twice_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, GOOD, GOOD)
    assert run("Ivanova", "--role", "cashier") == 0
    made = User.objects.get(username="ivanova")
    assert made.check_password(GOOD)
    assert made.is_staff
    entry = AuditEntry.objects.get(action="identity.create_staff")
    assert (entry.subject, entry.new) == (f"user:{made.pk}", {"name": "ivanova", "role": "cashier"})


def test_two_passwords_that_differ_create_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, GOOD, GOOD + "x")
    assert run("ivanova", "--role", "cashier") == 1
    assert not User.objects.exists()


def test_the_password_comes_from_stdin_or_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{GOOD}\nnot this\n"))
    assert run("ivanova", "--role", "cashier", "--password-stdin") == 0
    assert User.objects.get().check_password(GOOD)
    monkeypatch.setenv(staff.PASSWORD_VARIABLE, GOOD + "-2")
    assert run("petrova", "--role", "cashier") == 0
    assert User.objects.get(username="petrova").check_password(GOOD + "-2")


@pytest.mark.parametrize(
    ("name", "role", "password", "said"),
    [
        ("100500", "cashier", GOOD, "all digits"),
        ("a b", "cashier", GOOD, "a-z, 0-9"),
        ("ivanova", "boss", GOOD, "accountant, admin, cashier"),
        ("ivanova", "cashier", "", "no terminal"),
        ("ivanova", "cashier", "short", "10"),
        ("ivanova", "cashier", "12345678901", "abonent:"),
        ("ivanova", "cashier", "ivanova2026", "abonent:"),
    ],
)
def test_what_will_not_do_is_one_clear_line_and_creates_nobody(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, role: str, password: str, said: str
) -> None:
    monkeypatch.setenv(staff.PASSWORD_VARIABLE, password)
    assert run(name, "--role", role) == 1
    told = capfd.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not User.objects.exists()


def test_a_taken_name_is_refused_and_keeps_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(staff.PASSWORD_VARIABLE, GOOD)
    assert run("ivanova", "--role", "cashier") == 0
    monkeypatch.setenv(staff.PASSWORD_VARIABLE, GOOD + "-2")
    assert run("ivanova", "--role", "admin") == 1
    assert User.objects.get().check_password(GOOD)
