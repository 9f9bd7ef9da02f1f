"""Advice for a real database, by a shadow of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt import documents
from dbopt.errors import NothingToDo
from dbopt.index import wording
from dbopt.index.advice import Advice, StatementCost
from dbopt.index.model import Index, Key
from dbopt.index.questions import Question
from tests.index.advising import advise_by_shadow, in_short, statement
from tests.servers import Database


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM orders WHERE customer_id = 17", ["orders (customer_id)"]),
        ("SELECT * FROM orders WHERE customer_id = $1", ["orders (customer_id)"]),
        ("SELECT * FROM orders WHERE status = $1 ORDER BY placed_at DESC LIMIT 10", ["orders (status, placed_at)"]),
        (
            "SELECT * FROM orders WHERE status = 'open' ORDER BY placed_at DESC LIMIT 10",
            ["orders (placed_at) WHERE status = 'open'"],
        ),
        ("SELECT max(placed_at) FROM orders", ["orders (placed_at)"]),
        ("SELECT * FROM customers WHERE email = 'user7@example.com'", ["customers (email)"]),
        ('SELECT * FROM "we""ird; Täble" WHERE "Näme" = \'name 7\'', ['"we""ird; Täble" ("Näme")']),
        ("UPDATE orders SET total = 0 WHERE customer_id = 17", ["orders (customer_id)"]),
        (
            "SELECT o.* FROM customers AS c JOIN orders AS o ON o.customer_id = c.id WHERE c.id BETWEEN 5 AND 7",
            ["orders (customer_id)"],
        ),
        ("SELECT * FROM orders WHERE id = 3", []),
        ("SELECT * FROM items WHERE order_id = 3", []),
        ("SELECT * FROM orders", []),
    ],
)
def test_the_obvious_index_is_found(shop: Database, sql: str, wanted: list[str]) -> None:
    assert in_short(advise_by_shadow(shop, sql)) == wanted


def test_a_covering_index_where_it_spares_the_table(shop: Database) -> None:
    shop.session.script("VACUUM orders")
    sql = "SELECT sum(total) FROM orders WHERE placed_at BETWEEN '2024-01-05' AND '2024-01-25'"
    assert in_short(advise_by_shadow(shop, sql)) in (["orders (placed_at) +total"], ["orders (placed_at, total)"])


def test_an_index_serves_several_statements(shop: Database) -> None:
    advice = advise_by_shadow(
        shop, "SELECT * FROM orders WHERE customer_id = 17", "SELECT count(*) FROM orders WHERE customer_id IN (3, 4)"
    )
    (index,) = advice.create
    assert len(index.statements) == 2
    assert index.cost_saved == pytest.approx(advice.cost_before - advice.cost_after)
    assert all(cost.cost_after < cost.cost_before / 5 for cost in index.statements)
    assert advice.storage_bytes == index.size_bytes > 100_000
    assert index.sql.startswith("CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders USING btree")
    assert index.undo_sql == "DROP INDEX CONCURRENTLY IF EXISTS public.orders_customer_id_idx"


WORKLOAD = (
    "SELECT * FROM orders WHERE customer_id = 17",
    "SELECT * FROM orders WHERE status = 'open' ORDER BY placed_at DESC LIMIT 10",
    "SELECT * FROM items WHERE sku = 'SKU-7'",
    "SELECT * FROM customers WHERE email = 'user7@example.com'",
)


def test_the_budget_is_respected(shop: Database) -> None:
    whole = advise_by_shadow(shop, *WORKLOAD)
    assert len(whole.create) == 4
    half = advise_by_shadow(shop, *WORKLOAD, budget_bytes=whole.storage_bytes // 2)
    assert 0 < half.storage_bytes <= whole.storage_bytes // 2
    assert whole.cost_after < half.cost_after < half.cost_before
    assert any("budget" in one.reason for one in half.not_advised)
    assert advise_by_shadow(shop, *WORKLOAD, budget_bytes=8191).create == ()


def test_the_same_input_gives_the_same_bytes(shop: Database) -> None:
    def text(advice: Advice) -> str:
        return documents.dump(replace(advice, elapsed_ms=None))

    assert text(advise_by_shadow(shop, *WORKLOAD)) == text(advise_by_shadow(shop, *WORKLOAD))


def test_the_calls_weigh(shop: Database) -> None:
    often, seldom = statement(WORKLOAD[0], calls=1000), statement(WORKLOAD[2], calls=1)
    advice = advise_by_shadow(shop, seldom, often)
    assert in_short(advice) == ["orders (customer_id)", "items (sku)"]
    assert advice.create[0].cost_saved > 100 * advice.create[1].cost_saved


def test_one_bad_statement_never_stops_the_rest(shop: Database) -> None:
    advice = advise_by_shadow(
        shop,
        "SELEC nonsense",
        "SELECT * FROM nowhere",
        "SELECT * FROM orders WHERE nothing = 3",
        "VACUUM orders",
        "SELECT 1; SELECT 2",
        "SELECT * FROM orders WHERE id = $1 AND customer_id = 'x'",
        WORKLOAD[0],
    )
    assert in_short(advice) == ["orders (customer_id)"]
    reasons = [one.reason for one in advice.not_advised]
    assert len(reasons) == 6
    assert '"nowhere" does not exist' in reasons[1]
    assert 'column "nothing" does not exist' in reasons[2]
    assert all(reason.startswith("It does not plan: ") and reason.endswith(".") for reason in reasons)


def test_a_statement_of_thousands_of_conditions_is_no_obstacle(shop: Database) -> None:
    long = " OR ".join(f"id = {n}" for n in range(3000))
    deep = "SELECT " + "(" * 400 + "1" + ")" * 400
    advice = advise_by_shadow(shop, f"SELECT * FROM orders WHERE {long}", deep, WORKLOAD[0])
    assert in_short(advice) == ["orders (customer_id)"]


def test_each_statement_without_an_index_has_its_reason(shop: Database) -> None:
    advice = advise_by_shadow(
        shop,
        "SELECT * FROM orders WHERE id = 3",
        "SELECT * FROM orders WHERE total + 1 = 3",
        "SELECT * FROM orders WHERE status = 'done'",
    )
    assert advice.create == ()
    fast, unserved, unhelped = (one.reason for one in advice.not_advised)
    assert "fast already" in fast
    assert "no index to try" in unserved
    assert "None of" in unhelped


def test_a_statement_that_only_the_server_understands_counts_all_the_same(shop: Database) -> None:
    odd = "SELECT * FROM orders TABLESAMPLE SYSTEM (100) REPEATABLE (7) WHERE customer_id = 17"
    advice = advise_by_shadow(shop, odd, WORKLOAD[0])
    assert in_short(advice) == ["orders (customer_id)"]
    assert advice.cost_before > 150_000


def test_a_rare_value_is_looked_at_beside_a_frequent_one(shop: Database) -> None:
    sql = "SELECT * FROM orders WHERE status = $1 AND total > $2"
    assert in_short(advise_by_shadow(shop, statement(sql, "done", "0"))) == []
    both = replace(statement(sql), parameters=(("done", "0"), ("nothing", "0")))
    assert in_short(advise_by_shadow(shop, both)) == ["orders (status)"]


def test_what_a_table_suffers_in_writes_is_weighed(shop: Database) -> None:
    read = statement("SELECT * FROM customers WHERE email = 'user7@example.com'", calls=10)
    written = statement("INSERT INTO customers (email, name, country, created_at) SELECT $1, $2, $3, now()")
    advice = advise_by_shadow(shop, read, replace(written, calls=10))
    assert in_short(advice) == ["customers (email)"]
    assert advice.create[0].write_cost > 0
    assert in_short(advise_by_shadow(shop, read, replace(written, calls=100_000))) == []


def test_a_column_may_be_a_key_in_several_ways(shop: Database) -> None:
    advice = advise_by_shadow(
        shop,
        "SELECT * FROM customers WHERE email = 'user7@example.com'",
        "SELECT * FROM customers WHERE email LIKE 'user77%'",
        "SELECT * FROM customers ORDER BY email DESC NULLS LAST, name LIMIT 3",
    )
    assert advice.not_advised == ()
    assert all("(email" in one for one in in_short(advice))


def test_a_partitioned_table_is_indexed_as_a_whole(database: Database) -> None:
    database.session.script(
        """CREATE TABLE log (day date NOT NULL, "user" integer, what text) PARTITION BY RANGE (day);
           CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
           CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
           INSERT INTO log SELECT date '2024-01-01' + n % 60, n, 'what' FROM generate_series(1, 40000) AS n;
           ANALYZE log"""
    )
    advice = advise_by_shadow(database, 'SELECT * FROM log WHERE "user" = 7')
    (index,) = advice.create
    assert index.sql == 'CREATE INDEX log_user_idx ON public.log USING btree ("user")'
    assert index.undo_sql == "DROP INDEX IF EXISTS public.log_user_idx"
    database.session.script(f"{index.sql}; {index.undo_sql}")


def test_a_view_leads_to_its_table(shop: Database) -> None:
    shop.session.script(
        """CREATE SCHEMA "Reports"; CREATE VIEW "Reports"."Big" AS
           SELECT o.id, o.customer_id AS "Buyer", c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id"""
    )
    assert in_short(advise_by_shadow(shop, 'SELECT * FROM "Reports"."Big" WHERE "Buyer" = 17')) == [
        "orders (customer_id)"
    ]


def test_tables_that_were_never_analysed_are_no_obstacle(database: Database) -> None:
    database.session.script(
        "CREATE TABLE t (a integer, b text); INSERT INTO t SELECT n, n FROM generate_series(1, 20000) AS n"
    )
    assert in_short(advise_by_shadow(database, "SELECT * FROM t WHERE a = 3")) == ["t (a)"]


def test_a_name_that_is_taken_is_not_used_again(shop: Database) -> None:
    shop.session.script("CREATE TABLE orders_customer_id_idx (a integer)")
    (index,) = advise_by_shadow(shop, WORKLOAD[0]).create
    assert index.sql.startswith("CREATE INDEX CONCURRENTLY orders_customer_id_idx1 ON ")


def test_the_advice_can_be_carried_out_and_ends_the_advice(shop: Database) -> None:
    for index in advise_by_shadow(shop, *WORKLOAD).create:
        shop.session.script(index.sql)
    shop.session.script("ANALYZE")
    assert advise_by_shadow(shop, *WORKLOAD).create == ()


def test_needless_indexes_are_dropped_if_no_plan_misses_them(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX by_status ON orders (status); CREATE INDEX by_status_again ON orders (status);
           CREATE INDEX by_customer ON orders (customer_id);
           CREATE INDEX by_customer_and_total ON orders (customer_id, total);
           CREATE INDEX failed ON orders (total);
           UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'failed'::regclass"""
    )
    advice = advise_by_shadow(shop, WORKLOAD[0])
    assert {drop.index: drop.kind for drop in advice.drop} == {
        "public.by_status_again": "duplicate",
        "public.by_customer": "redundant",
        "public.failed": "invalid",
    }
    redundant = next(drop for drop in advice.drop if drop.kind == "redundant")
    assert redundant.sql == "DROP INDEX CONCURRENTLY IF EXISTS public.by_customer"
    assert redundant.undo_sql == "CREATE INDEX CONCURRENTLY by_customer ON public.orders USING btree (customer_id)"
    assert "nothing becomes dearer" in redundant.reason
    assert redundant.size_bytes > 0
    assert advise_by_shadow(shop, WORKLOAD[0], drop=False).drop == ()


