"""Capturing a workload from a file that a cloud or a monitoring tool has exported: CSV or JSON with the columns of
pg_stat_statements or alike (PgHero, pganalyze, Azure Query Store, Google Query Insights), or the answer of Amazon RDS
Performance Insights to `describe-dimension-keys`. Nothing is asked of any cloud.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dbopt import documents
from dbopt.errors import CorruptDocument
from dbopt.workload.captured import Captured, notes_on
from dbopt.workload.export_columns import Columns, counted, recognised
from dbopt.workload.export_files import Table, document, placed, table_of, table_of_csv, table_of_lines
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.mend import mended
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.noise import noise
from dbopt.workload.placeholders import numbered
from dbopt.workload.sql import tables_of

KIND = "export"

_OWN_VIEWS = frozenset(("pg_stat_statements", "pg_stat_statements_info"))
_UNREADABLE = ("<insufficient privilege>", "<unknown>", "unknown")
_RDS_LONGEST = 500  # bytes: longer texts are cut


@dataclass(frozen=True)
class _Row:
    """One row of the export. Times in milliseconds."""

    text: str
    calls: float | None
    total_ms: float | None
    mean_ms: float | None
    rows: float | None
    database: str | None = None
    truncated: bool = False


def capture(path: str, catalog_names: Collection[str] = ()) -> Captured:
    """The statements of an export, the dearest first; rows of the same statement (time slices, users) are added up.
    `catalog_names` are the system catalogs, whose statements are left out. Raises FileError and CorruptDocument.
    """
    text = documents.read_text(path).removeprefix("\ufeff")
    origin = "standard input" if path == "-" else path
    rows = list(_rows(text, origin))
    found: dict[str, Statement] = {}
    left_out = Counter[str]()
    for row in rows:
        reason = _reason(row, {*catalog_names, *_OWN_VIEWS})
        if reason is not None:
            left_out[reason] += 1
            continue
        one = _statement(row)
        known = found.get(one.id)
        found[one.id] = one if known is None else _sum(known, one)
    databases = sorted({row.database for row in rows if row.database})
    source = Source(KIND, None, ",".join(databases) or None, datetime.now(UTC).isoformat("T", "seconds"))
    statements = sorted(found.values(), key=lambda one: (-(one.total_ms or 0.0), one.id))
    return Captured(Workload(source, tuple(statements)), tuple(_notes(statements, left_out)), left_out=left_out)


def _reason(row: _Row, catalog_names: Collection[str]) -> str | None:
    """Why it is left out."""
    unreadable = row.text in _UNREADABLE
    return "text not readable" if unreadable else noise(row.text, catalog_names, truncated=row.truncated)


def _notes(statements: Iterable[Statement], left_out: Counter[str]) -> Iterator[str]:
    yield from notes_on(left_out)
    truncated = sum(one.truncated for one in statements)
    if truncated:
        yield f"without a plan: {truncated} x only the beginning of the text is known"


# -- statements -------------------------------------------------------------------------------------------------------


def _statement(row: _Row) -> Statement:
    text = row.text.encode("utf-8", "replace").decode().replace("\0", "")
    sql = mended(numbered(text.strip()).sql)
    total, mean = row.total_ms, row.mean_ms
    if total is None and mean is not None and row.calls is not None:
        total = mean * row.calls
    if total is not None and row.calls:
        mean = total / row.calls
    return Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=_calls(row.calls),
        total_ms=total,
        mean_ms=mean,
        rows=None if row.rows is None else round(row.rows),
        tables=tables_of(sql),
        truncated=row.truncated,
    )


def _calls(number: float | None) -> int | None:
    """A whole number; where a rate says that there was less than one, it is one."""
    if number is None:
        return None
    return max(round(number), 1) if number > 0 else 0


def _sum(one: Statement, other: Statement) -> Statement:
    calls = _plus(one.calls, other.calls)
    total_ms = _plus(one.total_ms, other.total_ms)
    mean_ms = total_ms / calls if calls and total_ms is not None else one.mean_ms
    rows = _plus(one.rows, other.rows)
    return replace(
        one,
        calls=_calls(calls),
        total_ms=total_ms,
        mean_ms=mean_ms,
        rows=None if rows is None else round(rows),
    )


def _plus(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


# -- files ------------------------------------------------------------------------------------------------------------


def _rows(text: str, origin: str) -> Iterator[_Row]:
    if not text.strip():
        raise CorruptDocument(f"{origin} is empty")
    data = document(text) if text.lstrip()[0] in "{[" else None
    if isinstance(data, dict) and "Keys" in data:
        yield from _of_rds(data, origin)
    else:
        yield from _of_table(_table(text, data, origin), origin)


def _table(text: str, data: Any, origin: str) -> Table:
    if data is not None:
        return table_of(data, origin)
    return table_of_lines(text, origin) if text.lstrip()[0] in "{[" else table_of_csv(text, origin)


def _of_table(table: Table, origin: str) -> Iterator[_Row]:
    with placed(table.place):
        columns = recognised(table.names)
    if not table.records:
        raise CorruptDocument(f"{origin} has a header and no rows")
    for record in table.records:
        with placed(record.place):
            row = _row(columns, record.values)
        if row is not None:
            yield row


def _row(columns: Columns, values: Mapping[str, Any]) -> _Row | None:
    text = columns.text(values, "text")
    if text is None:
        return None
    calls, mean_rows = columns.number(values, "calls"), columns.number(values, "mean_rows")
    total_rows = columns.number(values, "rows")
    if total_rows is None and mean_rows is not None and calls is not None:
        total_rows = mean_rows * calls
    cut = text.rstrip().endswith(("...", "…"))
    times = columns.number(values, "total"), columns.number(values, "mean")
    return _Row(text, calls, *times, total_rows, columns.text(values, "database"), cut)


def _of_rds(data: Mapping[str, Any], origin: str) -> Iterator[_Row]:
    """Performance Insights: `Total` is the load, sessions that were active on average; figures are per second."""
    seconds = _seconds(data, origin)
    keys = data["Keys"] if isinstance(data["Keys"], list) else [None]
    for number, key in enumerate(keys, 1):
        try:
            row = _rds_row(key, seconds)
        except (AttributeError, TypeError, ValueError):
            place = f"{origin}: record {number} of Keys"
            raise CorruptDocument(f"{place} is none of an answer to describe-dimension-keys") from None
        if row is not None:
            yield row


def _rds_row(key: Any, seconds: float) -> _Row | None:
    dimensions = key.get("Dimensions") or {}
    text = next((value for name, value in dimensions.items() if name.endswith(".statement")), None)
    if not text:
        return None
    figures = {name.split(".stats.")[-1]: value for name, value in (key.get("AdditionalMetrics") or {}).items()}
    calls, rows = (_per_second(figures, name, seconds) for name in ("calls_per_sec.avg", "rows_per_sec.avg"))
    cut = len(text.encode("utf-8")) >= _RDS_LONGEST
    load = key.get("Total")
    total = None if load is None else counted(float(load) * seconds * 1000)
    return _Row(text, calls, total, None, rows, None, cut)


def _per_second(figures: Mapping[str, Any], name: str, seconds: float) -> float | None:
    value = figures.get(name)
    return None if value is None else counted(float(value) * seconds)


def _seconds(data: Mapping[str, Any], origin: str) -> float:
    """The length of time that the load is an average over."""
    ends = [data.get("AlignedStartTime"), data.get("AlignedEndTime")]
    try:
        start, end = (_epoch(one) for one in ends)
    except (TypeError, ValueError):
        raise CorruptDocument(f"{origin} has no AlignedStartTime and AlignedEndTime") from None
    if not end > start:
        raise CorruptDocument(f"{origin} ends before it starts: AlignedStartTime, AlignedEndTime")
    return end - start


def _epoch(value: Any) -> float:
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else float(value)
