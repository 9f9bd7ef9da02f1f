"""What an archived batch is: written beside its files, and by itself enough to read them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class ArchivedColumn:
    """A column of the table as it was: its name in the files (`field`), their Arrow type, whether its values are
    PostgreSQL's texts there.
    """

    name: str
    type: str
    field: str
    arrow: str
    is_text: bool
    not_null: bool
    generated: bool
    identity: str


@dataclass(frozen=True)
class ArchivedFile:
    """A file by its path below the destination. `checksums` are of its columns, by field (dbopt/archive/checksum.py).
    `lower` and `upper` are the least and the greatest position of its control column (dbopt/partition/key.py); null
    where a row has none.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    lower: int | None
    upper: int | None
    checksums: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """`way` is move or detach, `relation` the partition for the latter. `exact` names the column for values that have
    no place in their own; it is null where there is none.
    """

    SCHEMA: ClassVar[str] = "dbopt.archive-manifest/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive run"

    dbopt_version: str
    policy: str
    batch: int
    database: str
    server_version: str
    table: str
    relation: str
    way: str
    control: str
    key: str
    time_zone: str
    written_at: str
    rows: int
    exact: str | None
    columns: tuple[ArchivedColumn, ...]
    files: tuple[ArchivedFile, ...]

    @property
    def types(self) -> dict[str, str]:
        """The Arrow type of each column of its files."""
        exact = {self.exact: "string"} if self.exact else {}
        return {**{column.field: column.arrow for column in self.columns}, **exact}
