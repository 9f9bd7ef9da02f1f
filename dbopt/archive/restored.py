"""What is asked of a restore, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Asked:
    """From `lower` on, up to before `upper`, as the user wrote them; `into` is a table, None the policy's own."""

    lower: str | None = None
    upper: str | None = None
    into: str | None = None


@dataclass(frozen=True)
class RestoredRows:
    """What a restore did. `bytes` are those of the files that were read."""

    SCHEMA: ClassVar[str] = "dbopt.archive-restored/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive restore"

    policy: str
    table: str
    lower: str | None
    upper: str | None
    rows: int
    files: int
    bytes: int
    lost: tuple[str, ...]
    gained: tuple[str, ...]
