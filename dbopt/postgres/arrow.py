"""A second connection to the same place that hands over rows as Arrow record batches, straight from COPY's binary form
(https://arrow.apache.org/adbc, driver for PostgreSQL).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dbopt.errors import ConnectionFailed, FeatureMissing, QueryFailed, ServerError
from dbopt.postgres.failures import class_of
from dbopt.postgres.identifiers import literal, quoted

if TYPE_CHECKING:
    import pyarrow as pa

    from dbopt.postgres.session import Session

_TAG = "/* dbopt */ "
_BATCH_BYTES = 8 * 2**20
_TEXT_OF_QUERY = "\n\nQuery was:"


class ArrowSession:
    """An open connection of the driver; whoever opened it closes it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @property
    def backend_pid(self) -> int:
        return int(next(self.batches("SELECT pg_backend_pid() AS pid")).column(0)[0].as_py())

    def execute(self, statement: str) -> None:
        with _translated(), self._connection.cursor() as cursor:
            cursor.execute(_TAG + statement)

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, a few megabytes at a time."""
        with _translated(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
            cursor.execute(_TAG + query)
            with cursor.fetch_record_batch() as reader:
                yield from reader

    def row(self, query: str) -> dict[str, Any]:
        """The single row of a statement, which may change something: what fails has its SQLSTATE."""
        with _translated(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(_TAG + query)
            found: dict[str, Any] = cursor.fetch_arrow_table().to_pylist()[0]
            return found

    @contextmanager
    def reading(self, snapshot: str) -> Iterator[None]:
        """A read-only transaction that sees what the snapshot of pg_export_snapshot() does."""
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            self.execute(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}")
            yield
        finally:
            self.abandon()

    def ingest(self, table: str, data: pa.RecordBatchReader) -> int:
        """Make a temporary table of this data; how many rows it has."""
        with _translated(), self._connection.cursor() as cursor:
            return int(cursor.adbc_ingest(table, data, mode="create", temporary=True))

    def abandon(self) -> None:
        """Roll back whatever transaction there is."""
        with suppress(ServerError):
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def arrow_session(session: Session, settings: Mapping[str, str]) -> Iterator[ArrowSession]:
    """Another connection to where a session is connected, with these settings, for as long as the block lasts.

    Raises FeatureMissing where the driver is not installed, ConnectionFailed.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        message = "this needs the library adbc-driver-postgresql"
        raise FeatureMissing(message, hint="pip install 'dbopt[archive]'") from None
    with _translated():
        connection = dbapi.connect(session.conninfo, autocommit=True)
    opened = ArrowSession(connection)
    try:
        for name, value in settings.items():
            opened.execute(f"SET {quoted(name)} = {value if name == 'search_path' else literal(value)}")
        yield opened
    finally:
        opened.close()


def ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, each asked for in a thread while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, batches, None)
            yield batch


@contextmanager
def _translated() -> Iterator[None]:
    """Raise dbopt's errors in place of the driver's, whose texts repeat the statement."""
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        raise _as_error(error) from None
    except OSError as error:  # what fails after the first rows comes without its SQLSTATE
        raise QueryFailed(_message(str(error))) from None


def _as_error(error: Any) -> ServerError:
    message = _message(str(error))
    if not error.sqlstate or error.sqlstate == "\0" * 5:
        return ConnectionFailed(f"the connection was lost: {message}", hint="is the server still running?")
    return class_of(error.sqlstate)(message, sqlstate=error.sqlstate)


def _message(text: str) -> str:
    lines = text.partition(_TEXT_OF_QUERY)[0].splitlines()
    found = next((line.partition("ERROR:")[2] for line in lines if "ERROR:" in line), lines[0] if lines else "")
    return found.strip()
