"""Values for parameters, on each server: every set is planned by the server before it is given out."""

from __future__ import annotations

import psycopg
import pytest

from dbopt.plan.explain import explain_workload
from dbopt.postgres.session import Session, connect
from dbopt.workload.files import single
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.parameters import with_parameters
from tests.servers import Database


def completed(session: Session, sql: str, sets: int = 3) -> tuple[Statement, str]:
    workload, notes = with_parameters(session, single(sql), sets)
    return workload.statements[0], " ".join(notes)


def values(session: Session, sql: str, sets: int = 3) -> tuple[tuple[str | None, ...], ...]:
    return completed(session, sql, sets)[0].parameters


def test_the_most_common_value_comes_first(shop: Database) -> None:
    statement, notes = completed(shop.session, "SELECT * FROM orders WHERE status = $1")
    assert statement.parameters == (("done",), ("shipped",), ("open",))
    assert (statement.parameters_from, notes) == ("statistics", "")


def test_unique_columns_give_values_that_exist(shop: Database) -> None:
    found = values(shop.session, "SELECT * FROM customers WHERE email = $1")
    assert len(found) == 3
    for row in found:
        assert shop.session.fetch_workload("SELECT 1 AS one FROM customers WHERE email = $1", row) == [{"one": 1}]


def test_fewer_values_than_sets_are_not_repeated(shop: Database) -> None:
    shop.session.script("CREATE TABLE flags AS SELECT true AS flag FROM generate_series(1, 100); ANALYZE flags")
    assert values(shop.session, "SELECT * FROM flags WHERE flag = $1") == (("t",),)


def test_ranges_have_rows_in_them(shop: Database) -> None:
    sql = "SELECT count(*) > 0 AS some FROM orders WHERE placed_at BETWEEN $1 AND $2"
    for row in values(shop.session, sql):
        assert shop.session.fetch_workload(sql, row) == [{"some": True}]


def test_an_interval_added_to_a_bound_stays_an_interval(shop: Database) -> None:
    sql = "SELECT * FROM orders WHERE placed_at >= $1 AND placed_at < $2::timestamptz + $3::interval"
    for low, high, interval in values(shop.session, sql):
        assert low is not None
        assert high is not None
        assert low < high
        assert interval == "1 day"


def test_patterns_match_something(shop: Database) -> None:
    sql = "SELECT count(*) > 0 AS some FROM customers WHERE email LIKE $1"
    for row in values(shop.session, sql):
        assert row[0] is not None
        assert row[0].endswith("%")
        assert shop.session.fetch_workload(sql, row) == [{"some": True}]


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT * FROM orders LIMIT $1 OFFSET $2", ("10", "0")),
        ("SELECT count(*) FROM orders WHERE placed_at > now() - $1::interval", ("1 day",)),
        ("SELECT date_trunc($1, placed_at AT TIME ZONE $2) FROM orders", ("day", "UTC")),
        ("SELECT $1::interval, $2::jsonb, $3::int[], $4::bool", ("1 day", "{}", "{}", "true")),
    ],
)
def test_without_a_column_the_type_decides(shop: Database, sql: str, first: tuple[str, ...]) -> None:
    statement, _ = completed(shop.session, sql)
    assert statement.parameters[0] == first
    assert statement.parameters_from == "types"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE c.country = $1 AND o.total > $2",
        "SELECT * FROM orders WHERE id IN ($1, $2, $3)",
        "SELECT * FROM orders WHERE id = ANY ($1)",
        "SELECT * FROM orders WHERE (status, id) > ($1, $2) ORDER BY status, id LIMIT $3",
        "SELECT * FROM customers WHERE lower(email) = $1",
        "SELECT * FROM orders WHERE extract(year FROM placed_at) = $1 AND status = $2",
        "SELECT * FROM orders WHERE placed_at::date = $1",
        "WITH x AS (SELECT * FROM orders WHERE status = $1) SELECT * FROM x WHERE x.total < $2",
        'SELECT * FROM "we""ird; Täble" WHERE "i;d" = $1 AND "Näme" LIKE $2',
        "INSERT INTO orders (customer_id, status, total, placed_at) VALUES ($1, $2, $3, $4)",
        "UPDATE orders SET status = $1 WHERE id = $2",
        "DELETE FROM orders WHERE placed_at < $1",
        "SELECT status, count(*) FROM orders WHERE total > $1 GROUP BY status HAVING count(*) > $2",
    ],
)
def test_statements_of_many_kinds_get_values_from_statistics(shop: Database, sql: str) -> None:
    statement, notes = completed(shop.session, sql)
    assert statement.parameters
    assert (statement.parameters_from, notes) == ("statistics", "")


def test_special_types(shop: Database) -> None:
    shop.session.script(
        """
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE DOMAIN amount AS numeric CHECK (VALUE >= 0);
        CREATE TABLE odd AS
        SELECT n AS id, (ARRAY['sad', 'happy'])[1 + n % 2]::mood AS mood, n::amount AS amount,
               ARRAY['t' || n % 3] AS tags,
               jsonb_build_object('kind', 'k' || n % 3) AS data, to_tsvector('simple', 'word' || n % 3) AS words
        FROM generate_series(1, 300) AS n;
        ANALYZE odd
        """
    )
    sql = """SELECT count(*) > 0 AS some FROM odd WHERE mood = $1 AND amount >= $2 AND tags @> ARRAY[$3]
             AND data ->> $4 = $5 AND words @@ to_tsquery('simple', $6) AND $7 = ANY (tags)"""
    [first, *_] = values(shop.session, sql)
    assert first[3] == "kind"
    for place, sql in enumerate(["mood = $1", "amount >= $1", "tags @> ARRAY[$1]"]):
        rows = shop.session.fetch_workload(
            f"SELECT count(*) > 0 AS some FROM odd WHERE {sql}", first[place : place + 1]
        )
        assert rows == [{"some": True}]


