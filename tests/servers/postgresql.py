"""A PostgreSQL server of our own: a new cluster in a temporary folder, ended and deleted afterwards. No pytest here.

It never touches a server that runs on this machine already.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.servers.ports import find_free_port

USER: Final = "reval"

# Real servers sort as people do, not by bytes as SQLite does: a query that depends on the order must say which.
_INITDB: Final = (
    "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8",
    "--locale-provider=icu", "--icu-locale=en-GB", "--no-sync",
)  # fmt: skip

# Nothing here survives the tests, so nothing need survive a power cut.
_SERVER: Final = (
    "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "synchronous_commit=off",
    "full_page_writes=off", "max_wal_size=4GB",
)  # fmt: skip

_STARTS: Final = 5  # another process may take the free port before the server does


class PostgreSQLMissing(Exception):
    """There is no PostgreSQL server to start."""


class PostgreSQLFailed(Exception):
    """A program of PostgreSQL ended with an error; the message has what it said."""


@dataclass(frozen=True)
class PostgreSQLServer:
    """A running server. Whoever can reach it on loopback may do everything: it holds invented data only."""

    port: int
    connection: psycopg.Connection[Any]

    def url(self, database: str) -> str:
        """The address of one of its databases, as a person would configure it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Create a database under a new name, as a copy of `template` (empty by default), and return the name."""
        name = f"test_{uuid4().hex}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Delete a database, ending the connections that are still open to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        self.connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def run_postgresql() -> Iterator[PostgreSQLServer]:
    """Start a server in a new temporary folder, and end it and delete the folder on leaving."""
    programs = find_programs()
    with tempfile.TemporaryDirectory(prefix="reval-postgresql-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        _give_to_server_user(home)
        _run(home, programs / "initdb", f"--pgdata={home / 'data'}", *_INITDB)
        port = _start(programs, home)
        try:
            with psycopg.connect(
                host="127.0.0.1", port=port, user=USER, dbname="postgres", autocommit=True
            ) as connection:
                yield PostgreSQLServer(port, connection)
        finally:
            _run(home, programs / "pg_ctl", "stop", f"--pgdata={home / 'data'}", "--mode=immediate", "--wait")


def find_programs() -> Path:
    """The folder of the newest server's programs. Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if folders:
        return folders[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise PostgreSQLMissing(
        "PostgreSQL's server is missing. `make test` installs it; by hand: apt-get install postgresql."
    )


def _start(programs: Path, home: Path) -> int:
    for attempt in range(1, _STARTS + 1):
        port = find_free_port()
        options = " ".join(f"-c {option}" for option in (*_SERVER, f"port={port}"))
        try:
            _run(home, programs / "pg_ctl", "start", f"--pgdata={home / 'data'}", f"--log={home / 'log'}",
                 f"--options={options}", "--wait", "--timeout=60")  # fmt: skip
        except PostgreSQLFailed as error:
            if attempt == _STARTS:
                raise PostgreSQLFailed(f"{error}\n{_read_log(home)}") from error
        else:
            return port
    raise AssertionError("unreachable")


def _read_log(home: Path) -> str:
    log = home / "log"
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _run(home: Path, program: Path, *arguments: str) -> None:
    """Run one program in `home` as the server's user. Its output goes to a file: the server would hold a pipe open."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    user = _server_user()
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [program, *arguments],
            cwd=home,
            env=environment | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=user and [],
        )
        output.seek(0)
        said = output.read().decode(errors="replace")
    if done.returncode != 0:
        raise PostgreSQLFailed(f"{program.name} ended with status {done.returncode}:\n{said}")


def _give_to_server_user(folder: Path) -> None:
    if user := _server_user():
        os.chown(folder, user.pw_uid, user.pw_gid)


def _server_user() -> pwd.struct_passwd | None:
    """Who runs the server: PostgreSQL refuses root, so root hands it to a user with fewer rights. `None`: stay."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
