"""Migrations and the ledger stand on the oldest PostgreSQL we support, not only on the embedded one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OLDEST = Path("/usr/lib/postgresql/15/bin")


def test_migrations_and_the_ledger_stand_on_postgresql_15(tmp_path: Path) -> None:
    if not (OLDEST / "initdb").exists():
        pytest.skip("PostgreSQL 15 is not installed here (Debian: postgresql-15)")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "abonent/ledger", "-p", "no:randomly"],
        env={**os.environ, "ABONENT_HOME": str(tmp_path / "home"), "ABONENT_TEST_POSTGRES": str(OLDEST)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
