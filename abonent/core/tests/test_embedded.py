"""Who starts, shares, kills and stops the embedded database, with real processes."""

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from abonent.core import embedded
from abonent.core.tests import grounds


def test_two_starts_at_once_share_one_server(empty_ground: grounds.Ground) -> None:
    first, second = empty_ground.spawn(), empty_ground.spawn()
    one, other = first.answer(), second.answer()
    assert one == other
    before = grounds.started_at(one["dsn"])
    first.leave()
    assert grounds.started_at(one["dsn"]) == before
    second.leave()
    assert grounds.is_stopped(one)


def test_the_data_outlives_the_server_and_the_address_stays(ground: grounds.Ground) -> None:
    holder, answer = ground.hold()
    grounds.ask(answer["dsn"], "create table kept as select 17 as value")
    before = grounds.started_at(answer["dsn"])
    holder.leave()
    _, again = ground.hold()
    assert again == answer
    assert grounds.ask(again["dsn"], "select value from kept") == 17
    assert grounds.started_at(again["dsn"]) != before


def test_a_taken_port_changes_the_port_but_not_the_address(plain_ground: grounds.Ground) -> None:
    holder, answer = plain_ground.hold()
    holder.leave()
    with socket.create_server(("127.0.0.1", answer["port"])):
        _, again = plain_ground.hold()
    assert again["port"] != answer["port"]
    assert again["dsn"] == answer["dsn"]
    assert grounds.ask(again["dsn"], "select current_setting('port')::int") == again["port"]


def test_a_killed_server_is_started_again_with_all_that_was_committed(ground: grounds.Ground) -> None:
    first, answer = ground.hold()
    grounds.ask(answer["dsn"], "create table kept as select 17 as value")
    grounds.kill_server(answer)
    second, again = ground.hold()
    assert again["dsn"] == answer["dsn"]
    assert grounds.ask(again["dsn"], "select value from kept") == 17
    second.leave()
    # The first still holds a server that it did not start.
    assert grounds.ask(again["dsn"], "select value from kept") == 17
    first.leave()
    assert grounds.is_stopped(again)


def test_a_new_server_waits_for_the_living_backends_of_a_killed_one(plain_ground: grounds.Ground) -> None:
    _, answer = plain_ground.hold()
    with contextlib.closing(psycopg.connect(answer["dsn"], autocommit=True)) as conn:
        backend_pid = conn.info.backend_pid
        conn.pgconn.send_query(b"select count(*) from generate_series(1, 8000000)")  # looks up only at its end
        conn.pgconn.flush()
        grounds.eventually(lambda: grounds.is_at_work(answer["dsn"], backend_pid))
        grounds.kill_server(answer)
        assert grounds.is_alive(backend_pid)
        _, again = plain_ground.hold()
        assert not grounds.is_alive(backend_pid)
        assert grounds.ask(again["dsn"], "select 1") == 1


def test_a_killed_server_whose_number_another_process_has_is_started_again(
    plain_ground: grounds.Ground,
) -> None:
    _, answer = plain_ground.hold()
    grounds.kill_server(answer)
    pid_file = Path(answer["data"], "postmaster.pid")
    owner = pid_file.stat()
    as_owner: dict[str, Any] = (
        {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if grounds.IS_ROOT else {}
    )
    with subprocess.Popen(["sleep", "60"], **as_owner) as other:
        pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().splitlines()[1:], ""]))
        holder, again = plain_ground.hold()
        assert grounds.pid_of(again) != other.pid
        for each in (*plain_ground.holders[:-1], holder):
            each.leave()
        assert grounds.is_stopped(again)
        assert other.poll() is None  # what is not ours was not stopped
        other.kill()


def test_a_killed_holder_leaves_the_others_working_and_the_last_stops_the_server(
    ground: grounds.Ground,
) -> None:
    first, answer = ground.hold()
    second, _ = ground.hold()
    before = grounds.started_at(answer["dsn"])
    first.kill()
    assert grounds.started_at(answer["dsn"]) == before
    second.leave()
    assert grounds.is_stopped(answer)


def test_a_server_without_holders_keeps_no_lock_and_is_taken_over(ground: grounds.Ground) -> None:
    first, answer = ground.hold()
    before = grounds.started_at(answer["dsn"])
    base = ground.home / "postgres"
    assert not grounds.is_free(base / "users.lock")
    first.kill()
    assert grounds.is_free(base / "users.lock")
    assert grounds.is_free(base / "start.lock")
    second, again = ground.hold()
    assert grounds.started_at(again["dsn"]) == before
    second.leave()
    assert grounds.is_stopped(answer)