def test_an_index_whose_loss_a_plan_would_feel_stays(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX narrow ON orders (status);
           CREATE INDEX wide ON orders (status, total, placed_at, shipped_at, customer_id, id)"""
    )
    shop.session.script("VACUUM orders")
    advice = advise_by_shadow(shop, "SELECT count(*) FROM orders WHERE status = 'done'")
    assert advice.drop == ()


def test_an_empty_workload_has_no_advice(shop: Database) -> None:
    with pytest.raises(NothingToDo):
        advise_by_shadow(shop)


def test_a_workload_of_another_database_has_no_advice(database: Database) -> None:
    with pytest.raises(NothingToDo, match=r'none of the 1 statements plans.*"orders" does not exist'):
        advise_by_shadow(database, WORKLOAD[0])


def test_progress_is_told(shop: Database) -> None:
    told: list[tuple[int, int, str]] = []
    advise_by_shadow(shop, *WORKLOAD, on_progress=lambda *step: told.append(step))
    assert all(0 <= done <= total for done, total, _ in told)
    assert {label.split()[0] for _, _, label in told} == {"planning", "trying", "selecting", "looking"}


def test_what_a_delete_makes_postgresql_look_for(shop: Database) -> None:
    advice = advise_by_shadow(shop, statement("DELETE FROM customers WHERE id = $1", calls=1000))
    assert in_short(advice) == ["orders (customer_id)"]
    assert "the check of foreign key orders_customer_id_fkey" in advice.create[0].reason
    assert advice.create[0].statements[0].id == statement("DELETE FROM customers WHERE id = $1").id
    assert advice.not_advised == ()


def test_why_there_is_no_index_to_try(shop: Database) -> None:
    advice = advise_by_shadow(
        shop,
        "SELECT * FROM orders WHERE placed_at::date = '2024-02-01'",
        "SELECT * FROM customers WHERE to_tsvector(name) @@ to_tsquery('x')",
        "SELECT * FROM customers WHERE name LIKE '%17%'",
        "SELECT count(*) FROM orders WHERE total + 1 = 5",
    )
    assert [one.reason for one in advice.not_advised] == [
        "An index ((CAST(placed_at AS DATE))) cannot be built, since the expression is not immutable: "
        "compare the column itself, with a range, or fix the time zone with AT TIME ZONE.",
        "An index ((to_tsvector(name))) cannot be built, since the expression is not immutable: "
        "name the configuration, as in to_tsvector('english', ...).",
        "Only an operator class of the extension pg_trgm serves its condition: "
        "CREATE EXTENSION pg_trgm, then ask again.",
        "There is no index to try: it has no condition, join or order that waits for one.",
    ]


def test_an_existing_index_is_named_where_it_serves_the_statement(shop: Database) -> None:
    (reason,) = advise_by_shadow(shop, "SELECT * FROM orders WHERE id < 2000").not_advised
    assert "reads orders_pkey already" in reason.reason


def test_how_to_look_into_an_array(shop: Database) -> None:
    shop.session.script("ALTER TABLE orders ADD tags text[]")
    (reason,) = advise_by_shadow(shop, "SELECT * FROM orders o WHERE 'x' = ANY (o.tags)").not_advised
    assert reason.reason.startswith("No index serves value = ANY (o.tags): write o.tags @> ARRAY[value]")


def test_the_budget_is_blamed_only_where_there_is_one(shop: Database) -> None:
    lookup = statement(WORKLOAD[0], calls=1)
    write = statement("UPDATE orders SET customer_id = customer_id + 1 WHERE id = 5", calls=10**7)
    (dear, *_) = advise_by_shadow(shop, lookup, write).not_advised
    assert dear.reason.endswith("but costs more in writes than it saves.")
    (large,) = advise_by_shadow(shop, lookup, budget_bytes=8191).not_advised
    assert large.reason.startswith("Every index to try is larger than the budget of ")


def test_what_an_index_is_for_is_said_without_a_slip() -> None:
    index = Index("public", "orders", (Key("customer_id"),), include=("total",))
    nothing: frozenset[str] = frozenset()
    one = Question(statement(WORKLOAD[0]), (), None, 100.0, nothing, frozenset(), frozenset(), frozenset())
    served = [(one, StatementCost("x", 100.0, 10.0))]
    assert wording.of_index(index, served).endswith(
        ", which finds all its columns in the index: cost 10.00 instead of 100."
    )
    both = wording.of_index(index, served * 2)
    assert both.startswith("Serves 2 statements, which find all their columns in the index; ")
