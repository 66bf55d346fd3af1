"""What `abonent radius configure` writes, FreeRADIUS itself accepts; what is wrong is said."""

import re
import stat
from pathlib import Path

import pytest

from abonent.commands import doctor, main
from abonent.core import db as database
from abonent.network import freeradius
from abonent.network.models import NasKind
from abonent.network.tests import radius


def test_a_site_is_written_readable_by_us_alone_and_fit_to_start(db: None, tmp_path: Path) -> None:
    radius.require()
    radius.make_nas(NasKind.CISCO, "192.0.2.1", secret='a"b\\c', sends_authenticator=False)
    freeradius.configure(freeradius.Site(tmp_path))
    assert freeradius.problems(tmp_path) == []
    clients = (tmp_path / "clients.conf").read_text()
    assert "ipaddr = 192.0.2.1\n" in clients
    assert "secret = 'a\"b\\c'\n" in clients
    assert "require_message_authenticator = no\n" in clients
    for name in ("radiusd.conf", "clients.conf"):
        assert stat.S_IMODE(tmp_path.joinpath(name).stat().st_mode) == 0o600, name

    written = (tmp_path / "radiusd.conf").read_text()
    threads, connections = (int(re.findall(rf"\t{key} = (\d+)", written)[0]) for key in ("max_servers", "max"))
    assert connections >= threads, "pitfall 9: fewer connections than threads lose packets"

    (tmp_path / "radiusd.conf").write_text("server access {")
    assert freeradius.problems(tmp_path) != []
    radius.make_nas(NasKind.CISCO, "192.0.2.2", secret="ends with \\")
    with pytest.raises(freeradius.UnableToConfigure, match="give that access server another one"):
        freeradius.configure(freeradius.Site(tmp_path))


def test_doctor_tells_of_what_is_not_configured_and_of_new_access_servers(
    db: None, tmp_path: Path, settings: object
) -> None:
    radius.require()
    settings.RADIUS_DIR = tmp_path  # type: ignore[attr-defined]
    assert list(doctor.check_radius()) == [], "no access server, nothing to say"
    radius.make_nas(NasKind.MIKROTIK, "192.0.2.1")
    (said,) = doctor.check_radius()
    assert "nothing is configured" in said
    freeradius.configure(freeradius.Site(tmp_path))
    assert list(doctor.check_radius()) == []
    radius.make_nas(NasKind.MIKROTIK, "192.0.2.2")
    (said,) = doctor.check_radius()
    assert "the access servers have changed" in said
    (tmp_path / "spool" / "accounting").write_text("packet")
    assert any("6 octets of accounting wait" in line for line in doctor.check_radius())


def test_a_database_without_the_role_is_told_to_migrate(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeradius, "ROLE", "no_such_role")
    with pytest.raises(freeradius.UnableToConfigure, match="abonent migrate"):
        freeradius.let_in(None)
    assert database.rows("select 1 from pg_roles where rolname = 'abonent_radius'")


def test_the_command_is_known() -> None:
    assert "radius" in main.COMMANDS
