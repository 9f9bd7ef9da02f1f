"""DuckDB within this process, which sees what it is given and nothing else: no file, no network, no extension."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbopt.archive.extra import imported
from dbopt.archive.query.dialect import MACROS
from dbopt.archive.query.types import string
from dbopt.errors import DboptError, QueryFailed

_MEMORY_SHARE = 0.5
_SETTINGS = {
    "TimeZone": "'UTC'",
    "default_null_order": "'nulls_last_on_asc_first_on_desc'",
    "python_enable_replacements": "false",
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}


class Engine:
    """An open database of its own, in memory."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        with translated():
            self._connection.execute(sql)

    def row(self, sql: str) -> tuple[Any, ...]:
        with translated():
            found: tuple[Any, ...] = self._connection.execute(sql).fetchone()
            return found

    def register(self, name: str, data: Any) -> None:
        """Make Arrow data a table."""
        with translated():
            self._connection.register(name, data)

    def unregister(self, name: str) -> None:
        self._connection.unregister(name)

    def batches(self, sql: str) -> Iterator[Any]:
        """The rows of a query as Arrow record batches."""
        with translated():
            result = self._connection.sql(sql)
            reader = result.to_arrow_reader() if hasattr(result, "to_arrow_reader") else result.fetch_arrow_reader()
            yield reader.schema
            yield from reader


@contextmanager
def engine() -> Iterator[Engine]:
    """Its overflow goes to a private folder that is removed in the end. Raises FeatureMissing."""
    duckdb = imported("duckdb")
    imported("pyarrow")
    with tempfile.TemporaryDirectory(prefix="dbopt-query-") as folder:
        connection = duckdb.connect(":memory:")
        try:
            opened = Engine(connection)
            opened.execute(f"SET temp_directory = {string(folder)}")
            opened.execute(f"SET memory_limit = '{_memory_mb()}MB'")
            for macro in MACROS:
                opened.execute(macro)
            for name, value in _SETTINGS.items():
                opened.execute(f"SET {name} = {value}")
            yield opened
        finally:
            connection.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise dbopt's errors in place of the engine's, and of those of Arrow data that it reads."""
    import duckdb
    import pyarrow as pa

    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise EngineFailed(_line(str(error)), hint=_hint(error)) from error


class EngineFailed(QueryFailed):
    """The statement failed in the engine."""


def may_be_damage(error: DboptError) -> bool:
    """Whether the reason can lie in a file."""
    import duckdb

    wrong = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.OutOfMemoryException)
    return not isinstance(error.__cause__, wrong)


def _line(text: str) -> str:
    """The first line, without the class that DuckDB begins it with."""
    line = next((line for line in text.splitlines() if line.strip()), text)
    kind, colon, rest = line.partition("Error: ")
    return (rest if colon and len(kind) < 30 else line).strip()


def _hint(error: Exception) -> str | None:
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return "ask for fewer rows or columns"
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return "archived rows are read by DuckDB, which lacks some of PostgreSQL's SQL"
    return None


def _memory_mb() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(int(total * _MEMORY_SHARE) >> 20, 256)
