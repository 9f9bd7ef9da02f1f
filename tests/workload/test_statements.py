"""A workload from pg_stat_statements, on each server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from dbopt.errors import FeatureMissing, PrivilegeMissing
from dbopt.postgres.session import connect
from dbopt.workload.captured import Captured
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.model import Statement
from dbopt.workload.statements import capture
from tests.servers import Database, Server

Run = Callable[..., None]


@pytest.fixture
def run(shop: Database) -> Iterator[Run]:
    """An application: it runs statements on a connection of its own."""
    with psycopg.connect(shop.dsn, autocommit=True) as connection:

        def execute(*statements: str, times: int = 1) -> None:
            for statement in statements * times:
                connection.execute(statement.encode())

        shop.session.fetch(sql.SQL("SELECT pg_stat_statements_reset()"))
        yield execute


def found(captured: Captured, statement: str) -> Statement:
    [one] = [one for one in captured.workload.statements if one.id == fingerprint(statement)]
    return one


def test_calls_time_and_rows_are_told(shop: Database, run: Run) -> None:
    run("SELECT * FROM orders WHERE id = 5", "SELECT * FROM orders WHERE id = 7")
    one = found(capture(shop.session), "SELECT * FROM orders WHERE id = $1")
    assert (one.calls, one.rows, one.kind, one.tables) == (2, 2, "select", ("orders",))
    assert one.total_ms is not None
    assert one.total_ms > 0
    assert one.mean_ms == pytest.approx(one.total_ms / 2)


def test_the_source_is_told(shop: Database, run: Run) -> None:
    run("SELECT count(*) FROM orders")
    source = capture(shop.session).workload.source
    assert (source.kind, source.database) == ("pg_stat_statements", shop.name)
    assert source.server_version == shop.session.server_version
    assert (source.captured_at or "").endswith("+00:00")


def test_lists_of_different_length_are_one_statement(shop: Database, run: Run) -> None:
    run("SELECT * FROM orders WHERE id IN (1, 2)", "SELECT * FROM orders WHERE id IN (1, 2, 3)")
    captured = capture(shop.session)
    assert len(captured.workload.statements) == 1
    assert found(captured, "SELECT * FROM orders WHERE id IN ($1)").calls == 2


def test_statements_of_several_users_are_one(shop: Database, run: Run, server: Server) -> None:
    run("SELECT count(*) FROM customers")
    role = f"reader_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON customers TO {role}")
    try:
        run(f"SET ROLE {role}", "SELECT count(*) FROM customers", "RESET ROLE")
        assert found(capture(shop.session), "SELECT count(*) FROM customers").calls == 2
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_odd_names_are_captured_as_they_are(shop: Database, run: Run) -> None:
    statement = 'SELECT "Näme" FROM "we""ird; Täble" WHERE "i;d" = 5'
    run(statement)
    one = found(capture(shop.session), statement)
    assert one.tables == ('"we""ird; Täble"',)
    assert one.sql == statement.replace("= 5", "= $1")


def test_what_is_no_work_is_left_out_and_counted(shop: Database, run: Run) -> None:
    run("BEGIN", "SELECT 1", "COMMIT", "SET work_mem = '4MB'", "SHOW work_mem", "SELECT count(*) FROM pg_class")
    run("VACUUM customers", "EXPLAIN SELECT 1", "SELECT * FROM information_schema.tables", "SELECT count(*) FROM items")
    shop.session.rows("workload/catalog_names")
    captured = capture(shop.session)
    assert [one.sql for one in captured.workload.statements] == ["SELECT count(*) FROM items"]
    assert {note.partition(" x ")[2] for note in captured.notes if " x " in note} >= {
        "utility command", "catalog query", "ping", "dbopt's own",
    }  # fmt: skip


def test_a_table_of_the_user_may_be_called_pg_something(shop: Database, run: Run) -> None:
    run("CREATE TABLE pg_search_documents (a int)", "SELECT * FROM pg_search_documents WHERE a = 1")
    assert found(capture(shop.session), "SELECT * FROM pg_search_documents WHERE a = $1")


def test_other_databases_are_left_out_unless_named(
    shop: Database, run: Run, new_database: Callable[..., Database]
) -> None:
    other = new_database(shop.server, "CREATE EXTENSION pg_stat_statements")
    run("SELECT count(*) FROM orders")
    captured = capture(other.session)
    assert captured.workload.statements == ()
    assert f"of database {shop.name} (--database)" in " ".join(captured.notes)
    assert found(capture(other.session, databases=[shop.name]), "SELECT count(*) FROM orders")


def test_the_dearest_come_first_and_top_limits_them(shop: Database, run: Run) -> None:
    run("SELECT id FROM customers WHERE id = 1", "SELECT sum(price) FROM items", "SELECT sum(total) FROM orders")
    everything = capture(shop.session).workload.statements
    totals = [one.total_ms or 0 for one in everything]
    assert totals == sorted(totals, reverse=True)
    assert capture(shop.session, top=1).workload.statements == everything[:1]


def test_limits_on_calls_and_mean(shop: Database, run: Run) -> None:
    run("SELECT id FROM customers WHERE id = 1", times=3)
    run("SELECT sum(price) FROM items")
    often = capture(shop.session, min_calls=3).workload.statements
    assert [one.calls for one in often] == [3]
    assert capture(shop.session, min_mean_ms=1e9).workload.statements == ()


def test_a_changing_statement_is_captured(shop: Database, run: Run) -> None:
    run("WITH gone AS (DELETE FROM items WHERE order_id = 1 RETURNING *) SELECT count(*) FROM gone")
    assert [one.kind for one in capture(shop.session).workload.statements] == ["delete"]


def test_the_extension_may_be_in_any_schema(shop: Database, run: Run) -> None:
    shop.session.script('CREATE SCHEMA "Odd; one"; ALTER EXTENSION pg_stat_statements SET SCHEMA "Odd; one"')
    run("SELECT count(*) FROM items")
    assert found(capture(shop.session), "SELECT count(*) FROM items")


def test_a_missing_extension_is_named_with_its_cure(database: Database) -> None:
    with pytest.raises(FeatureMissing, match="lacks the extension") as failure:
        capture(database.session)
    assert failure.value.hint == "CREATE EXTENSION pg_stat_statements"


def test_an_extension_older_than_the_server_is_named(new_database: Callable[..., Database], pg15: Server) -> None:
    old = new_database(pg15, "CREATE EXTENSION pg_stat_statements VERSION '1.7'")
    with pytest.raises(FeatureMissing, match=r"version 1\.7") as failure:
        capture(old.session)
    assert failure.value.hint == "ALTER EXTENSION pg_stat_statements UPDATE"


def test_a_role_without_privileges_is_told_what_it_lacks(shop: Database, run: Run) -> None:
    run("SELECT count(*) FROM orders")
    role = f"nobody_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON customers TO {role}")
    try:
        with psycopg.connect(f"{shop.dsn} user={role}", autocommit=True) as connection:
            with pytest.raises(PrivilegeMissing) as failure:
                capture_as(shop, role)
            assert failure.value.hint == f"GRANT pg_read_all_stats TO {role}"
            connection.execute("SELECT max(email) FROM customers")
        captured = capture_as(shop, role)
        assert [one.sql for one in captured.workload.statements] == ["SELECT max(email) FROM customers"]
        assert "pg_read_all_stats" in " ".join(captured.notes)
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("revoked", ["USAGE ON SCHEMA stats", "EXECUTE ON FUNCTION stats.pg_stat_statements(boolean)"])
def test_a_role_that_may_not_use_the_extension_is_told_so(shop: Database, run: Run, revoked: str) -> None:
    role = f"outside_{shop.name}"
    shop.session.script(
        "CREATE SCHEMA stats; GRANT USAGE ON SCHEMA stats TO public;"
        f"ALTER EXTENSION pg_stat_statements SET SCHEMA stats; REVOKE {revoked} FROM public; CREATE ROLE {role} LOGIN"
    )
    try:
        with pytest.raises(PrivilegeMissing, match="may not use pg_stat_statements in schema stats") as failure:
            capture_as(shop, role)
        assert failure.value.hint == f"GRANT {revoked} TO {role}"
        shop.session.script(failure.value.hint)
        run("SELECT count(*) FROM items")
        with pytest.raises(PrivilegeMissing, match="may not see the statements of other roles"):
            capture_as(shop, role)
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def capture_as(shop: Database, role: str) -> Captured:
    with connect(f"{shop.dsn} user={role}") as session:
        return capture(session)