def test_a_partitioned_table_that_was_never_analysed_uses_its_partitions(shop: Database) -> None:
    shop.session.script(
        """
        CREATE TABLE parent (id int, kind text) PARTITION BY RANGE (id);
        CREATE TABLE part PARTITION OF parent FOR VALUES FROM (0) TO (1000);
        INSERT INTO parent SELECT n, CASE WHEN n < 900 THEN 'common' ELSE 'rare' END FROM generate_series(0, 999) AS n;
        ANALYZE part
        """
    )
    assert values(shop.session, "SELECT * FROM parent WHERE kind = $1") == (("common",), ("rare",))


def test_a_view_uses_the_statistics_of_its_table(shop: Database) -> None:
    shop.session.script("CREATE VIEW open_orders AS SELECT id, status FROM orders WHERE shipped_at IS NULL")
    assert values(shop.session, "SELECT * FROM open_orders WHERE status = $1")[0] == ("done",)


def test_a_schema_outside_the_search_path(shop: Database) -> None:
    shop.session.script('CREATE SCHEMA "S 1"; CREATE TABLE "S 1"."T" ("Col") AS TABLE customers; ANALYZE "S 1"."T"')
    statement, _ = completed(shop.session, 'SELECT * FROM "S 1"."T" WHERE "Col" = $1')
    assert statement.parameters_from == "statistics"


def test_a_table_never_analysed_has_values_by_type_and_a_note(shop: Database) -> None:
    shop.session.script("CREATE TABLE fresh (a int)")
    statement, notes = completed(shop.session, "SELECT * FROM fresh WHERE a = $1")
    assert (statement.parameters, statement.parameters_from) == ((("1",),), "types")
    assert "fresh" in notes


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC * FROM orders WHERE id = $1",
        "SELECT * FROM no_such_table WHERE id = $1",
        "SELECT 1 WHERE 1 = $1; DROP TABLE orders",
    ],
)
def test_a_statement_that_does_not_plan_is_kept_and_noted(shop: Database, sql: str) -> None:
    source = Source("sql", None, None, None)
    good, bad = single("SELECT * FROM orders WHERE id = $1").statements[0], single(sql).statements[0]
    workload, notes = with_parameters(shop.session, Workload(source, (bad, good)))
    assert workload.statements[0] == bad
    assert workload.statements[1].parameters
    assert bad.id in " ".join(notes)
    assert shop.session.fetch_workload("SELECT to_regclass('orders') IS NOT NULL AS there") == [{"there": True}]


def test_a_statement_with_too_many_parameters_does_not_keep_the_others_from_values(shop: Database) -> None:
    numbers = ", ".join(f"${number}" for number in range(1, 70_001))
    one, other = (
        single(f"SELECT * FROM orders WHERE {condition}").statements[0]
        for condition in (f"id IN ({numbers})", "status = $1")
    )
    workload, [note] = with_parameters(shop.session, Workload(Source("logs", None, None, None), (one, other)))
    assert [len(one.parameters) for one in workload.statements] == [0, 3]
    assert note == (
        f"no parameter values for {one.id}: 70,000 parameters are more than the protocol can bind, which are 65,535"
    )
    plans = explain_workload(shop.session, workload).statements
    assert [(plan.error, plan.note is None) for plan in plans] == [(None, False), (None, True)]


def test_given_values_are_left_alone(shop: Database) -> None:
    workload = single("SELECT * FROM orders WHERE id = $1", ("7",))
    assert with_parameters(shop.session, workload) == (workload, ())


def test_values_seen_at_work_go_first(shop: Database) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        application.execute("SELECT * FROM orders WHERE status = 'open' AND total > 12.5")
        statement, _ = completed(shop.session, "SELECT * FROM orders WHERE status = $1 AND total > $2")
    assert (statement.parameters, statement.parameters_from) == ((("open", "12.5"),), "captured")


def test_without_the_privilege_to_see_statistics_types_decide(shop: Database) -> None:
    role = f"blind_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN; GRANT SELECT (id), UPDATE ON customers TO {role}")
    try:
        with connect(f"{shop.dsn} user={role}") as session:
            statement, notes = completed(session, "UPDATE customers SET name = $1")
        assert statement.parameters_from == "types"
        assert "customers: its statistics are not readable" in notes
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_it_is_deterministic_and_leaves_nothing_behind(shop: Database) -> None:
    sql = "SELECT * FROM orders WHERE status = $1 AND customer_id = $2 AND placed_at > $3"
    assert values(shop.session, sql) == values(shop.session, sql)
    prepared = shop.session.fetch_workload("SELECT name FROM pg_prepared_statements WHERE name LIKE 'dbopt%'")
    assert prepared == []


def test_an_empty_database_is_no_error(database: Database) -> None:
    statement, notes = completed(database.session, "SELECT * FROM t WHERE a = $1")
    assert statement.parameters == ()
    assert "does not exist" in notes
