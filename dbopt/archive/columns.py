"""How the columns of a table travel to a file and back: each value exactly. Pure.

A type that Parquet has goes as that type. Where some values of it have no place there (infinity, a numeric NaN, years
before 1 or after 9999, 24:00), the column is NULL in such a row, and the value stands as PostgreSQL writes it in one
more column of the row, a JSON object by field. All other types go as PostgreSQL writes them, which it reads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dbopt.postgres.identifiers import literal, quoted

EXACT = "_dbopt_exact"
"""The name of the column for values that have no place in their own."""

READING = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "lc_monetary": "C",
    "xmloption": "content",
    "search_path": "pg_catalog",
    "row_security": "off",
}
"""Settings under which values become text and back: the same everywhere, and names of types with their schemas."""

_MOST_DIGITS = 38  # of Parquet's decimals, as all readers have them
_MOST_ARGUMENTS = 48  # of jsonb_build_object, in pairs
_NATIVE = {
    "bool": "bool",
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "float4": "float",
    "float8": "double",
    "text": "string",
    "varchar": "string",
    "bytea": "binary",
    "date": "date32[day]",
    "time": "time64[us]",
    "timestamp": "timestamp[us]",
    "timestamptz": "timestamp[us, tz=UTC]",
}
_YEARS = "{0} >= '0001-01-01' AND {0} < '10000-01-01'"  # and no infinity
_FITS = {
    "date": _YEARS,
    "timestamp": _YEARS,
    "timestamptz": _YEARS,
    "time": "{0} < '24:00'",
    "numeric": "{0} <> 'NaN'",
}


@dataclass(frozen=True)
class Column:
    """A column of a table: `type` as PostgreSQL writes it, `base` what a domain of pg_catalog's types stands for, with
    the typmod `modifier`; `identity` is a, d or empty.
    """

    name: str
    type: str
    base: str | None = None
    modifier: int = -1
    not_null: bool = False
    generated: bool = False
    identity: str = ""
    expression: str | None = None


@dataclass(frozen=True)
class Field:
    """A column in a file: its name there, which no other differs from by case alone, and its Arrow type. Values of
    `is_text` are PostgreSQL's texts; `fits` is the SQL condition under which a value has its place in the column, None
    where each has.
    """

    column: Column
    name: str
    arrow: str
    is_text: bool
    fits: str | None = None


@dataclass(frozen=True)
class Shape:
    """The fields of a file, and the name of its column of exact values, None where no value can need one."""

    fields: tuple[Field, ...]
    exact: str | None

    @property
    def types(self) -> dict[str, str]:
        """The Arrow type of each column of a file."""
        return {**{field.name: field.arrow for field in self.fields}, **({self.exact: "string"} if self.exact else {})}

    def field(self, column: str) -> Field:
        return next(field for field in self.fields if field.column.name == column)


def reading() -> str:
    """The statements that make these settings for the rest of a transaction."""
    return "; ".join(f"SET LOCAL {name} = {literal(value)}" for name, value in READING.items())


def shape(columns: Iterable[Column]) -> Shape:
    taken: set[str] = {EXACT}
    fields = tuple(_field(column, _free(column.name, taken)) for column in columns)
    return Shape(fields, EXACT if any(field.fits for field in fields) else None)


def selected(shape: Shape) -> str:
    """What to select of a table for the fields of a file, in the settings of `READING`."""
    parts = [f"{_written(field)} AS {quoted(field.name)}" for field in shape.fields]
    if shape.exact:
        parts.append(f"{_exceptions(shape.fields)} AS {quoted(shape.exact)}")
    return ",\n       ".join(parts)


def restored(field: Field, exact: str | None) -> str:
    """The column's value out of a row of fields, whatever type it had."""
    name, type_name = quoted(field.name), field.column.type
    if field.fits is None or exact is None:
        return f"{name}::{type_name}"
    return f"coalesce(({quoted(exact)}::jsonb ->> {literal(field.name)})::{type_name}, {name}::{type_name})"


def decimal(base: str | None, modifier: int) -> tuple[int, int] | None:
    """Precision and scale of a numeric(p, s) that is one of Parquet's; None for any other type."""
    if base != "numeric" or modifier < 0:
        return None
    precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (((modifier - 4) & 0x7FF) ^ 1024) - 1024
    return (precision, scale) if 0 <= scale <= precision <= _MOST_DIGITS else None


def _field(column: Column, name: str) -> Field:
    digits = decimal(column.base, column.modifier)
    arrow = f"decimal128({digits[0]}, {digits[1]})" if digits else _NATIVE.get(column.base or "")
    if arrow is None:
        return Field(column, name, "string", is_text=True)
    fits = _FITS.get(column.base or "")
    return Field(column, name, arrow, is_text=False, fits=fits and fits.format(quoted(column.name)))


def _written(field: Field) -> str:
    name = quoted(field.column.name)
    if field.is_text:
        return f"{name}::text"
    if field.arrow == "string":
        name = f"{name}::text"
    return f"CASE WHEN {field.fits} THEN {_plain(field, name)} END" if field.fits else _plain(field, name)


def _plain(field: Field, name: str) -> str:
    """Without its domain, which the driver does not know."""
    return name if field.column.base in ("numeric", None) else f"{name}::pg_catalog.{quoted(field.column.base)}"


def _exceptions(fields: Sequence[Field]) -> str:
    some = [field for field in fields if field.fits]
    fine = " AND ".join(f"({field.fits}) IS NOT FALSE" for field in some)
    pairs = [
        f"{literal(field.name)}, CASE WHEN NOT ({field.fits}) THEN {quoted(field.column.name)}::text END"
        for field in some
    ]
    parts = (pairs[n : n + _MOST_ARGUMENTS] for n in range(0, len(pairs), _MOST_ARGUMENTS))
    objects = " || ".join(f"jsonb_build_object({', '.join(part)})" for part in parts)
    return f"CASE WHEN {fine} THEN NULL ELSE jsonb_strip_nulls({objects})::text END"


def _free(name: str, taken: set[str]) -> str:
    """A name that differs from the others by more than case: DuckDB and Spark would take them for one."""
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name}__{number}", number + 1
    taken.add(found.casefold())
    return found
