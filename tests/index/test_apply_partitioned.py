"""Indexes of partitioned tables: built partition by partition, then attached."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg import sql

from dbopt.index.apply import items_of, plan
from dbopt.index.build import perform
from dbopt.index.undo import undo
from dbopt.postgres.session import Session
from tests.index.changes import IMPATIENT, advice, carry_out, indexes, states
from tests.servers import Database

SCRIPT = """
CREATE SCHEMA "P;s";
CREATE TABLE events (id int, at date, kind text) PARTITION BY RANGE (at);
CREATE TABLE "P;s"."e 2024" PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE e2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE e2025_a PARTITION OF e2025 FOR VALUES IN ('a');
INSERT INTO events VALUES (1, '2024-02-02', 'x'), (2, '2025-02-02', 'a');
"""
BY_ID = "CREATE INDEX CONCURRENTLY events_by_id ON public.events USING btree (id)"


@pytest.fixture
def events(database: Database) -> Session:
    database.session.script(SCRIPT)
    return database.session


def tree(session: Session) -> list[tuple[str, bool]]:
    """All indexes below events_by_id and whether each is valid."""
    rows = session.fetch(
        sql.SQL("""
            SELECT p.relid::regclass::text AS name, x.indisvalid AS valid
            FROM pg_partition_tree('events_by_id') AS p JOIN pg_index AS x ON x.indexrelid = p.relid ORDER BY 1
        """)
    )
    return [(row["name"], row["valid"]) for row in rows]


def test_every_level_gets_its_valid_index(events: Session, tmp_path: Path) -> None:
    applied = carry_out(events, tmp_path, [BY_ID])
    assert states(applied) == ["built"]
    assert tree(events) == [
        ('"P;s"."e 2024_events_by_id"', True),
        ("e2025_a_e2025_events_by_id", True),
        ("e2025_events_by_id", True),
        ("events_by_id", True),
    ]
    assert states(carry_out(events, tmp_path, [BY_ID])) == ["unchanged"]


@pytest.mark.parametrize("done", range(1, 7))
def test_a_run_that_was_killed_after_any_step_is_continued(events: Session, tmp_path: Path, done: int) -> None:
    (planned,) = plan(events, items_of(advice([BY_ID])))
    assert len(planned.todo.steps) == 7
    for step in planned.todo.steps[:done]:
        perform(events, step, IMPATIENT)
    (left,) = plan(events, items_of(advice([BY_ID])))
    assert left.todo.steps == planned.todo.steps[done:]
    assert states(carry_out(events, tmp_path, [BY_ID])) == ["built"]
    assert all(valid for _, valid in tree(events))


def test_the_index_that_a_partition_has_already_is_attached(events: Session, tmp_path: Path) -> None:
    events.script('CREATE INDEX mine ON "P;s"."e 2024" (id)')
    carry_out(events, tmp_path, [BY_ID])
    assert indexes(events, '"P;s"."e 2024"') == {"mine": True}
    assert ('"P;s".mine', True) in tree(events)


def test_a_partition_that_was_added_meanwhile_is_not_forgotten(events: Session, tmp_path: Path) -> None:
    events.script("CREATE INDEX events_by_id ON ONLY events (id)")
    events.script("CREATE TABLE e2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")
    assert states(carry_out(events, tmp_path, [BY_ID])) == ["built"]
    assert all(valid for _, valid in tree(events))
    assert len(tree(events)) == 5


def test_long_names_stay_different(database: Database, tmp_path: Path) -> None:
    name = "Ä" * 30
    database.session.script(f'CREATE TABLE "{name}" (a int) PARTITION BY LIST (a)')
    for number in (1, 2):
        database.session.script(f'CREATE TABLE "{name}{number}" PARTITION OF "{name}" FOR VALUES IN ({number})')
    applied = carry_out(database.session, tmp_path, [f'CREATE INDEX "{name}x" ON "{name}" (a)'])
    assert states(applied) == ["built"]
    assert all(indexes(database.session, f'"{name}{number}"').values() for number in (1, 2))


def test_a_table_without_partitions_gets_a_valid_index(database: Database, tmp_path: Path) -> None:
    database.session.script("CREATE TABLE events (id int) PARTITION BY LIST (id)")
    assert states(carry_out(database.session, tmp_path, [BY_ID])) == ["built"]
    assert tree(database.session) == [("events_by_id", True)]


def test_a_foreign_partition_is_left_out(events: Session, tmp_path: Path) -> None:
    events.script("CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
    events.script(
        "CREATE FOREIGN TABLE old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
        " SERVER files OPTIONS (filename '/dev/null')"
    )
    assert states(carry_out(events, tmp_path, [BY_ID])) == ["built"]
    assert states(carry_out(events, tmp_path, [BY_ID])) == ["unchanged"]


def test_one_partitions_index_is_not_dropped_alone(events: Session, tmp_path: Path) -> None:
    carry_out(events, tmp_path, [BY_ID])
    applied = carry_out(events, tmp_path, drop=["DROP INDEX e2025_a_e2025_events_by_id"])
    assert states(applied) == ["failed"]


def test_it_is_undone_with_all_its_parts(events: Session, tmp_path: Path) -> None:
    carry_out(events, tmp_path, [BY_ID])
    undone = undo(events, tmp_path / "undo.json", limits=IMPATIENT)
    assert "failed" not in {outcome.state for outcome in undone.outcomes}
    assert indexes(events, "events") == indexes(events, "e2025_a") == indexes(events, '"P;s"."e 2024"') == {}


def test_its_drop_is_undone(events: Session, tmp_path: Path) -> None:
    events.script("CREATE INDEX events_by_id ON events (id)")
    assert states(carry_out(events, tmp_path, drop=["DROP INDEX CONCURRENTLY events_by_id"])) == ["dropped"]
    undo(events, tmp_path / "undo.json", limits=IMPATIENT)
    assert len(tree(events)) == 4
    assert all(valid for _, valid in tree(events))
