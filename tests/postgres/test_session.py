"""Sessions: manners towards the server, errors that say what to do, and read-only blocks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from dbopt.errors import ConnectionFailed, LockNotAvailable, QueryFailed, ServerError, StatementTimeout
from dbopt.postgres.failures import as_error
from dbopt.postgres.session import connect
from tests.servers import Database


def test_it_names_itself(database: Database) -> None:
    rows = database.session.fetch(sql.SQL("SELECT current_setting('application_name') AS name"))
    assert rows == [{"name": "dbopt"}]


def test_its_own_statements_are_tagged(database: Database) -> None:
    rows = database.session.fetch(sql.SQL("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
    assert rows[0]["query"].startswith("/* dbopt */")


def test_a_rolled_back_block_refuses_writes(database: Database) -> None:
    with pytest.raises(QueryFailed, match="read-only"), database.session.rolled_back():
        database.session.fetch_workload("CREATE TABLE t (a int)")


def test_a_rolled_back_block_leaves_nothing_even_when_it_may_write(database: Database) -> None:
    with database.session.rolled_back(read_only=False):
        database.session.fetch_workload("CREATE TABLE t (a int)")
    assert database.session.fetch(sql.SQL("SELECT to_regclass('t') AS t")) == [{"t": None}]


def test_a_time_limit_ends_a_statement(database: Database) -> None:
    with pytest.raises(StatementTimeout), database.session.rolled_back(statement_timeout_ms=50):
        database.session.fetch_workload("SELECT pg_sleep(60)")


def test_a_lock_limit_ends_a_wait(database: Database) -> None:
    database.session.script("CREATE TABLE t (a int)")
    with database.session.another() as other, database.session.transaction():
        database.session.execute(sql.SQL("LOCK TABLE t"))
        with pytest.raises(LockNotAvailable), other.rolled_back(lock_timeout_ms=50):
            other.fetch_workload("SELECT * FROM t")


def test_a_second_statement_in_one_string_is_refused(database: Database) -> None:
    with pytest.raises(QueryFailed, match="multiple commands"):
        database.session.fetch_workload("SELECT 1; DROP TABLE customers")


def test_numbered_parameters_take_the_type_the_server_infers(database: Database) -> None:
    rows = database.session.fetch_workload("SELECT g FROM generate_series(1, 9) AS g WHERE g = $1", ["7"])
    assert rows == [{"g": 7}]


def test_more_values_than_the_protocol_has_room_for_are_an_error_of_that_statement(database: Database) -> None:
    sql = f"SELECT count(*) AS n FROM (VALUES {', '.join(f'(${n})' for n in range(1, 65_537))}) AS v"
    with pytest.raises(QueryFailed, match="65,536 parameters are more than"):
        database.session.fetch_workload(sql, ["x"] * 65_536)
    sql = sql.replace(", ($65536)", "")
    assert database.session.fetch_workload(sql, ["x"] * 65_535) == [{"n": 65_535}]


@pytest.mark.parametrize(("is_open", "kind"), [(True, QueryFailed), (False, ConnectionFailed)])
def test_what_libpq_itself_refuses_is_no_lost_connection(is_open: bool, kind: type[ServerError]) -> None:
    error = as_error(psycopg.OperationalError("number of parameters must be between 0 and 65535"), is_open=is_open)
    assert type(error) is kind


@pytest.mark.parametrize("dsn", ["host=/nowhere", "host=127.0.0.1 port=1", "host=no.such.host.invalid"])
def test_no_server_is_a_clear_error(dsn: str) -> None:
    with pytest.raises(ConnectionFailed) as failure:
        connect(dsn)
    assert failure.value.hint
    assert "\n" not in failure.value.message


def test_a_malformed_dsn_is_never_repeated() -> None:
    with pytest.raises(ConnectionFailed) as failure:
        connect("hunter2:secret")
    assert "secret" not in f"{failure.value.message} {failure.value.hint}"
