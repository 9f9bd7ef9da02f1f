"""Values for parameters, chosen from the planner's statistics of the column or from the parameter's type. Pure, and
without chance: the same statistics give the same values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.workload.roles import Role, Use


@dataclass(frozen=True)
class Type:
    """A parameter's type: its name, its pg_type.typcategory, and the first label where it is an enumeration."""

    name: str
    category: str
    label: str | None = None


@dataclass(frozen=True)
class ColumnStatistics:
    """What pg_stats knows of a column's values, as text: the most common ones, the most common first; bounds that cut
    the others into parts of equal size, ascending; common elements, where the column is an array or tsvector.
    """

    type: Type
    common: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()

    @property
    def pool(self) -> tuple[str, ...]:
        """Values to compare with, the most common first, then some from the middle outwards."""
        return tuple(dict.fromkeys([*self.common, *_spread(self.bounds)]))

    @property
    def ascending(self) -> tuple[str, ...]:
        return self.bounds if len(self.bounds) >= 2 else tuple(sorted(self.common, key=_order))


# Where in the column's range a comparison stands, per set. A lone lower bound is usually recent, a lone upper one old;
# of a pair, the first set is a tenth in the middle.
_LOWER_ALONE = (0.9, 0.5, 0.99)
_UPPER_ALONE = (0.1, 0.5, 0.01)
_PAIRS = ((0.45, 0.55), (0.85, 0.9), (0.1, 0.4))

