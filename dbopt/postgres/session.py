"""One connection to a server, with dbopt's manners: a name in pg_stat_activity, time limits, tagged statements,
read-only blocks that end in a rollback, and dbopt's own errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row, tuple_row
from psycopg.types.string import TextLoader

from dbopt import resources
from dbopt.errors import FeatureMissing, QueryFailed
from dbopt.postgres.failures import connection_failure, translated
from dbopt.postgres.protocol import MOST_PARAMETERS, too_many_parameters

TAG = "/* dbopt */ "
OLDEST_MAJOR = 14

Row = dict[str, Any]


class Session:
    """An open connection. Features take one, use it, and leave closing it to whoever opened it."""

    def __init__(self, connection: psycopg.Connection[Row], conninfo: str) -> None:
        self._connection = connection
        self._conninfo = conninfo

    # -- what it is connected to ------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """The server's version as PostgreSQL numbers it: 150018 is 15.18."""
        return self._connection.info.server_version

    @property
    def major(self) -> int:
        return self.version // 10000

    @property
    def server_version(self) -> str:
        """The version as people write it: "15.18"."""
        return f"{self.major}.{self.version % 10000}"

    @property
    def database(self) -> str:
        return self._connection.info.dbname

    @property
    def role(self) -> str:
        return self._connection.info.user

    @property
    def conninfo(self) -> str:
        """What another client library of this process connects with. It may hold a password: for nothing else."""
        return self._conninfo

    @property
    def backend_pid(self) -> int:
        return self._connection.info.backend_pid

    @property
    def is_local(self) -> bool:
        """Whether the server is reached by a Unix socket, so that it (most likely) sees the same disks."""
        return self._connection.info.host.startswith("/")

    @property
    def is_open(self) -> bool:
        """False once the connection was closed, or found lost."""
        return not self._connection.closed

    # -- reading ----------------------------------------------------------------------------------------------------

    def rows(self, query_name: str, **values: Any) -> list[Row]:
        """Run the query `sql/<query_name>.sql` in the variant for this server."""
        return self.fetch(sql.SQL(resources.query(query_name, self.major)), values)

    def row(self, query_name: str, **values: Any) -> Row:
        """The single row of a query that always has one."""
        return self.rows(query_name, **values)[0]

    def fetch(self, statement: sql.Composable, values: Mapping[str, Any] | None = None, *, tag: str = TAG) -> list[Row]:
        """Run a statement of dbopt's own and return its rows, if it gives any. A statement that plays an
        application's part goes untagged.
        """
        with translated(self._connection), self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(tag) + statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def texts_of_workload(
        self, text: str, values: Sequence[str | None] = (), *, most: int | None = None
    ) -> tuple[tuple[tuple[str, int], ...], list[tuple[str | None, ...]]]:
        """Run one statement of the workload as `fetch_workload` does: its columns, each with the oid of its type, and
        its rows as the server writes them. Raises QueryFailed where there are more than `most` rows.
        """
        with translated(self._connection), psycopg.RawCursor(self._connection, row_factory=tuple_row) as cursor:
            for info in cursor.adapters.types:
                for oid in (info.oid, info.array_oid):
                    cursor.adapters.register_loader(oid, TextLoader)
            query = f"{TAG}{text}".encode()
            rows = [] if most is None else _streamed(cursor, query, values, most)
            if not rows:  # an empty stream does not describe its columns
                rows = cursor.execute(query, values, binary=False).fetchall()
            columns = tuple((column.name, column.type_code) for column in cursor.description or ())
        return columns, rows

    def described(self, text: str) -> tuple[tuple[str, int, int], ...]:
        """The columns that one statement would give, each with the oid of its type and its modifier; it is not run.
        Raises QueryFailed where it has parameters, or gives no rows.
        """
        with translated(self._connection):
            connection = self._connection.pgconn
            for result in (connection.prepare(b"", f"{TAG}{text}".encode()), connection.describe_prepared(b"")):
                if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
                    raise psycopg.errors.error_from_result(result, self._connection.info.encoding)
        if result.nparams or not result.nfields:
            raise QueryFailed("the statement has parameters" if result.nparams else "the statement gives no rows")
        return tuple(
            ((result.fname(n) or b"").decode(), result.ftype(n), result.fmod(n)) for n in range(result.nfields)
        )

    def fetch_workload(self, text: str, values: Sequence[str | None] = (), prefix: str = "") -> list[Row]:
        """Run one statement of the workload, its `$n` bound as text of unknown type, through the extended protocol,
        which refuses a second statement in the same string. Results travel in binary. Raises QueryFailed for more
        values than it can bind.
        """
        if len(values) > MOST_PARAMETERS:
            raise too_many_parameters(len(values))
        with translated(self._connection), psycopg.RawCursor(self._connection, row_factory=dict_row) as cursor:
            cursor.execute(f"{TAG}{prefix}{text}".encode(), values, binary=True)
            return cursor.fetchall() if cursor.description else []

    # -- changing ---------------------------------------------------------------------------------------------------

    def execute(self, statement: sql.Composable, values: Mapping[str, Any] | None = None) -> None:
        """Run a statement of dbopt's own for its effect."""
        self.fetch(statement, values)

    def changed(self, statement: sql.Composable, values: Mapping[str, Any] | None = None) -> int:
        """Run a statement of dbopt's own for its effect: how many rows it concerned."""
        with translated(self._connection), self._connection.cursor() as cursor:
            return cursor.execute(sql.SQL(TAG) + statement, values or None).rowcount

    def script(self, text: str) -> None:
        """Run SQL text of several statements that dbopt wrote itself."""
        with translated(self._connection):
            self._connection.execute(f"{TAG}{text}".encode())

    # -- transactions and limits ------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, roll back on an exception."""
        with translated(self._connection), self._connection.transaction():
            yield

    @contextmanager
    def rolled_back(
        self,
        *,
        read_only: bool = True,
        one_snapshot: bool = False,
        statement_timeout_ms: int = 0,
        lock_timeout_ms: int = 1000,
    ) -> Iterator[None]:
        """A transaction that leaves nothing behind: READ ONLY unless asked otherwise, and always rolled back. With
        `one_snapshot`, all its statements see the same data (REPEATABLE READ).
        """
        with translated(self._connection), self._connection.transaction(force_rollback=True):
            mode = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; " if one_snapshot else ""
            mode += "SET TRANSACTION READ ONLY; " if read_only else ""
            self._connection.execute(f"{mode}{_limits('SET LOCAL', statement_timeout_ms, lock_timeout_ms)}".encode())
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: undone alone when its block raises."""
        with translated(self._connection), self._connection.transaction():
            yield

    def limit(self, *, statement_timeout_ms: int = 0, lock_timeout_ms: int = 0) -> None:
        """Time limits from now on; 0 means none."""
        with translated(self._connection):
            self._connection.execute(_limits("SET", statement_timeout_ms, lock_timeout_ms).encode())

    # -- life -------------------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask the server to end the running statement. Safe to call from another thread."""
        with translated(self._connection):
            self._connection.cancel_safe()

    def client_environment(self) -> dict[str, str]:
        """The PG* variables with which a client program connects to the same place: for a child process's environment
        only, since the password may be among them.
        """
        options = {option.keyword: option for option in self._connection.pgconn.info}
        resolved = {name: option for name, option in options.items() if name not in (b"service", b"servicefile")}
        return {
            option.envvar.decode(): option.val.decode()
            for option in resolved.values()
            if option.envvar is not None and option.val
        }

    def another(self, **overrides: Any) -> Session:
        """A second connection to the same place, with other connection parameters where some are given."""
        return _open(make_conninfo(self._conninfo, **overrides))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _streamed(
    cursor: psycopg.RawCursor[tuple[Any, ...]], query: bytes, values: Sequence[str | None], most: int
) -> list[tuple[str | None, ...]]:
    rows: list[tuple[str | None, ...]] = []
    for row in cursor.stream(query, values, binary=False):
        rows.append(row)
        if len(rows) > most:
            raise QueryFailed(f"it gives more than {most:,} rows")
    return rows


