"""Policies on real tables, run as `dbopt archive run` does, and what the archive holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dbopt.archive import ledger, policy
from dbopt.archive.policy import Policy
from dbopt.archive.run import Asked, Hooks, Ran, run
from dbopt.config import Config
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from tests.servers import Database

EVENTS = """
CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL, kind text, amount numeric(12, 2));
INSERT INTO events SELECT n, timestamptz '2024-01-01Z' + n * interval '1 hour', 'k' || n % 7, n / 3.0
FROM generate_series(1, 5000) AS n;
CREATE INDEX ON events (at);
ANALYZE events;
"""


def policies(*sections: dict[str, Any]) -> tuple[Policy, ...]:
    return policy.read(Config(Path("dbopt.toml"), {"archive": list(sections)}))


def section(folder: Path, **values: Any) -> dict[str, Any]:
    """A policy for the table `events`, which keeps nothing hot that is older than a day; without an Iceberg table."""
    return {
        "name": "events",
        "table": "public.events",
        "control": "at",
        "keep_hot": "1 day",
        "destination": str(folder),
        "iceberg": False,
        **values,
    }


def archive(session: Session, *sections: dict[str, Any], hooks: Hooks | None = None, **asked: Any) -> list[Ran]:
    found = policies(*sections)
    return all_of(run(session, found, found, Asked(**asked), hooks or Hooks()))


def all_of(running: Iterable[Ran]) -> list[Ran]:
    """Raises the first error of a policy, when all have run."""
    done = list(running)
    for one in done:
        if one.error is not None:
            raise one.error
    return done


def contents(session: Session, table: str) -> list[str]:
    """The rows of a table as PostgreSQL writes them, in order."""
    query = f"SELECT s::text AS row FROM {table} AS s ORDER BY 1"
    return [row["row"] for row in session.fetch(SQL(query))]


def count(session: Session, table: str) -> int:
    return int(session.fetch(SQL(f"SELECT count(*) AS rows FROM {table}"))[0]["rows"])


def archived_rows(session: Session) -> int:
    return sum(batch.rows or 0 for batch in ledger.cold(ledger.batches(session)))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def known_files(database: Database, folder: Path) -> list[Path]:
    """Those that the ledger knows."""
    return sorted(folder / path for batch in ledger.batches(database.session) for path in batch.paths)
