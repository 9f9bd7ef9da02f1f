"""Names for new indexes: as PostgreSQL would choose them, the same every time, and not taken. Pure."""

from __future__ import annotations

import re

from dbopt.index.model import Index
from dbopt.postgres.naming import MAX_BYTES, shortened
from dbopt.postgres.schema import Catalog

_CALL = re.compile(r"(?:\w+\.)?([a-zA-Z_]\w*)\(")
_WORD = re.compile(r'[a-z_]\w*|"(?:[^"]|"")+"')
_CAST = re.compile(r"CAST\((.*) AS [^()]+(?:\(.*\))?\)", re.IGNORECASE)
_FIELD = re.compile(r"\([^()]*\)\.(\w+)")


class Names:
    """Gives each index a name that no relation of its schema has."""

    def __init__(self, catalog: Catalog) -> None:
        self._taken = {relation.key for relation in catalog.relations}
        self._taken |= {(index.schema, index.name) for index in catalog.indexes} | catalog.other_names

    def choose(self, index: Index) -> str:
        """`<table>_<columns>_idx`, with a number where that is taken."""
        number = 0
        while (index.schema, name := _name(index, number)) in self._taken:
            number += 1
        self._taken.add((index.schema, name))
        return name


def _name(index: Index, number: int) -> str:
    columns = "_".join(_of_expression(key.name) if key.is_expression else key.name for key in index.keys)
    end = f"_idx{number or ''}"
    return shortened(f"{index.table}_{columns}", MAX_BYTES - len(end)) + end


def _of_expression(sql: str) -> str:
    """A function's, a field's or a cast column's name, else `expr`, as in src/backend/parser/parse_target.c."""
    if (cast := _CAST.fullmatch(sql)) is not None:
        inner = cast[1]
        return inner.strip('"').replace('""', '"') if _WORD.fullmatch(inner) else _of_expression(inner)
    if (field := _FIELD.fullmatch(sql)) is not None:
        return field[1]
    call = _CALL.match(sql)
    return call[1].lower() if call is not None and _closes_at_end(sql, call.end()) else "expr"


def _closes_at_end(sql: str, start: int) -> bool:
    """Whether the parenthesis that opens before `start` is closed by the last character. What stands in quotes counts
    for nothing.
    """
    depth = 1
    silent = re.sub(r"'[^']*'", lambda text: "x" * len(text[0]), sql)
    for place, character in enumerate(silent[start:], start):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return place == len(sql) - 1
    return False
