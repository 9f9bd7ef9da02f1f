"""Building and dropping indexes on a real server: what is there afterwards, whatever happened in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import AlreadyRunning, FileError
from dbopt.index.run import Listener
from dbopt.postgres.exclusive import INDEXES
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import connect
from tests.index.changes import BY_CUSTOMER, BY_STATUS, IMPATIENT, carry_out, indexes, states
from tests.servers import Database


def test_an_index_is_built(shop: Database, tmp_path: Path) -> None:
    applied = carry_out(shop.session, tmp_path, [BY_STATUS])
    assert states(applied) == ["built"]
    assert applied.outcomes[0].size_bytes
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


def test_a_second_run_finds_it_and_changes_nothing(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    (tmp_path / "undo.json").unlink()
    again = carry_out(shop.session, tmp_path, [BY_STATUS])
    assert (states(again), again.outcomes[0].remark) == (["unchanged"], "exists already")
    assert again.undo_file is None
    assert not (tmp_path / "undo.json").exists()


def test_the_same_index_under_another_name_is_enough(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX other ON orders (status)")
    applied = carry_out(shop.session, tmp_path, [BY_STATUS])
    assert states(applied) == ["unchanged"]
    assert applied.outcomes[0].index == "public.other"


def test_a_unique_index_serves_where_a_plain_one_is_asked_for(shop: Database, tmp_path: Path) -> None:
    applied = carry_out(shop.session, tmp_path, ["CREATE INDEX CONCURRENTLY x ON customers (id)"])
    assert (states(applied), applied.outcomes[0].index) == (["unchanged"], "public.customers_pkey")


def test_the_name_with_another_definition_fails(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX orders_by_status ON orders (placed_at)")
    applied = carry_out(shop.session, tmp_path, [BY_STATUS])
    assert states(applied) == ["failed"]
    assert "is taken" in applied.outcomes[0].remark


def test_the_name_of_a_table_fails(shop: Database, tmp_path: Path) -> None:
    applied = carry_out(shop.session, tmp_path, ["CREATE INDEX customers ON orders (status)"])
    assert states(applied) == ["failed"]
    assert "is taken" in applied.outcomes[0].remark


def test_an_index_without_a_name_gets_postgresqls(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, ["CREATE INDEX ON orders (status, lower(status))"])
    assert indexes(shop.session, "orders") == {"orders_status_lower_idx": True}


def test_an_index_on_an_expression_brings_statistics_of_it(shop: Database, tmp_path: Path) -> None:
    text = "CREATE INDEX by_lower ON orders (lower(status))"
    assert states(carry_out(shop.session, tmp_path, [text])) == ["built"]
    known = shop.session.fetch(sql.SQL("SELECT n_distinct FROM pg_stats WHERE tablename = 'by_lower'"))
    assert len(known) == 1
    assert states(carry_out(shop.session, tmp_path, [text])) == ["unchanged"]


def test_odd_names_are_quoted(shop: Database, tmp_path: Path) -> None:
    text = 'CREATE INDEX CONCURRENTLY "i""; x" ON public."we""ird; Täble" USING btree ("Näme") WHERE "i;d" > 3'
    assert states(carry_out(shop.session, tmp_path, [text])) == ["built"]
    assert states(carry_out(shop.session, tmp_path, [text])) == ["unchanged"]
    assert indexes(shop.session, '"we""ird; Täble"') == {'i"; x': True}


def test_a_schema_outside_the_search_path(database: Database, tmp_path: Path) -> None:
    database.session.script('CREATE SCHEMA "S x"; CREATE TABLE "S x".t (a int, "B" int)')
    text = 'CREATE INDEX CONCURRENTLY i ON "S x".t USING btree ("B" DESC) INCLUDE (a)'
    assert states(carry_out(database.session, tmp_path, [text])) == ["built"]
    assert states(carry_out(database.session, tmp_path, [text], ['DROP INDEX "S x".i'])) == ["unchanged", "dropped"]


def test_a_materialized_view_is_indexed(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE MATERIALIZED VIEW m AS SELECT status FROM orders")
    assert states(carry_out(shop.session, tmp_path, ["CREATE INDEX m_i ON m (status)"])) == ["built"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE INDEX x ON nowhere (a)", "there is no table nowhere"),
        ("CREATE INDEX x ON orders (nope)", "does not exist"),
        ("CREATE INDEX x ON orders (status", "syntax error"),
        ("CREATE INDEX x ON v (status)", "is not a table"),
    ],
)
def test_a_failed_item_does_not_stop_the_others(shop: Database, tmp_path: Path, text: str, message: str) -> None:
    shop.session.script("CREATE VIEW v AS SELECT * FROM orders")
    applied = carry_out(shop.session, tmp_path, [text, BY_STATUS])
    assert states(applied) == ["failed", "built"]
    assert message in applied.outcomes[0].remark


def test_a_violated_uniqueness_leaves_no_invalid_index(shop: Database, tmp_path: Path) -> None:
    applied = carry_out(shop.session, tmp_path, ["CREATE UNIQUE INDEX u ON orders (status)", BY_STATUS])
    assert states(applied) == ["failed", "built"]
    assert "could not create unique index" in applied.outcomes[0].remark
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


def test_an_invalid_left_over_is_built_anew(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX orders_by_status ON orders (status)")
    shop.session.script("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_by_status'::regclass")
    assert states(carry_out(shop.session, tmp_path, [BY_STATUS])) == ["built"]
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


@pytest.mark.parametrize("mode", ["ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ROW EXCLUSIVE"])
def test_a_held_lock_is_waited_for_and_then_given_up_cleanly(shop: Database, tmp_path: Path, mode: str) -> None:
    attempts: list[str] = []
    listener = Listener(on_progress=lambda phase, _done, _total: attempts.append(phase))
    with shop.session.another() as other, other.transaction():
        other.script(f"LOCK TABLE orders IN {mode} MODE")
        applied = carry_out(shop.session, tmp_path, [BY_STATUS], listener=listener)
    assert states(applied) == ["failed"]
    assert any("trying again" in phase for phase in attempts)
    assert indexes(shop.session, "orders") == {}


def test_a_lock_that_is_released_in_time_is_waited_for(shop: Database, tmp_path: Path) -> None:
    released = threading.Event()
    with shop.session.another() as other:
        other.script("BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE")

        def release(phase: str, _done: int, _total: int) -> None:
            if "trying again" in phase and not released.is_set():
                released.set()
                other.script("COMMIT")

        applied = carry_out(shop.session, tmp_path, [BY_STATUS], listener=Listener(on_progress=release))
    assert released.is_set()
    assert states(applied) == ["built"]


def test_an_old_snapshot_is_named_and_given_up_on_after_the_wait_timeout(shop: Database, tmp_path: Path) -> None:
    seen: list[str] = []
    listener = Listener(on_progress=lambda phase, _done, _total: seen.append(phase))
    limits = Limits(lock_timeout_ms=2000, retries=0, wait_timeout_ms=500)
    with shop.session.another() as other:
        other.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM customers")
        applied = carry_out(shop.session, tmp_path, [BY_STATUS], limits=limits, listener=listener)
        assert states(applied) == ["failed"]
        assert f"pid {other.backend_pid}" in applied.outcomes[0].remark
        assert any(f"pid {other.backend_pid}" in phase for phase in seen)
    assert indexes(shop.session, "orders") == {}


def test_indexes_are_dropped(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX odd ON orders (status)")
    applied = carry_out(shop.session, tmp_path, drop=["DROP INDEX CONCURRENTLY public.odd", "DROP INDEX nowhere"])
    assert states(applied) == ["dropped", "unchanged"]
    assert indexes(shop.session, "orders") == {}


@pytest.mark.parametrize("index", ["orders_pkey", "orders", "replica"])
def test_what_something_depends_on_is_not_dropped(shop: Database, tmp_path: Path, index: str) -> None:
    shop.session.script("CREATE UNIQUE INDEX replica ON customers (id)")
    shop.session.script("ALTER TABLE customers REPLICA IDENTITY USING INDEX replica")
    assert states(carry_out(shop.session, tmp_path, drop=[f"DROP INDEX {index}"])) == ["failed"]


def test_a_drop_waits_for_readers_and_gives_up_before_it_begins(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX odd ON orders (status)")
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders IN ACCESS SHARE MODE")
        applied = carry_out(shop.session, tmp_path, drop=["DROP INDEX odd"])
    assert states(applied) == ["failed"]
    assert indexes(shop.session, "orders") == {"odd": True}


def test_a_lack_of_space_is_noticed_before_the_build(shop: Database, tmp_path: Path) -> None:
    from dbopt.index.apply import apply, items_of
    from tests.index.changes import advice

    items = items_of(advice([BY_STATUS], size_bytes=2**60))
    applied = apply(shop.session, items, tmp_path / "undo.json", limits=IMPATIENT)
    assert states(applied) == ["failed"]
    assert "there is no room" in applied.outcomes[0].remark


def test_only_one_runs_at_a_time(shop: Database, tmp_path: Path) -> None:
    with shop.session.another() as other:
        assert other.row("postgres/lock", key=INDEXES)["locked"]
        with pytest.raises(AlreadyRunning) as refusal:
            carry_out(shop.session, tmp_path, [BY_STATUS])
        assert str(other.backend_pid) in (refusal.value.hint or "")
    assert refusal.value.exit_code == 75


def test_the_undo_file_of_another_database_is_not_overwritten(
    shop: Database, tmp_path: Path, new_database: Callable[..., Database]
) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    before = (tmp_path / "undo.json").read_text()
    other = new_database(shop.server, "CREATE TABLE orders (status int)")
    with pytest.raises(FileError, match="holds the undo of database"):
        carry_out(other.session, tmp_path, [BY_STATUS])
    assert (tmp_path / "undo.json").read_text() == before
    assert indexes(other.session, "orders") == {}


def test_two_runs_may_share_an_undo_file(shop: Database, tmp_path: Path) -> None:
    carry_out(shop.session, tmp_path, [BY_STATUS])
    carry_out(shop.session, tmp_path, [BY_CUSTOMER])
    text = (tmp_path / "undo.json").read_text()
    assert "orders_by_status" in text
    assert "orders_by_customer" in text


def test_a_role_that_does_not_own_the_table_is_told_how_to(shop: Database, tmp_path: Path) -> None:
    role = f"stranger_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN")
    try:
        with connect(shop.dsn, user=role) as session:
            applied = carry_out(session, tmp_path, [BY_STATUS])
    finally:
        shop.session.script(f"DROP ROLE {role}")
    assert states(applied) == ["failed"]
    assert applied.outcomes[0].remark == "only the owner of public.orders may build an index on it"
    assert applied.outcomes[0].hint == "connect as postgres to apply this"


def test_an_owner_without_temporary_tables_can_build(shop: Database, tmp_path: Path) -> None:
    role = f"owner_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN; ALTER TABLE orders OWNER TO {role}")
    shop.session.script(f"REVOKE TEMPORARY ON DATABASE {shop.name} FROM PUBLIC")
    shop.session.script(f"GRANT CREATE ON SCHEMA public TO {role}")
    try:
        with connect(shop.dsn, user=role) as session:
            assert states(carry_out(session, tmp_path, [BY_STATUS])) == ["built"]
            assert states(carry_out(session, tmp_path, [BY_STATUS])) == ["unchanged"]
    finally:
        shop.session.script(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_lost_connection_leaves_no_invalid_index(shop: Database, tmp_path: Path) -> None:
    from dbopt.errors import ServerError

    with shop.session.another() as other, shop.session.another() as builder:
        other.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM customers")

        def end(phase: str, _done: int, _total: int) -> None:
            if phase.startswith("waiting for old snapshots"):
                shop.session.execute(sql.SQL("SELECT pg_terminate_backend(%(pid)s)"), {"pid": builder.backend_pid})

        with pytest.raises(ServerError):
            carry_out(builder, tmp_path, [BY_STATUS], listener=Listener(on_progress=end))
    assert indexes(shop.session, "orders") == {}
