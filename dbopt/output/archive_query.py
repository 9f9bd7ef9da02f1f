"""Rows of `dbopt archive query`: for people as psql shows them, for programs in the types that JSON has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from dbopt.archive.query.run import Result
from dbopt.output.report import Column, Report, Table

SCHEMA = "dbopt.rows/1"

_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision", "oid"})
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?")
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}]+)', re.DOTALL)


def report(result: Result) -> Report:
    columns = tuple(Column(column.name, right=column.type in _NUMBERS, wrap=True) for column in result.columns)
    rows = f"{len(result.rows):,} row{'' if len(result.rows) == 1 else 's'}"
    return Report((Table(columns, result.rows, footer=f"({rows})"),), texts={"json": lambda: as_json(result)})


def as_json(result: Result) -> str:
    """A document of dbopt.rows/1. Numbers have all their digits; of columns of one name the later ones get a number."""
    keys = _keys(column.name for column in result.columns)
    types = [column.type for column in result.columns]
    names = [json.dumps(key, ensure_ascii=False) for key in keys]
    columns = ",\n    ".join(
        f'{{"name": {name}, "type": {json.dumps(kind)}}}' for name, kind in zip(names, types, strict=True)
    )
    rows = ",\n    ".join(
        "{"
        + ", ".join(f"{name}: {_cell(text, kind)}" for name, text, kind in zip(names, row, types, strict=True))
        + "}"
        for row in result.rows
    )
    rows = f"\n    {rows}\n  " if rows else ""
    return f'{{\n  "schema": "{SCHEMA}",\n  "columns": [\n    {columns}\n  ],\n  "rows": [{rows}]\n}}\n'


def _keys(names: Iterable[str]) -> list[str]:
    keys: list[str] = []
    for name in names:
        key, number = name, 2
        while key in keys:
            key, number = f"{name}_{number}", number + 1
        keys.append(key)
    return keys


def _cell(text: str | None, kind: str) -> str:
    if text is None:
        return "null"
    if kind in _NUMBERS and _NUMBER.fullmatch(text):
        return text
    if kind == "boolean":
        return "true" if text == "t" else "false"
    if kind in ("json", "jsonb"):
        return " ".join(text.splitlines()) if _is_json(text) else json.dumps(text, ensure_ascii=False)
    if kind.endswith("[]") and text.startswith("{") and not text.startswith("{{"):
        return f"[{', '.join(_cell(item, kind.removesuffix('[]')) for item in _items(text))}]"
    return json.dumps(text, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _items(text: str) -> list[str | None]:
    """The elements of an array as PostgreSQL writes it."""
    found: list[str | None] = []
    for match in _ELEMENT.finditer(text[1:-1]):
        if match[2] is None:
            found.append(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))
        else:
            found.append(None if match[2] == "NULL" else match[2])
    return found
