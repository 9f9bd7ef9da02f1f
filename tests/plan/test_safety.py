"""What may be planned and what may be run."""

from __future__ import annotations

import pytest

from dbopt.errors import UnsafeStatement
from dbopt.plan.explain import explain
from dbopt.plan.safety import danger_in, require_plannable
from tests.plan.plans import statement
from tests.servers import Database


@pytest.mark.parametrize(
    "sql", ["VACUUM", "COPY t TO PROGRAM 'sh'", "LOAD 'x'", "NOTIFY c", "SET a = 1", "-- only a comment", "DO $$ $$"]
)
def test_commands_are_not_planned(sql: str) -> None:
    with pytest.raises(UnsafeStatement, match="no plan"):
        require_plannable(sql)


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "(VALUES (1))", "TABLE t", "/* x */ WITH a AS (SELECT 1) TABLE a", "SELEC 1"]
)
def test_queries_and_what_may_be_meant_as_one_are(sql: str) -> None:
    require_plannable(sql)


DANGEROUS = [
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
    "SELECT PG_CANCEL_BACKEND (1)",
    'SELECT pg_catalog."pg_reload_conf"()',
    "SELECT pg_rotate_logfile()",
    "SELECT pg_stat_reset_single_table_counters(1)",
    "SELECT pg_stat_statements_reset()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_restore_point('x')",
    "SELECT pg_promote()",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT pg_create_logical_replication_slot('a', 'b')",
    "SELECT * FROM pg_logical_slot_get_changes('a', NULL, NULL)",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/x')",
    "SELECT dblink_exec('dbname=x', 'DROP TABLE t')",
    "SELECT pg_file_write('a', 'b', false)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock_shared(1)",
    "SELECT set_config('a.b', 'c', false)",
    "SELECT * FROM t LIMIT pg_advisory_lock(1)",
    "SELECT query_to_xml('SELECT pg_reload_conf()', true, true, '')",
    "SELECT pg_reload_conf/* really */()",
]


@pytest.mark.parametrize("sql", DANGEROUS)
def test_calls_that_a_rollback_does_not_undo_are_found(sql: str) -> None:
    assert danger_in([sql])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(1)",
        "SELECT my_pg_cancel_backend(1)",
        "SELECT now() -- pg_reload_conf()",
        "SELECT /* pg_promote() */ 1",
        "SELECT query FROM pg_stat_activity WHERE query LIKE '%pg_terminate_backend%'",
        "SELECT current_setting('a.b'), http FROM requests",
    ],
)
def test_harmless_calls_are_not(sql: str) -> None:
    assert danger_in([sql]) is None


def refusal(database: Database, sql: str, *parameters: tuple[str | None, ...], allow_dml: bool = False) -> str:
    """Why the statement was not run, or the server's reason to refuse it."""
    done = explain(database.session, statement(sql, *parameters), analyze=True, allow_dml=allow_dml)
    assert not done.executed
    return done.error or done.note or ""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "SELECT pg_reload_conf() FROM orders LIMIT 1",
        "SELECT pg_advisory_lock(1)",
        "SELECT * FROM (VALUES (pg_reload_conf()), (false)) AS v",
        "SELECT 1 FROM orders ORDER BY set_config('a.b', 'c', false) LIMIT 1",
    ],
)
def test_they_are_planned_but_not_run(shop: Database, sql: str) -> None:
    assert "which a rollback does not undo" in refusal(shop, sql)


def test_they_are_found_behind_views(shop: Database) -> None:
    shop.session.script('CREATE VIEW "Bad View" AS SELECT pg_try_advisory_lock(1) AS locked')
    shop.session.script('CREATE VIEW outer_view AS SELECT * FROM "Bad View" LIMIT 5')
    assert "pg_try_advisory_lock" in refusal(shop, "SELECT * FROM outer_view")


def test_they_are_found_behind_functions_that_call_functions(shop: Database) -> None:
    shop.session.script("""
        CREATE FUNCTION inner_most() RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN pg_reload_conf(); END';
        CREATE FUNCTION "Middle"() RETURNS bool LANGUAGE sql AS 'SELECT inner_most()';
        CREATE FUNCTION atomic() RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT "Middle"(); END;
        CREATE VIEW calls AS SELECT id FROM orders WHERE atomic()
    """)
    assert "function public.inner_most" in refusal(shop, "SELECT * FROM calls")


def test_they_are_found_in_values_that_are_run_as_sql(shop: Database) -> None:
    found = refusal(shop, "SELECT query_to_xml($1, true, true, '')", ("SELECT pg_reload_conf()",))
    assert "pg_reload_conf" in found


def test_a_function_in_a_trusted_language_runs(shop: Database) -> None:
    shop.session.script("CREATE FUNCTION double(a int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 2 * a; END'")
    assert explain(shop.session, statement("SELECT double(3)"), analyze=True).executed


def test_triggers_are_looked_at_before_a_change_is_run(shop: Database) -> None:
    shop.session.script("""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_notify(''a'', ''b''); RETURN NEW; END';
        CREATE TRIGGER telling BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tell()
    """)
    assert "trigger public.telling" in refusal(shop, "UPDATE orders SET total = 1 WHERE id = 1", allow_dml=True)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM items", "it is a DELETE"),
        ("INSERT INTO items SELECT * FROM items", "it is an INSERT"),
        ("UPDATE orders SET total = 0", "it is an UPDATE"),
        ("WITH gone AS (DELETE FROM items RETURNING *) SELECT count(*) FROM gone", "it is a DELETE"),
        ("SELECT * FROM orders FOR UPDATE", "it locks rows"),
        ("SELECT * INTO copied FROM orders", "utility"),
        ("CREATE TABLE copied AS SELECT * FROM orders", "utility"),
    ],
)
def test_changes_of_data_are_planned_only(shop: Database, sql: str, reason: str) -> None:
    assert reason in refusal(shop, sql)


@pytest.mark.pg(">= 17")
def test_merge_is_planned_only(shop: Database) -> None:
    sql = "MERGE INTO orders o USING customers c ON c.id = o.id WHEN MATCHED THEN UPDATE SET total = 0"
    assert "it is a MERGE" in refusal(shop, sql)


def test_allowed_changes_are_run_and_rolled_back(shop: Database) -> None:
    done = explain(shop.session, statement("DELETE FROM items WHERE order_id < 50"), analyze=True, allow_dml=True)
    assert done.executed
    assert "rolled back" in (done.note or "")
    assert shop.session.fetch_workload("SELECT count(*) FROM items") == [{"count": 100_000}]


def test_sequences_are_never_advanced_by_a_query(shop: Database) -> None:
    shop.session.script("CREATE SEQUENCE numbers")
    assert "read-only" in refusal(shop, "SELECT nextval('numbers')", allow_dml=True)
    assert shop.session.fetch_workload("SELECT is_called FROM numbers") == [{"is_called": False}]


def test_a_second_statement_never_slips_in(shop: Database) -> None:
    for sql in ("SELECT 1; COMMIT; DROP TABLE items", "SELECT * FROM orders WHERE id = $1; COMMIT; DROP TABLE items"):
        assert "multiple commands" in refusal(shop, sql)
    assert shop.session.fetch_workload("SELECT to_regclass('items') IS NULL AS gone") == [{"gone": False}]