def connect(dsn: str | None = None, **overrides: Any) -> Session:
    """Open a session. `dsn` is a URI or conninfo string; what it leaves out is libpq's business (PG*, PGSERVICE,
    .pgpass). Raises ConnectionFailed, and FeatureMissing for a server older than PostgreSQL 14.
    """
    try:
        defaults = {"application_name": "dbopt", "client_encoding": "UTF8"}
        conninfo = make_conninfo(dsn or "", **{**_unset(dsn, defaults), **overrides})
    except psycopg.Error as error:
        raise connection_failure(error) from None
    session = _open(conninfo)
    if session.major < OLDEST_MAJOR:
        session.close()
        raise FeatureMissing(f"this is PostgreSQL {session.server_version}; dbopt works with 14 and later")
    return session


def _unset(dsn: str | None, defaults: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in defaults.items() if name not in (dsn or "")}


def _open(conninfo: str) -> Session:
    try:
        connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row, prepare_threshold=None)
    except psycopg.Error as error:
        raise connection_failure(error) from None
    return Session(connection, conninfo)


def _limits(command: str, statement_timeout_ms: int, lock_timeout_ms: int) -> str:
    limits = (("statement_timeout", statement_timeout_ms), ("lock_timeout", lock_timeout_ms))
    return "; ".join(f"{command} {name} = {int(limit)}" for name, limit in limits)
