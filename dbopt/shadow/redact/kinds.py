"""Which kind of value a column of the source has: domains resolved, arrays and ranges by their elements. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

FIRST_NORMAL_OID = 16384  # below it are PostgreSQL's own types

Collation = tuple[str, str]
"""Schema and name."""


SHORT = 16  # characters


class Shape(StrEnum):
    SCALAR = "scalar"
    ARRAY = "array"
    RANGE = "range"
    LEXEMES = "lexemes"


@dataclass(frozen=True)
class Scalar:
    """What values have in common that are told apart and put in order together. `family` names the way they are
    replaced; `limit` is the greatest number of characters, the digits after the point of a numeric, or the bits of a
    bit string.
    """

    family: str
    collation: Collation | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Kind:
    """The values of a column: scalars, or arrays or ranges of them."""

    scalar: Scalar
    shape: Shape = Shape.SCALAR


DROPPED = Kind(Scalar("dropped"))
"""Not to be replaced with sense: the values are left out."""


@dataclass(frozen=True)
class TypeRow:
    """A row of pg_type. `element` is 0 unless it is an array, `subtype` 0 unless it is a range."""

    oid: int
    name: str
    typtype: str
    base: int
    base_typmod: int
    element: int
    subtype: int


_TEXTS = {"text", "varchar", "bpchar", "name"}
_INTEGERS = {"int2", "int4", "int8", "oid"}
_OTHERS = {
    "float4", "float8", "date", "timestamp", "timestamptz", "time", "interval", "money",
    "uuid", "inet", "cidr", "macaddr", "macaddr8", "bytea",
}  # fmt: skip
# Names of the schema, and what says no more than yes or no.
_KEPT = {
    "bool", "char", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator",
    "regproc", "regprocedure", "regrole", "regtype", "void",
}  # fmt: skip


def kind_of(oid: int, typmod: int, collation: Collation | None, types: Mapping[int, TypeRow]) -> Kind:
    """The kind of a column of that type."""
    row = types.get(oid)
    if row is None:
        return DROPPED
    if row.typtype == "d":
        return kind_of(row.base, row.base_typmod if row.base_typmod >= 0 else typmod, collation, types)
    if row.element:
        return _of_many(row.element, typmod, collation, types, Shape.ARRAY)
    if row.typtype in ("r", "m"):
        return _of_many(row.subtype, -1, collation, types, Shape.RANGE)
    if row.typtype == "e":
        return Kind(Scalar("kept"))
    if row.name == "tsvector" and row.oid < FIRST_NORMAL_OID:
        return Kind(Scalar("dropped"), Shape.LEXEMES)
    return Kind(_scalar(row, typmod, collation)) if row.typtype == "b" else DROPPED


def _of_many(oid: int, typmod: int, collation: Collation | None, types: Mapping[int, TypeRow], shape: Shape) -> Kind:
    """Arrays and ranges of scalars; arrays of ranges and the like are out of reach."""
    inner = kind_of(oid, typmod, collation, types)
    return replace(inner, shape=shape) if inner.shape is Shape.SCALAR else DROPPED


def _scalar(row: TypeRow, typmod: int, collation: Collation | None) -> Scalar:
    if row.oid >= FIRST_NORMAL_OID:
        return Scalar("citext", collation) if row.name == "citext" else DROPPED.scalar
    if row.name in _TEXTS:
        return Scalar("text", collation, _length(row.name, typmod))
    if row.name in _INTEGERS:
        return Scalar("integer")
    if row.name == "numeric":
        return Scalar("numeric", limit=(((typmod - 4) & 0x7FF) ^ 1024) - 1024 if typmod >= 4 else None)
    if row.name == "bit":
        return Scalar("bit", limit=max(typmod, 1))
    if row.name in _KEPT:
        return Scalar("kept")
    return Scalar(row.name) if row.name in _OTHERS else DROPPED.scalar


def _length(name: str, typmod: int) -> int | None:
    """Only short limits tell kinds apart: columns of text and of varchar(n) may be joined."""
    length = typmod - 4 if typmod >= 5 and name != "name" else SHORT
    return length if length < SHORT else None
