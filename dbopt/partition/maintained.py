"""What `partition maintain` did, as a document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

State = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Made:
    """A partition that was made, from `lower`, included, to `upper`, excluded. `rows` came out of the default."""

    partition: str
    lower: str
    upper: str
    rows: int = 0


@dataclass(frozen=True)
class Kept:
    """What was done to one set. `staying_rows` are those left in its default; None where nobody counted them.
    `locked_ms` is how long the move of rows locked the table. `to_archive` counts partitions older than keep_hot.
    """

    table: str
    state: State
    created: tuple[Made, ...] = ()
    finalized: tuple[str, ...] = ()
    moved_rows: int = 0
    staying_rows: int | None = None
    locked_ms: float | None = None
    to_archive: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Maintained:
    """All sets that were looked at."""

    SCHEMA: ClassVar[str] = "dbopt.maintained/1"
    WRITTEN_BY: ClassVar[str] = "dbopt partition maintain"

    server_version: str
    database: str
    sets: tuple[Kept, ...]

    @property
    def failed(self) -> tuple[Kept, ...]:
        return tuple(one for one in self.sets if one.state == "failed")