_FOR_TYPES = {
    "date": "2024-01-01",
    "time without time zone": "12:00:00",
    "time with time zone": "12:00:00+00",
    "timestamp without time zone": "2024-01-01 00:00:00",
    "timestamp with time zone": "2024-01-01 00:00:00+00",
    "interval": "1 day",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "json": "{}",
    "jsonb": "{}",
    "jsonpath": "$",
    "xml": "<a/>",
    "bytea": "\\x00",
    "tsquery": "a",
    "tsvector": "a",
    "regconfig": "simple",
    "regclass": "pg_class",
    "regtype": "integer",
    "inet": "127.0.0.1",
    "cidr": "127.0.0.0/8",
    "macaddr": "00:00:00:00:00:00",
    "point": "(0,0)",
    "box": "(1,1),(0,0)",
    "circle": "<(0,0),1>",
    "polygon": "((0,0),(1,1),(1,0))",
    "path": "((0,0),(1,1))",
    "lseg": "[(0,0),(1,1)]",
    "line": "{1,-1,0}",
    "money": "1",
    "pg_lsn": "0/0",
    "hstore": "",
    "ltree": "a",
}
_FOR_CATEGORIES = {"B": "true", "N": "1", "S": "a", "A": "{}", "R": "empty", "V": "0"}
_FOR_ROLES = {Role.LIMIT: ("10",), Role.OFFSET: ("0", "100", "10000"), Role.UNIT: ("day",), Role.ZONE: ("UTC",)}
"""Per set: of what is paged through, the first page and two further on, since OFFSET costs what it skips."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE = frozenset(("smallint", "integer", "bigint", "oid"))


def default(type_: Type, roles: Sequence[Role] = (), number: int = 0) -> str | None:
    """A value that the type accepts, for the `number`-th set; None where none is known."""
    for role in roles:
        if role in _FOR_ROLES:
            return _FOR_ROLES[role][number % len(_FOR_ROLES[role])]
    if type_.label is not None:
        return type_.label
    return _FOR_TYPES.get(type_.name, _FOR_CATEGORIES.get(type_.category))


def drawn(use: Use, statistics: ColumnStatistics, paired: bool, number: int) -> str | None:
    """The value of the `number`-th set for this use, None where the statistics have none. `paired` says that the
    column has a lower and an upper bound in the statement.
    """
    if use.role in (Role.LOWER, Role.UPPER):
        return _bound(use.role, statistics.ascending, paired, number)
    if use.role in (Role.ELEMENT, Role.LEXEME):
        return _at(statistics.elements, number + use.position)
    if use.role is Role.CONTAINED:
        return _contained(statistics, number)
    if use.role in (Role.JSON_KEY, Role.JSON_VALUE):
        return _json(use.role, statistics.pool, number)
    if use.role is Role.ARRAY:
        return _array(statistics.pool, number)
    value = _at(statistics.pool, number + use.position)
    return None if value is None else _shaped(use, value)


def fits(value: str, type_: Type) -> str | None:
    """The value as this type reads it, None where it does not: a column may be compared through a function."""
    if type_.category == "N":
        if not _NUMBER.fullmatch(value):
            return None
        return str(int(float(value))) if type_.name in _WHOLE and not value.lstrip("+-").isdigit() else value
    if type_.category == "D":
        return value if re.match(r"\d{1,6}-\d\d-\d\d|\d\d:\d\d|-?infinity", value) else None
    if type_.category == "T":
        return value if re.search(r"\d", value) and not re.match(r"\d{4}-\d\d-\d\d", value) else None
    return (value if value in ("t", "f", "true", "false") else None) if type_.category == "B" else value


def _shaped(use: Use, value: str) -> str:
    if use.role is Role.PREFIX:
        value = re.sub(r"([\\%_])", r"\\\1", value[: _prefix_length(value)]) + "%"
    elif use.role is Role.REGEX:
        value = "^" + re.sub(r"([^\w\s])", r"\\\1", value[: _prefix_length(value)])
    elif use.role is Role.FRAGMENT:
        value = value[: _prefix_length(value)]
    return value.lower() if use.folding == "lower" else value.upper() if use.folding == "upper" else value


def _prefix_length(value: str) -> int:
    """Half of a value, at least three characters: selective, but not a single row."""
    return max(3, len(value) // 2)


def _bound(role: Role, ascending: Sequence[str], paired: bool, number: int) -> str | None:
    if not ascending:
        return None
    place = 0 if role is Role.LOWER else 1
    alone = (_LOWER_ALONE, _UPPER_ALONE)[place]
    quantile = _PAIRS[number % len(_PAIRS)][place] if paired else alone[number % len(alone)]
    return ascending[round(quantile * (len(ascending) - 1))]


def _contained(statistics: ColumnStatistics, number: int) -> str | None:
    if statistics.type.category == "A":
        element = _at(statistics.elements, number)
        return None if element is None else array_literal([element])
    return _at(statistics.pool, number)


def _array(pool: Sequence[str], number: int) -> str | None:
    some = [value for place in range(3) if (value := _at(pool, number + place)) is not None]
    return array_literal(list(dict.fromkeys(some))) if some else None


def _json(role: Role, documents: Sequence[str], number: int) -> str | None:
    """The same key for both uses: the first, by name, with a plain value."""
    document = _at(documents, number)
    try:
        content = json.loads(document or "")
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    plain = {key: value for key, value in sorted(content.items()) if not isinstance(value, (dict, list))}
    for key, value in plain.items():
        return key if role is Role.JSON_KEY else (value if isinstance(value, str) else json.dumps(value))
    return None


def array_literal(values: Sequence[Any]) -> str:
    """An array as PostgreSQL writes it: {"a","b",NULL}; nested lists are further dimensions."""
    return "{" + ",".join(_element(value) for value in values) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return array_literal(value)
    text = (
        str(value).lower() if isinstance(value, bool) else json.dumps(value) if isinstance(value, dict) else str(value)
    )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _at(values: Sequence[str], number: int) -> str | None:
    return values[number % len(values)] if values else None


def _spread(bounds: Sequence[str]) -> Iterator[str]:
    """Bounds from the middle outwards."""
    for eighth in (4, 2, 6, 1, 3, 5, 7):
        if bounds:
            yield bounds[eighth * (len(bounds) - 1) // 8]


def _order(value: str) -> tuple[int, float, str]:
    """Numbers by size, all else as text: dates in ISO style sort so, too."""
    return (0, float(value), "") if _NUMBER.fullmatch(value) else (1, 0.0, value)
