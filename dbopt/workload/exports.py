"""Capturing a workload from a file that a cloud or a monitoring tool has exported: CSV or JSON with the columns of
pg_stat_statements or alike (PgHero, pganalyze, Azure Query Store, Google Query Insights), or the answer of Amazon RDS
Performance Insights to `describe-dimension-keys`. Nothing is asked of any cloud.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dbopt import documents
from dbopt.errors import CorruptDocument
from dbopt.workload.captured import Captured, notes_on
from dbopt.workload.export_columns import counted, recognised
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
_DELIMITERS = ",;\t|"


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
    if text.lstrip()[0] in "{[":
        data = _json(text, origin)
        if isinstance(data, dict) and "Keys" in data:
            yield from _of_rds(data, origin)
            return
        yield from _of_table(_objects(data, origin))
    else:
        yield from _of_table(_csv(text, origin))


def _json(text: str, origin: str) -> Any:
    """A JSON value, or one on each line."""
    try:
        return json.loads(text)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            raise CorruptDocument(f"{origin} is not valid JSON: {error}") from None


def _objects(data: Any, origin: str, depth: int = 4) -> list[Mapping[str, Any]]:
    """The first list of objects: of the document, or of what it is wrapped in."""
    if isinstance(data, list) and data and all(isinstance(one, dict) for one in data):
        return data
    if isinstance(data, dict) and depth:
        for value in data.values():
            if isinstance(value, (list, dict)) and value:
                try:
                    return _objects(value, origin, depth - 1)
                except CorruptDocument:
                    continue
    raise CorruptDocument(f"{origin} holds no list of statements", hint="an object for each statement is expected")


def _csv(text: str, origin: str) -> list[Mapping[str, Any]]:
    csv.field_size_limit(2**31 - 1)
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise CorruptDocument(f"{origin} is not valid CSV: {error}") from None
    if not rows:
        recognised([name.strip() for name in header.split(delimiter)])
        raise CorruptDocument(f"{origin} has a header and no rows")
    return [{(name or "").strip(): value for name, value in row.items()} for row in rows]


def _of_table(rows: list[Mapping[str, Any]]) -> Iterator[_Row]:
    columns = recognised(dict.fromkeys(name for row in rows for name in row))
    for row in rows:
        text = columns.text(row, "text")
        if text is None:
            continue
        calls, mean_rows = columns.number(row, "calls"), columns.number(row, "mean_rows")
        total_rows = columns.number(row, "rows")
        if total_rows is None and mean_rows is not None and calls is not None:
            total_rows = mean_rows * calls
        cut = text.rstrip().endswith(("...", "…"))
        times = columns.number(row, "total"), columns.number(row, "mean")
        yield _Row(text, calls, *times, total_rows, columns.text(row, "database"), cut)


def _of_rds(data: Mapping[str, Any], origin: str) -> Iterator[_Row]:
    """Performance Insights: `Total` is the load, sessions that were active on average; figures are per second."""
    seconds = _seconds(data, origin)
    try:
        yield from _rds_rows(data["Keys"], seconds)
    except (AttributeError, TypeError, ValueError):
        raise CorruptDocument(f"{origin} is not an answer to describe-dimension-keys") from None


def _rds_rows(keys: Any, seconds: float) -> Iterator[_Row]:
    for key in keys:
        dimensions = key.get("Dimensions") or {}
        text = next((value for name, value in dimensions.items() if name.endswith(".statement")), None)
        if not text:
            continue
        figures = {name.split(".stats.")[-1]: value for name, value in (key.get("AdditionalMetrics") or {}).items()}
        calls, rows = (_per_second(figures, name, seconds) for name in ("calls_per_sec.avg", "rows_per_sec.avg"))
        cut = len(text.encode("utf-8")) >= _RDS_LONGEST
        load = key.get("Total")
        total = None if load is None else counted(float(load) * seconds * 1000)
        yield _Row(text, calls, total, None, rows, None, cut)


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
