"""A policy whose destination is a schema of the same database: rows go into an archive table, partitions below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from tests.archive.archiving import EVENTS, archive, archived_rows, contents, count, section
from tests.servers import Database

PARTS = """
CREATE TABLE parts (id bigint, at timestamptz, note text DEFAULT 'none', PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2024-02-01Z') TO ('2024-03-01Z');
CREATE TABLE parts_d PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT n, timestamptz '2024-01-01Z' + n * interval '1 hour', 'n' || n FROM generate_series(1, 2000) AS n;
ANALYZE parts;
"""


def to_schema(**values: Any) -> dict[str, Any]:
    return section(Path("schema:archive"), **values)


@pytest.fixture
def events(database: Database) -> Session:
    database.session.script(EVENTS)
    return database.session


@pytest.fixture
def parts(database: Database) -> Session:
    database.session.script(PARTS)
    return database.session


def names(session: Session, query: str) -> list[str]:
    return [row["name"] for row in session.fetch(SQL(query))]


def test_rows_move_as_they_are(events: Session) -> None:
    before = contents(events, "events")
    done = archive(events, to_schema(), batch_rows=700)
    assert (done[0].rows, done[0].batches) == (5000, 8)
    assert count(events, "events") == 0
    assert contents(events, "archive.events") == contents(events, "archive.events_all") == before
    assert archived_rows(events) == 5000


def test_rows_without_an_index_move_block_by_block(events: Session) -> None:
    events.script("DROP INDEX events_at_idx")
    before = contents(events, "events")
    archive(events, to_schema(), batch_rows=300)
    assert contents(events, "archive.events") == before


def test_partitions_come_below_the_archive_table(parts: Session) -> None:
    before = contents(parts, "parts")
    done = archive(parts, to_schema(name="parts", table="parts"))
    assert done[0].batches == 2
    assert contents(parts, "archive.parts_all") == before
    assert count(parts, "archive.parts") == done[0].rows == archived_rows(parts) == 31 * 24 - 1 + 29 * 24
    assert names(
        parts,
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent ="
        " 'archive.parts'::regclass ORDER BY 1",
    ) == ["archive.parts_1", "archive.parts_2"]
