"""A snapshot: schema, planner statistics, file sizes and planner settings of a database, and no rows. The file format
dbopt.snapshot/1 is that JSON document, gzipped; the same database always gives the same bytes.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from dbopt import documents
from dbopt.errors import CorruptDocument, FileError, FileMissing
from dbopt.postgres.schema import ExistingIndex
from dbopt.shadow import validate

_GZIP_MAGIC = b"\x1f\x8b"


# The columns of pg_stats, which pg_stats_ext_exprs has too.
EXPRESSION_STATISTICS = (
    "null_frac",
    "avg_width",
    "n_distinct",
    "most_common_vals",
    "most_common_freqs",
    "histogram_bounds",
    "correlation",
    "most_common_elems",
    "most_common_elem_freqs",
    "elem_count_histogram",
)


@dataclass(frozen=True)
class Relation:
    """A relation of the source. `kind` is pg_class.relkind, `blocks` the size of its main fork, `table` the table of an
    index (in the same schema), `extension` the extension it belongs to, `parents` schema and name of the tables that it
    is a partition or heir of; `toast_blocks` is the size of its TOAST table, None where there is none or it was not
    looked at.
    """

    schema: str
    name: str
    kind: str
    blocks: int
    table: str | None = None
    extension: str | None = None
    parents: tuple[tuple[str, ...], ...] = ()
    toast_blocks: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def is_index(self) -> bool:
        return self.kind in ("i", "I")


@dataclass(frozen=True)
class Setting:
    """A planner setting as pg_settings has it: a bare number counts in `unit`."""

    name: str
    value: str
    unit: str | None = None


@dataclass(frozen=True)
class ExpressionStatistics:
    """Statistics of one expression of an extended statistics object: pg_stats' columns by name, as text."""

    expression: str
    values: dict[str, str]


@dataclass(frozen=True)
class CommonCombination:
    """One of the most common combinations of values, columns first, then expressions. `frequency` is its share of the
    rows, `base_frequency` what it would be if the values were independent; both as text, since every digit counts.
    """

    values: tuple[str | None, ...]
    frequency: str
    base_frequency: str


@dataclass(frozen=True)
class ExtendedStatistics:
    """What ANALYZE found for CREATE STATISTICS. `attributes` are column names by the source's attribute numbers, which
    `n_distinct` and `dependencies` use.
    """

    schema: str
    name: str
    table_schema: str
    table: str
    inherited: bool
    attributes: dict[str, str]
    n_distinct: str | None = None
    dependencies: str | None = None
    most_common: tuple[CommonCombination, ...] = ()
    expressions: tuple[ExpressionStatistics, ...] = ()


@dataclass(frozen=True)
class ExtensionFunction:
    """A function of an extension that uses built-in types only, so that a stand-in can be made of it."""

    extension: str
    schema: str
    name: str
    arguments: str
    result: str
    attributes: str


@dataclass(frozen=True)
class Snapshot:
    """`redacted` says whether the values in it are synthetic, `role` whose settings it has where they are not those of
    the session that took it, `hidden` the tables (schema and name) whose statistics row security kept from it,
    `policed` those on which policies of row security hold for `role`.
    `as_of` is the newest point in time in the data, to the hour: the present, where plans must not change by the day.
    `invalid` are indexes that failed builds left behind: the dump leaves them out.
    """

    SCHEMA: ClassVar[str] = "dbopt.snapshot/1"
    WRITTEN_BY: ClassVar[str] = "dbopt snapshot -o FILE"

    server_version: str
    database: str
    encoding: str
    locale_provider: str
    collate: str
    ctype: str
    search_path: tuple[str, ...]
    settings: tuple[Setting, ...]
    relations: tuple[Relation, ...]
    extended_statistics: tuple[ExtendedStatistics, ...]
    extension_functions: tuple[ExtensionFunction, ...]
    dump: str
    redacted: bool = False
    role: str | None = None
    hidden: tuple[tuple[str, ...], ...] = ()
    as_of: str | None = None
    policed: tuple[tuple[str, ...], ...] = ()
    invalid: tuple[ExistingIndex, ...] = ()

    @property
    def bytewise(self) -> bool:
        """Whether the database's default collation compares bytes, so that a plain b-tree serves LIKE 'x%'."""
        return self.locale_provider == "b" or (self.locale_provider == "c" and self.collate in ("C", "POSIX"))

    @cached_property
    def tables(self) -> tuple[Relation, ...]:
        """Everything with rows: tables, partitions and materialized views."""
        return tuple(relation for relation in self.relations if relation.kind in ("r", "m"))

    @cached_property
    def indexes(self) -> tuple[Relation, ...]:
        return tuple(relation for relation in self.relations if relation.kind == "i")


def to_bytes(snapshot: Snapshot) -> bytes:
    """The content of a .dbsnap file."""
    return gzip.compress(documents.dump(snapshot).encode(), mtime=0)


def from_bytes(content: bytes, origin: str = "the snapshot") -> Snapshot:
    """Read the content of a .dbsnap file. Raises CorruptDocument or UnsupportedDocument, naming the place."""
    hint = "`dbopt snapshot -o FILE` writes such a file"
    if not content.startswith(_GZIP_MAGIC):
        raise CorruptDocument(f"{origin} is not a snapshot", hint=hint)
    try:
        text = validate.unpacked(content, origin).decode()
    except UnicodeDecodeError:
        raise CorruptDocument(f"{origin} is damaged or cut short", hint=f"write it anew; {hint}") from None
    loaded = documents.load(Snapshot, text, origin)
    validate.require_sound(loaded, origin)
    return loaded


def save(snapshot: Snapshot, path: Path) -> int:
    """Write a .dbsnap file, whole or not at all; returns its size in bytes."""
    content = to_bytes(snapshot)
    documents.write_atomically(path, content)
    return len(content)


def load(path: Path) -> Snapshot:
    """Read a .dbsnap file. Raises FileMissing, FileError, CorruptDocument or UnsupportedDocument."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileMissing(f"there is no file {path}") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    return from_bytes(content, str(path))
