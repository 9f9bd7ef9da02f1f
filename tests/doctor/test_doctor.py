"""What doctor finds, and that the SQL it gives mends it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from psycopg import sql

from dbopt.doctor.checks import CHECKS
from dbopt.doctor.examine import examine
from dbopt.doctor.model import Checked
from dbopt.postgres.session import Session, connect
from tests.servers import Database

Command = Callable[..., tuple[int, str, str]]


def found(session: Session, check: str) -> Checked:
    return next(checked for checked in examine(session).checks if checked.id == check)


def test_ids_are_unique() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)


def test_every_check_can_look_as_a_superuser(shop: Database) -> None:
    assert [checked.id for checked in examine(shop.session).checks if "not observable" in checked.finding] == []


def test_it_changes_nothing_and_leaves_no_transaction(shop: Database) -> None:
    examine(shop.session)
    rows = shop.session.fetch(sql.SQL("SELECT pg_current_xact_id_if_assigned() AS changed, current_schema() AS schema"))
    assert rows == [{"changed": None, "schema": "public"}]


def test_an_empty_database_is_looked_at_too(database: Database) -> None:
    assert len(examine(database.session).checks) == len(CHECKS)


def test_missing_statement_statistics_are_seen_and_mended(database: Database) -> None:
    missing = found(database.session, "pg_stat_statements")
    assert (missing.verdict, missing.fix_sql) == ("fail", "CREATE EXTENSION pg_stat_statements;")
    database.session.script(missing.fix_sql or "")
    assert found(database.session, "pg_stat_statements").verdict == "ok"


def test_the_extensions_schema_need_not_be_on_the_search_path(database: Database) -> None:
    database.session.script('CREATE SCHEMA "S x"; CREATE EXTENSION pg_stat_statements SCHEMA "S x"')
    assert found(database.session, "pg_stat_statements").finding.endswith('in schema "S x"')
    assert found(database.session, "pg_stat_statements-room").verdict in ("ok", "warn")


def test_a_table_without_statistics_is_named_and_mended(shop: Database) -> None:
    shop.session.script('CREATE TABLE "N;ew" AS SELECT generate_series(1, 1000) AS a')
    stale = found(shop.session, "statistics")
    assert stale.verdict == "warn"
    assert 'public."N;ew" was never analysed' in stale.finding
    assert stale.fix_sql is not None
    shop.session.script(stale.fix_sql)
    assert "N;ew" not in found(shop.session, "statistics").finding


def test_an_invalid_index_is_seen_and_mended(shop: Database) -> None:
    shop.session.script('CREATE INDEX "b ad" ON orders (status)')
    assert found(shop.session, "invalid-indexes").verdict == "ok"
    shop.session.script("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"b ad\"'::regclass")
    invalid = found(shop.session, "invalid-indexes")
    assert invalid.fix_sql == 'DROP INDEX CONCURRENTLY IF EXISTS public."b ad";'
    shop.session.script(invalid.fix_sql)
    assert found(shop.session, "invalid-indexes").verdict == "ok"


def test_settings_of_the_session_are_judged(shop: Database) -> None:
    shop.session.script("SET jit = on; SET random_page_cost = 1.1; SET default_statistics_target = 10")
    assert found(shop.session, "jit").verdict == "info"
    assert found(shop.session, "random_page_cost").verdict == "ok"
    assert found(shop.session, "default_statistics_target").fix_sql == (
        "ALTER SYSTEM SET default_statistics_target = 100;\nSELECT pg_reload_conf();"
    )
    shop.session.script("SET jit = off; SET random_page_cost = 4; SET effective_cache_size = '1MB'")
    assert found(shop.session, "jit").verdict == "ok"
    assert found(shop.session, "random_page_cost").verdict == "info"
    assert found(shop.session, "effective_cache_size").verdict == "warn"


def test_autovacuum_is_off_on_the_servers_of_these_tests(shop: Database) -> None:
    assert found(shop.session, "autovacuum").verdict == "warn"


def test_hypopg_is_offered_where_the_server_has_it(shop: Database) -> None:
    offered = found(shop.session, "hypopg")
    assert offered.fix_sql == ("CREATE EXTENSION hypopg;" if shop.server.major == 15 else None)


def test_a_setting_of_a_managed_service_is_not_altered(shop: Database) -> None:
    shop.session.script("CREATE ROLE rds_superuser")
    try:
        assert found(shop.session, "autovacuum").fix_sql is None
    finally:
        shop.session.script("DROP ROLE rds_superuser")


def test_a_role_without_privileges_is_told_what_it_lacks_and_how_to_get_it(shop: Database) -> None:
    role = f"Ro le_{shop.name}"
    quoted = f'"{role}"'
    shop.session.script(f"CREATE ROLE {quoted} LOGIN")
    try:
        with connect(shop.dsn, user=role) as session:
            lacking = {check.id: check for check in examine(session).checks}
        assert lacking["role-statistics"].fix_sql == f"GRANT pg_monitor TO {quoted};"
        assert lacking["role-data"].fix_sql == f"GRANT pg_read_all_data TO {quoted};"
        assert lacking["role-ownership"].fix_sql is None  # the owner is a superuser: no index is worth that
        assert lacking["pg_stat_statements"].verdict == "ok"
        for name in ("role-statistics", "role-data"):
            shop.session.script(lacking[name].fix_sql or "")
        with connect(shop.dsn, user=role) as session:
            assert all(found(session, name).verdict == "ok" for name in ("role-statistics", "role-data"))
    finally:
        shop.session.script(f"DROP ROLE {quoted}")


def test_an_owner_who_may_not_create_in_the_schema_is_told(shop: Database) -> None:
    role = f"owner_{shop.name}"
    shop.session.script(f'CREATE SCHEMA "C s"; CREATE TABLE "C s".t (a int); CREATE ROLE {role} LOGIN')
    shop.session.script(f'ALTER TABLE "C s".t OWNER TO {role}')
    try:
        with connect(shop.dsn, user=role) as session:
            assert found(session, "schema-create").fix_sql == f'GRANT CREATE ON SCHEMA "C s" TO {role};'
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_check_that_may_not_look_says_so(shop: Database) -> None:
    role = f"blind_{shop.name}"
    shop.session.script("REVOKE ALL ON pg_stat_statements_info FROM PUBLIC")
    shop.session.script(f"CREATE ROLE {role} LOGIN")
    try:
        with connect(shop.dsn, user=role) as session:
            blind = found(session, "pg_stat_statements-room")
    finally:
        shop.session.script(f"DROP ROLE {role}")
    assert blind.verdict == "info"
    assert blind.finding.startswith("not observable: the role may not look")


def test_the_command(shop: Database, database: Database, dbopt: Command) -> None:
    code, out, _ = dbopt("doctor", "-d", shop.dsn, "--format", "json")
    result = json.loads(out)
    assert code == 0
    assert list(result) == ["schema", "server_version", "role", "database", "checks"]
    assert result["schema"] == "dbopt.doctor/1"
    assert list(result["checks"][0]) == ["id", "title", "verdict", "finding", "fix_sql"]


def test_a_failed_check_is_exit_code_1(database: Database, dbopt: Command) -> None:
    code, out, _ = dbopt("doctor", "-d", database.dsn)
    assert code == 1
    assert "✗ FAIL" in out


def test_the_mending_sql_runs_as_a_script(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a")
    code, out, _ = dbopt("doctor", "-d", database.dsn, "--format", "sql")
    assert code == 1
    assert "CREATE EXTENSION pg_stat_statements;" in out
    assert "ANALYZE public.t;" in out


@pytest.mark.parametrize("dsn", ["host=/nowhere", "host=127.0.0.1 port=1 password=secret"])
def test_no_server_is_a_clear_error(dbopt: Command, dsn: str) -> None:
    code, _, err = dbopt("doctor", "-d", dsn)
    assert code == 3
    assert "hint:" in err
    assert "secret" not in err
