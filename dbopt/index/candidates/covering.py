"""Indexes that hold every column a statement reads of a table, so that the table is not visited. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from dbopt.index.candidates.needs import Need
from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Column

MAX_INCLUDED_COLUMNS = 4
MAX_INCLUDED_BYTES = 100
_DECLARED_LENGTH = re.compile(r"(?:character varying|character|numeric)\((\d+)(?:,-?\d+)?\)")


def covering(index: Index, need: Need, max_included: int) -> Index | None:
    """The index with the other columns that the statement reads included, if they are few and narrow."""
    if need.referenced is None:
        return None
    rest = _rest(index, need)
    columns = [column for name in rest if (column := need.relation.column(name)) is not None]
    if not columns or len(columns) > max_included or _width(columns) > MAX_INCLUDED_BYTES:
        return None
    if not all(_is_bounded(column) for column in columns):
        return None
    return replace(index, include=tuple(sorted(rest)))


def covering_by_keys(index: Index, need: Need, max_columns: int) -> Index | None:
    """The index with the other columns that the statement reads as its last keys, if they are few."""
    rest = sorted(_rest(index, need))
    columns = [column for name in rest if (column := need.relation.column(name)) is not None]
    if not columns or index.width + len(columns) > max_columns or _width(columns) > MAX_INCLUDED_BYTES:
        return None
    if not all(column.indexable and _is_bounded(column) for column in columns):
        return None
    return replace(index, keys=(*index.keys, *map(Key, rest)))


def _rest(index: Index, need: Need) -> list[str]:
    """The columns that are read besides the keys. What only the index's predicate compares is not read."""
    compared = Counter(name for one in need.predicates if one.sql in index.predicate for name in one.columns)
    return [
        name
        for name, mentions in (need.referenced or {}).items()
        if name not in index.columns and not (name in index.predicate_columns and mentions <= compared[name])
    ]


def _is_bounded(column: Column) -> bool:
    """Whether no value of the type can be long: a row with one longer than 2,704 bytes could no longer be inserted."""
    declared = _DECLARED_LENGTH.fullmatch(column.type)
    return column.length is not None or (declared is not None and int(declared[1]) <= MAX_INCLUDED_BYTES)


def _width(columns: Iterable[Column]) -> int:
    return sum(column.width for column in columns)