def test_ctrl_c_in_the_holders_terminal_does_not_reach_the_server(plain_ground: grounds.Ground) -> None:
    holder, answer = plain_ground.hold()
    before = grounds.started_at(answer["dsn"])
    os.killpg(holder.process.pid, signal.SIGINT)
    holder.process.communicate(timeout=60)
    assert holder.process.returncode != 0
    assert grounds.started_at(answer["dsn"]) == before


def test_a_kill_in_the_middle_of_init_leaves_nothing_half_made(empty_ground: grounds.Ground) -> None:
    holder = empty_ground.spawn()
    base = empty_ground.home / "postgres"
    grounds.eventually((base / "making" / "data" / "base").exists)
    holder.kill()
    assert not (base / "server").exists()
    second, answer = empty_ground.hold()
    assert grounds.ask(answer["dsn"], "select 1") == 1
    assert not (base / "making").exists()
    second.leave()
    assert grounds.is_stopped(answer)


@pytest.mark.parametrize("moment", ["lock taken", "process there"])
def test_a_kill_in_the_middle_of_start_is_survived(ground: grounds.Ground, moment: str) -> None:
    holder, answer = ground.hold()
    holder.leave()
    holder = ground.spawn()
    if moment == "lock taken":
        grounds.eventually(lambda: not grounds.is_free(ground.home / "postgres" / "start.lock"))
    else:
        grounds.eventually(Path(answer["data"], "postmaster.pid").exists)
    holder.kill()
    second, again = ground.hold()
    assert again["dsn"] == answer["dsn"]
    assert grounds.ask(again["dsn"], "select 1") == 1
    second.leave()
    assert grounds.is_stopped(again)


def test_a_setting_postgresql_refuses_is_named_and_nothing_is_left_running(
    plain_ground: grounds.Ground,
) -> None:
    _, refused = plain_ground.hold(settings={**grounds.FAST, "work_mem": "a lot"})
    assert 'invalid value for parameter "work_mem": "a lot"' in refused["error"]
    assert "\n" not in refused["error"]
    holder, answer = plain_ground.hold(settings={**grounds.FAST, "work_mem": "5MB"})
    assert grounds.ask(answer["dsn"], "show work_mem") == "5MB"
    assert grounds.ask(answer["dsn"], "show timezone") == "UTC"
    holder.leave()
    assert grounds.is_stopped(answer)


@pytest.mark.parametrize("folder", grounds.PROGRAMS, ids=grounds.version)
def test_cyrillic_is_seen_and_the_extensions_are_there(empty_ground: grounds.Ground, folder: Path) -> None:
    _, answer = empty_ground.hold(programs_dir=str(folder))
    with psycopg.connect(answer["dsn"]) as conn:
        for extension in ("pg_trgm", "btree_gist", "unaccent"):
            conn.execute(f"create extension {extension}")
        seen = conn.execute("""select current_setting('server_encoding'), lower('Ё'), upper('щ'),
            cardinality(show_trgm('дом')), similarity('Берёзовая', 'берёзова') > 0.6""").fetchone()
    assert seen == ("UTF8", "ё", "Щ", 4, True)


def test_the_role_makes_and_drops_databases_and_roles_but_is_no_superuser(
    plain_ground: grounds.Ground,
) -> None:
    _, answer = plain_ground.hold()
    with psycopg.connect(answer["dsn"], autocommit=True) as conn:
        conn.execute("create database template_of_tests")
        conn.execute("create database clone template template_of_tests strategy wal_log")
        conn.execute("drop database clone with (force)")
        conn.execute("create role asks_only")
        conn.execute("set role asks_only")
        conn.execute("reset role")
        conn.execute("checkpoint")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("copy (select 1) to program 'cat'")


def test_leaving_twice_or_in_a_forked_child_changes_nothing(
    our_ground: grounds.Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = embedded.hold(our_ground.home, settings=grounds.FAST, database="another")
    answer = {"dsn": server.dsn, "data": server.data_dir}
    assert grounds.ask(server.dsn, "select current_database()") == "another"
    assert server.dsn == embedded.dsn(our_ground.home, "another")
    with monkeypatch.context() as in_child:
        in_child.setattr(os, "getpid", lambda: -1)
        server.release()
    assert grounds.ask(server.dsn, "select 1") == 1
    server.release()
    assert grounds.is_stopped(answer)
    holder, _ = our_ground.hold()
    server.release()
    assert grounds.ask(server.dsn, "select 1") == 1
    holder.leave()
