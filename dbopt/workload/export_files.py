"""The files that clouds and monitoring tools export: tables of any delimiter, JSON documents, and JSON line by line,
as records that know where they stand. Pure.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dbopt.errors import CorruptDocument

_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Record:
    """One object or row, and its place: `export.csv:3`, `export.json: record 2`."""

    values: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Table:
    """The names of the columns, the place of these, and the rows."""

    names: tuple[str, ...]
    place: str
    records: tuple[Record, ...]


@contextmanager
def placed(place: str) -> Iterator[None]:
    """Say where it is that something is wrong."""
    try:
        yield
    except CorruptDocument as error:
        raise CorruptDocument(f"{place}: {error.message}", hint=error.hint) from None


def document(text: str) -> Any:
    """The JSON value that the whole text is; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def table_of(data: Any, origin: str) -> Table:
    """The first list of objects: of a JSON document, or of what it is wrapped in. Raises CorruptDocument."""
    objects = _objects(data)
    if objects is None:
        raise CorruptDocument(f"{origin} holds no list of statements", hint="an object for each statement is expected")
    return _table(tuple(Record(one, f"{origin}: record {number}") for number, one in enumerate(objects, 1)), origin)


def _table(records: tuple[Record, ...], place: str) -> Table:
    return Table(tuple(dict.fromkeys(name for record in records for name in record.values)), place, records)


def _objects(data: Any, depth: int = 4) -> list[Mapping[str, Any]] | None:
    if isinstance(data, list) and data and all(isinstance(one, dict) for one in data):
        return data
    inner = data.values() if isinstance(data, dict) and depth else ()
    found = (_objects(value, depth - 1) for value in inner if isinstance(value, (list, dict)))
    return next((objects for objects in found if objects is not None), None)


def table_of_lines(text: str, origin: str) -> Table:
    """The JSON objects that stand on each line of a text that is no JSON value as a whole. Raises CorruptDocument."""
    found: list[Record] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        values = document(line)
        if values is None and not found:
            raise _invalid(text, origin, 1)
        if values is None:
            raise _invalid(line, origin, number)
        if not isinstance(values, dict):
            raise CorruptDocument(f"{origin}:{number}: an object is expected")
        found.append(Record(values, f"{origin}:{number}"))
    return _table(tuple(found), origin)


def _invalid(text: str, origin: str, first: int) -> CorruptDocument:
    """Why a text that starts on that line is no JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return CorruptDocument(f"{origin}:{first + error.lineno - 1}: not valid JSON: {error.msg}")
    except (ValueError, RecursionError) as error:
        return CorruptDocument(f"{origin}:{first}: not valid JSON: {error}")
    return CorruptDocument(f"{origin}:{first}: an object is expected")


def table_of_csv(text: str, origin: str) -> Table:
    """Rows of whatever the header is delimited with. Raises CorruptDocument."""
    csv.field_size_limit(2**31 - 1)
    table = text.lstrip("\r\n")
    first = 1 + text[: len(text) - len(table)].count("\n")
    header = table.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
    found: list[Record] = []
    try:
        names = tuple(name.strip() for name in next(reader))
        line = reader.line_num
        for row in reader:
            if row:
                found.append(Record(dict(zip(names, row, strict=False)), f"{origin}:{first + line}"))
            line = reader.line_num
    except csv.Error as error:
        raise CorruptDocument(f"{origin}:{first + reader.line_num - 1}: not valid CSV: {error}") from None
    return Table(names, f"{origin}:{first}", tuple(found))
