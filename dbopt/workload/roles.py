"""The roles that parameters play in a statement: what `uses` finds. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dbopt.workload.relations import Relation


class Role(StrEnum):
    """How a parameter is compared with its column."""

    EQUAL = "equal"
    LOWER = "lower"  # column >= $1
    UPPER = "upper"  # column <= $1
    ARRAY = "array"  # column = ANY ($1)
    ELEMENT = "element"  # $1 = ANY (column)
    CONTAINED = "contained"  # column @> $1
    PREFIX = "prefix"  # column LIKE $1
    REGEX = "regex"  # column ~ $1
    FRAGMENT = "fragment"  # column LIKE '%' || $1 || '%'
    LEXEME = "lexeme"  # column @@ to_tsquery($1)
    JSON_KEY = "json key"  # column ->> $1
    JSON_VALUE = "json value"  # column ->> 'key' = $1
    LIMIT = "limit"
    OFFSET = "offset"
    UNIT = "unit"  # date_trunc($1, ...)
    ZONE = "zone"  # AT TIME ZONE $1


@dataclass(frozen=True)
class Column:
    """A column of one of these relations (schema or None, name), the likeliest first."""

    name: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Use:
    """One use of the parameter `$number`. `position` tells the elements of a list apart. `folding` is lower or upper
    where the column is compared in that case.
    """

    number: int
    role: Role
    column: Column | None = None
    position: int = 0
    folding: str = ""
