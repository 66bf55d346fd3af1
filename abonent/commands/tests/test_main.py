"""The command line: what it refuses, and in which words."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from abonent.core import installation


def abonent(*words: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `abonent …` as a person would, with nothing of the tests' own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ABONENT_", "DJANGO_"))}
    clean.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "abonent.commands.main", *words],
        env={**clean, "ABONENT_HOME": str(home), "COLUMNS": "300", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_unknown_command_is_named_and_the_way_out_shown(tmp_path: Path) -> None:
    done = abonent("chrage", home=tmp_path)
    assert done.returncode == 2
    assert "no command «chrage»" in done.stderr
    assert "abonent --help" in done.stderr


def test_help_lists_every_command_with_what_it_does(tmp_path: Path) -> None:
    done = abonent("--help", home=tmp_path)
    assert done.returncode == 0
    for name in ("serve", "charge", "verify", "doctor", "staff"):
        assert f"abonent {name}" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ABONENT_PUBLIC_URL", "https://lk.example.ru"),
        ("ABONENT_YOOKASSA_API_URL", "https://api.yookassa.ru/v3"),
        ("ABONENT_SMTP_HOST", "mail.example.ru"),
    ],
)
def test_the_sandbox_refuses_to_stand_off_the_loopback(tmp_path: Path, name: str, value: str) -> None:
    done = abonent("sandbox", home=tmp_path, ABONENT_SANDBOX="1", **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"abonent: {name} is ")
    assert "loopback" in done.stderr


def test_the_sandbox_without_its_switch_says_which(tmp_path: Path) -> None:
    done = abonent("sandbox", home=tmp_path)
    assert done.returncode == 1
    assert "ABONENT_SANDBOX=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    done = abonent("verify", home=tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert done.returncode == 1
    assert "no database answers" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_profile_is_named_by_file_and_key(tmp_path: Path) -> None:
    done = abonent("verify", home=tmp_path, ABONENT_PROFILE="nosuch")
    assert done.returncode == 1
    assert "nosuch" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    abonent("sandbox", home=tmp_path)
    key = (tmp_path / "secret_key").read_text()
    abonent("sandbox", home=tmp_path)
    assert (tmp_path / "secret_key").read_text() == key
    assert len(key) > 60
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True),
        ("10.0.0.1", False), ("localhost.example.ru", False), ("", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_what_is_a_loopback(host: str, is_loopback: bool) -> None:
    assert installation.is_loopback(host) is is_loopback


def test_a_home_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    done = abonent("verify", home=tmp_path / "taken")
    assert done.returncode == 1
    assert "ABONENT_HOME" in done.stderr
    assert "Traceback" not in done.stderr
