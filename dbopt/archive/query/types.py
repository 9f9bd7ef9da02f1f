"""Types of columns in the engine: as near to PostgreSQL's as it has them, and how values become those. Pure.

What the engine has nothing for stays the text that PostgreSQL writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_MOST_DIGITS = 38
_LEAST_DIGITS = 18  # so that sums and products of small numbers have room
_NATIVE = {
    "bool": "BOOLEAN",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "oid": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "bytea": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
    "interval": "INTERVAL",
    "money": "DECIMAL(19, 2)",
}
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "char"})
_DATED = frozenset({"date", "timestamp", "timestamptz"})
_ELEMENT = r'"(?:[^"\\]|\\.)*"|[^,]+'
TEXT = "VARCHAR"
FLOATING = "DOUBLE"


@dataclass(frozen=True)
class Type:
    """A type of PostgreSQL by the `name` it writes. `base` is its name in pg_catalog (or citext), of a domain what it
    stands for, None for types of other schemas; `labels` are an enum's; `digits` are precision and scale.
    """

    name: str
    base: str | None = None
    element: Type | None = None
    labels: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None

    @property
    def is_enum(self) -> bool:
        return bool(self.labels)

    @property
    def is_open_numeric(self) -> bool:
        """Whether only its values say what they need."""
        return self.base == "numeric" and self.digits is None


@dataclass(frozen=True)
class Widest:
    """The most digits that values have before and behind the point, and whether some are no numbers."""

    before: int = 0
    behind: int = 0
    is_special: bool = False

    def type(self, known: Type) -> str:
        """What holds them all exactly, if anything does."""
        if self.is_special:
            return FLOATING
        if known.digits is not None:
            return f"DECIMAL({known.digits[0]}, {known.digits[1]})"
        digits = self.before + self.behind
        if digits > _MOST_DIGITS:
            return FLOATING
        return f"DECIMAL({max(digits, _LEAST_DIGITS)}, {self.behind})"


def engine_type(known: Type, widest: Widest | None = None) -> str:
    """The type in the engine. `widest` is what is known of a numeric's values."""
    if known.is_enum:
        return enum_name(known)
    if known.base == "numeric":
        return (widest or Widest()).type(known) if known.digits or widest else FLOATING
    if known.element is not None:
        inner = engine_type(known.element)
        return f"{inner}[]" if inner != "BLOB" else TEXT
    return _NATIVE.get(known.base or "", TEXT)


def enum_name(known: Type) -> str:
    """What an enum is called in the engine."""
    return identifier(f"enum {known.name}")


def identifier(name: str) -> str:
    """A name in the engine's SQL."""
    return '"' + name.replace('"', '""') + '"'


def string(text: str) -> str:
    """A text in the engine's SQL, where a backslash is one."""
    return "'" + text.replace("'", "''") + "'"


def value(field: str, exact: str | None, known: Type, is_text: bool, target: str) -> str:
    """A stored value as SQL of the engine: `field` is the column; `exact` is the text that goes before it, if any."""
    if is_text:
        return from_text(field, known, target)
    plain = field
    if target == FLOATING and known.base == "numeric":
        plain = f"CAST({field} AS {FLOATING})"
    elif target == TEXT and known.base in _NATIVE:
        plain = f"CAST({field} AS {TEXT})"
    elif known.base == "citext":
        plain = f"{field} COLLATE NOCASE"
    return plain if exact is None else f"coalesce({from_text(exact, known, target)}, {plain})"


def from_text(text: str, known: Type, target: str, cast: str = "CAST") -> str:
    """PostgreSQL's text as a value of the engine's type."""
    if known.base == "citext":
        return f"{text} COLLATE NOCASE"
    if known.base == "inet":  # its cast to text, unlike its output, always has the mask
        return rf"regexp_replace({text}, '^([^:]*)/32$|^(.*:.*)/128$', '\1\2')"
    if target == TEXT:
        return text
    if known.element is not None:
        return _list(text, known.element, target)
    if known.base in _DATED:
        text = rf"regexp_replace({text}, '^(\d+-\d+-\d+)(.*) BC$', '\1 (BC)\2')"
    elif known.base == "interval":
        text = f"replace({text}, '+', '')"
    elif known.base == "money":
        text = f"regexp_replace({text}, '[$,]', '', 'g')"
    return f"{cast}({text} AS {target})"


def converted(found: str, known: Type, target: str) -> str:
    """A value that had another type when it was archived."""
    as_text = f"CAST({found} AS {TEXT})"
    if target == TEXT or known.element is not None or known.is_enum or known.base in ("money", "interval", "citext"):
        return from_text(as_text, known, target)
    return f"CAST({found} AS {target})"


def has_limits(known: Type) -> bool:
    """Whether the engine may lack some values of a type that it has."""
    return known.base in _DATED or known.base in ("interval", "time")


def _list(text: str, element: Type, target: str) -> str:
    inner = target.removesuffix("[]")
    plain = r"regexp_replace(e[2:-2], '\\(.)', '\1', 'gs')"
    each = f"CASE WHEN e = 'NULL' THEN NULL ELSE CASE WHEN e[1] = '\"' THEN {plain} ELSE e END END"
    items = f"list_transform(regexp_extract_all({text}[2:-2], {string(_ELEMENT)}, 0, 's'), lambda e: {each})"
    if element.base in _TEXTS or inner == TEXT:
        return items
    return f"list_transform({items}, lambda v: {from_text('v', element, inner)})"


def for_translation(known: Type) -> str:
    """The type as sqlglot is to know it."""
    if known.element is not None:
        return f"{for_translation(known.element)}[]"
    if known.base == "numeric":
        return "DECIMAL(38, 10)"
    kept = {"interval", "jsonb", "json", "uuid", "bytea", *_DATED, "time", "bool", "float4", "float8"}
    if known.base in ("int2", "int4", "int8", "oid"):
        return {"int2": "SMALLINT", "int4": "INT"}.get(known.base, "BIGINT")
    return known.base.upper() if known.base in kept else "TEXT"


def types(rows: Mapping[str, Mapping[str, object]], names: Mapping[str, tuple[int, int] | None]) -> dict[str, Type]:
    """Types by name out of what the server says of them (sql/archive/types.sql); one it does not know is a text."""
    return {name: _type(rows, name, digits) for name, digits in names.items()}


def _type(rows: Mapping[str, Mapping[str, object]], name: str, digits: tuple[int, int] | None = None) -> Type:
    row = rows.get(name)
    if row is None:
        return Type(name, "text")
    base, element, labels = row["base"], row["element"], row["labels"]
    return Type(
        name,
        str(base) if base else None,
        _type(rows, str(element)) if element else None,
        tuple(map(str, labels)) if isinstance(labels, list) else (),
        digits,
    )
