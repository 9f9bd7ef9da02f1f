"""Undo restores what was there before an apply, however far that came."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from psycopg import sql

from dbopt import documents
from dbopt.errors import CorruptDocument, FileError, FileMissing, UnsafeStatement
from dbopt.index.journal import UndoFile, UndoStep
from dbopt.index.undo import undo
from dbopt.postgres.session import Session
from tests.index.changes import BY_CUSTOMER, BY_STATUS, IMPATIENT, carry_out, indexes
from tests.servers import Database

ODD = "CREATE UNIQUE INDEX \"odd ; one\" ON public.orders USING btree (id DESC) WHERE (status = 'done'::text)"


def definition(session: Session, index: str) -> str:
    rows = session.fetch(sql.SQL("SELECT pg_get_indexdef(%(i)s::regclass) AS text"), {"i": index})
    return str(rows[0]["text"])


def written(path: Path) -> dict[str, list[str]]:
    return {"states": [step["state"] for step in json.loads(path.read_text())["steps"]]}


def test_what_was_built_is_dropped_and_what_was_dropped_is_built(shop: Database, tmp_path: Path) -> None:
    shop.session.script(ODD)
    carry_out(shop.session, tmp_path, [BY_STATUS, BY_CUSTOMER], ['DROP INDEX CONCURRENTLY "odd ; one"'])
    assert set(indexes(shop.session, "orders")) == {"orders_by_status", "orders_by_customer"}
    undone = undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT)
    assert [outcome.state for outcome in undone.outcomes] == ["built", "dropped", "dropped"]
    assert indexes(shop.session, "orders") == {"odd ; one": True}
    assert definition(shop.session, '"odd ; one"') == ODD


def test_one_of_two_equal_indexes_comes_back(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX one ON orders (status); CREATE INDEX other ON orders (status)")
    carry_out(shop.session, tmp_path, [], ["DROP INDEX CONCURRENTLY other"])
    undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT)
    assert set(indexes(shop.session, "orders")) == {"one", "other"}


def test_a_second_undo_does_nothing(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT)
    assert written(tmp_path / "undo.json") == {"states": ["undone"]}
    assert undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT).outcomes == ()


def test_a_step_that_was_started_is_undone_too(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    path = tmp_path / "undo.json"
    path.write_text(path.read_text().replace('"done"', '"started"'))
    undo(shop.session, path, limits=IMPATIENT)
    assert indexes(shop.session, "orders") == {}


def test_a_planned_step_is_left_alone(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    path = tmp_path / "undo.json"
    path.write_text(path.read_text().replace('"done"', '"planned"'))
    undo(shop.session, path, limits=IMPATIENT)
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


def test_an_index_that_got_the_name_later_is_kept(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    shop.session.script("DROP INDEX orders_by_status; CREATE INDEX orders_by_status ON orders (placed_at)")
    undone = undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT)
    assert undone.outcomes[0].remark == "another index has this name now"
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


def test_the_file_is_there_before_the_first_change(shop: Database, tmp_path: Path) -> None:
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        carry_out(shop.session, tmp_path, [BY_STATUS, "CREATE INDEX x ON customers (name)"])
    assert written(tmp_path / "undo.json") == {"states": ["failed", "failed", "done"]}


def test_an_unwritable_undo_file_stops_it_before_the_first_change(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(FileError):
        carry_out(shop.session, tmp_path / "nowhere", [BY_STATUS])
    assert indexes(shop.session, "orders") == {}


def test_a_failed_undo_stays_to_be_done(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        assert undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT).failed
    assert written(tmp_path / "undo.json") == {"states": ["done"]}
    assert not undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT).failed
    assert indexes(shop.session, "orders") == {}


def test_a_hostile_undo_file_is_refused(shop: Database, tmp_path: Path) -> None:
    steps = (UndoStep(BY_STATUS, "DROP TABLE customers CASCADE", "done"),)
    path = tmp_path / "undo.json"
    path.write_text(documents.dump(UndoFile("18.0", shop.name, "", steps)))
    with pytest.raises(UnsafeStatement):
        undo(shop.session, path)
    assert shop.session.fetch(sql.SQL("SELECT count(*) AS n FROM customers")) == [{"n": 5000}]


def test_the_file_of_another_database_is_refused(shop: Database, tmp_path: Path) -> None:
    path = tmp_path / "undo.json"
    path.write_text(documents.dump(UndoFile("18.0", "elsewhere", "", ())))
    with pytest.raises(FileError, match="written for database elsewhere"):
        undo(shop.session, path)


def test_a_corrupt_or_missing_file_is_a_clear_error(shop: Database, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"schema": "dbopt.undo/1", "steps": 3}')
    with pytest.raises(CorruptDocument):
        undo(shop.session, tmp_path / "bad.json")
    with pytest.raises(FileMissing):
        undo(shop.session, tmp_path / "none.json")


def test_the_tablespace_of_a_dropped_index_is_kept(shop: Database, tmp_path: Path) -> None:
    name = f"space_{shop.name}"
    shop.session.script("SET allow_in_place_tablespaces = on")
    shop.session.script(f"CREATE TABLESPACE {name} LOCATION ''")
    try:
        shop.session.script(f"CREATE INDEX odd ON orders (status) TABLESPACE {name} WHERE total > 1")
        carry_out(shop.session, tmp_path, drop=["DROP INDEX odd"])
        undo(shop.session, tmp_path / "undo.json", limits=IMPATIENT)
        rows = shop.session.fetch(sql.SQL("SELECT tablespace FROM pg_indexes WHERE indexname = 'odd'"))
        assert rows == [{"tablespace": name}]
    finally:
        shop.session.script("DROP INDEX IF EXISTS odd")
        shop.session.script(f"DROP TABLESPACE {name}")
