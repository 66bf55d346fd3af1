"""FreeRADIUS for `bench radius`: ours, and the same program and threads with its stock SQL in both of its shapes."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from abonent.commands.bench import load

STOCK_FOLDERS = ("/etc/freeradius/3.0", "/etc/raddb")
_STOCK_MODULE = """
	sql {
		dialect = "postgresql"
		driver = "rlm_sql_postgresql"
		radius_db = "@database@"
		acct_table1 = "radacct"
		acct_table2 = "radacct"
		postauth_table = "radpostauth"
		authcheck_table = "radcheck"
		groupcheck_table = "radgroupcheck"
		authreply_table = "radreply"
		groupreply_table = "radgroupreply"
		usergroup_table = "radusergroup"
		group_attribute = "SQL-Group"
		client_table = "nas"
		read_groups = @groups@
		read_profiles = no
		read_clients = no
		delete_stale_sessions = no
		pool {
			start = 8
			min = 0
			max = 16
			spare = 8
			uses = 0
			retry_delay = 1
			lifetime = 0
			idle_timeout = 300
		}
		$INCLUDE @queries@
	}
"""
_STOCK_SITE = """
server access {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = @auth_port@
	}
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = @acct_port@
	}
	authorize {
		preprocess
		sql
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
	}
	post-auth {
		sql
	}
	preacct {
		preprocess
		update request {
			&Tmp-String-1 := "%{Packet-Src-IP-Address}"
		}
		unique_session
	}
	accounting {
		sql
	}
}
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stock_folder() -> Path:
    """Where the package's own schema and queries lie.   Raises load.UnableToLoad."""
    for name in STOCK_FOLDERS:
        found = Path(name) / "mods-config/sql/main/postgresql"
        try:
            (found / "schema.sql").read_text()
            return found
        except OSError:
            continue
    raise load.UnableToLoad("FreeRADIUS's stock SQL cannot be read: install freeradius-postgresql, run as root")


def write_stock(folder: Path, ours: Path, *, groups: bool, auth_port: int, acct_port: int) -> None:
    """The site of `ours` with the stock module in place of our SQL, on ports of its own."""
    text = (ours / "radiusd.conf").read_text(encoding="utf-8").replace(str(ours), str(folder))
    database = re.search(r'radius_db = "(.*)"', text)
    assert database is not None
    words = database[1].replace("-c synchronous_commit=off", "-c search_path=stock")
    module = _STOCK_MODULE.replace("@database@", words).replace("@groups@", "yes" if groups else "no")
    module = module.replace("@queries@", str(stock_folder() / "queries.conf"))
    site = _STOCK_SITE.replace("@auth_port@", str(auth_port)).replace("@acct_port@", str(acct_port))
    before, rest = text.split("\tsql {\n", 1)
    _, after = rest.split("\t# Accounting that PostgreSQL could not take", 1)
    middle, _ = after.split("server access {", 1)
    for name in ("log", "run", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    written = before + module + "\t# Accounting that PostgreSQL could not take" + middle + site
    (folder / "radiusd.conf").write_text(written, encoding="utf-8")
    for name in ("clients.conf", "dictionary", "access_reject"):
        (folder / name).write_bytes((ours / name).read_bytes())


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """FreeRADIUS on a written folder.   Raises load.UnableToLoad."""
    from abonent.network import freeradius

    program = freeradius.program()
    assert program is not None
    log = folder / "log" / "radius.log"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [program, "-f", "-l", str(log), "-d", str(folder)], stdin=quiet, stdout=quiet, stderr=quiet
    ) as process:
        try:
            until = time.monotonic() + 20
            while not (log.exists() and "Ready to process requests" in log.read_text(errors="replace")):
                if process.poll() is not None or time.monotonic() > until:
                    raise load.UnableToLoad(f"FreeRADIUS does not start: {freeradius.problems(folder)}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
