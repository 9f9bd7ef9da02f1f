"""Candidates as sentences: this statement could use that index."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.candidates import Allowed, candidates, needs_of
from dbopt.postgres.schema import Catalog
from dbopt.workload.sql import parse
from tests.index.shop import SHOP, index, table


def found(sql: str, catalog: Catalog = SHOP, max_columns: int = 3, *, repeat_keys: bool = False) -> set[str]:
    """The candidates in short, without what they include: `orders (customer_id)`."""
    return {one.split(" INCLUDE")[0] for one in found_in_full(sql, catalog, max_columns, repeat_keys=repeat_keys)}


def found_in_full(sql: str, catalog: Catalog = SHOP, max_columns: int = 3, *, repeat_keys: bool = False) -> set[str]:
    tree = parse(sql)
    assert tree is not None, sql
    every = candidates(tree, catalog, Allowed(max_columns, repeat_keys=repeat_keys))
    return {str(one).replace(" USING btree", "") for one in every}


def assert_candidates(sql: str, *wanted: str) -> None:
    assert set(wanted) <= found(sql)


@pytest.mark.parametrize(
    "condition",
    [
        "customer_id = 5",
        "5 = customer_id",
        "customer_id = $1",
        "customer_id IN (1, 2)",
        "customer_id = ANY ($1)",
        "customer_id IS NULL",
        "customer_id IS NOT NULL",
        "NOT customer_id IS NULL",
        "customer_id IS NOT DISTINCT FROM 5",
        "customer_id > 5",
        "customer_id BETWEEN 1 AND 5",
        "(customer_id, total) = (1, 2)",
        "(customer_id, total) > (1, 2)",
        "((customer_id = 5))",
        "customer_id IN (SELECT id FROM customers)",
        "total > 0 AND (customer_id = 1 OR status = 'x')",
    ],
)
def test_a_comparison_is_served(condition: str) -> None:
    assert_candidates(f"SELECT * FROM orders WHERE {condition}", "public.orders (customer_id)")


@pytest.mark.parametrize(
    "condition",
    [
        "customer_id + 1 = 5",
        "customer_id <> 5",
        "customer_id = total",
        "customer_id = ALL (ARRAY[1])",
        "customer_id = 5 OR total + 1 = 2",
        "customer_id::text = '5'",
    ],
)
def test_a_comparison_that_no_btree_serves(condition: str) -> None:
    assert found(f"SELECT * FROM orders WHERE {condition}") == set()


def test_a_boolean_column_is_a_condition() -> None:
    assert_candidates("SELECT * FROM orders WHERE paid", "public.orders (paid)")
    assert_candidates("SELECT * FROM orders WHERE NOT paid", "public.orders (paid)")


@pytest.mark.parametrize("condition", ["LIKE 'a%'", "LIKE $1", "~ '^a'", "SIMILAR TO 'a%'", "^@ 'a'"])
def test_a_pattern_with_a_prefix_needs_an_operator_class(condition: str) -> None:
    assert found(f"SELECT * FROM customers WHERE email {condition}") == {"public.customers (email text_pattern_ops)"}


def test_texts_sorted_by_bytes_need_none() -> None:
    columns = tuple(replace(column, bytewise=True) for column in SHOP.relations[0].columns)
    catalog = replace(SHOP, relations=(replace(SHOP.relations[0], columns=columns),))
    assert found("SELECT * FROM customers WHERE email LIKE 'a%'", catalog) == {"public.customers (email)"}


@pytest.mark.parametrize("condition", ["LIKE '%a'", "LIKE '_a'", "ILIKE 'a%'", "~ 'a'"])
def test_a_pattern_without_a_prefix_is_not_served(condition: str) -> None:
    assert found(f"SELECT * FROM customers WHERE email {condition}") == set()


def test_a_column_without_an_order_is_never_a_key() -> None:
    indexes = found("SELECT * FROM customers WHERE profile IS NULL ORDER BY profile")
    assert indexes == {"public.customers (id) WHERE profile IS NULL"}


def test_equality_stands_before_the_range() -> None:
    assert_candidates(
        "SELECT * FROM orders WHERE placed_at > now() AND status = 'open'", "public.orders (status, placed_at)"
    )


def test_a_top_n_query_has_its_order_behind_the_equality() -> None:
    sql = "SELECT * FROM orders WHERE status = 'open' ORDER BY placed_at DESC LIMIT 10"
    assert_candidates(sql, "public.orders (status, placed_at)", "public.orders (placed_at)")


def test_of_mixed_directions_the_second_is_turned() -> None:
    sql = "SELECT * FROM orders ORDER BY status DESC, placed_at LIMIT 10"
    assert_candidates(sql, "public.orders (status, placed_at DESC)")


def test_unusual_nulls_are_kept() -> None:
    assert_candidates(
        "SELECT * FROM orders ORDER BY placed_at DESC NULLS LAST LIMIT 1", "public.orders (placed_at NULLS FIRST)"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customer_id, count(*) FROM orders GROUP BY customer_id",
        "SELECT customer_id, count(*) FROM orders GROUP BY 1",
        "SELECT DISTINCT customer_id FROM orders",
        "SELECT DISTINCT ON (customer_id) * FROM orders",
        "SELECT max(customer_id) FROM orders",
        "SELECT count(DISTINCT customer_id) FROM orders",
        "SELECT customer_id AS c FROM orders ORDER BY c",
        "SELECT row_number() OVER (PARTITION BY customer_id ORDER BY total) FROM orders",
        "UPDATE orders SET total = 0 WHERE customer_id = 3",
        "DELETE FROM orders WHERE customer_id = 3",
        "DELETE FROM orders USING customers AS c WHERE c.id = orders.customer_id AND c.country = 'DE'",
        "UPDATE orders SET total = 0 FROM customers AS c WHERE c.id = customer_id",
        "MERGE INTO orders AS o USING customers AS c ON o.customer_id = c.id WHEN MATCHED THEN DELETE",
        "INSERT INTO customers (id) SELECT id FROM orders WHERE customer_id = 3",
        "SELECT * FROM customers AS c JOIN orders AS o ON o.customer_id = c.id",
        "SELECT * FROM customers AS c, orders AS o WHERE o.customer_id = c.id",
        "SELECT * FROM (customers AS c JOIN orders AS o ON o.customer_id = c.id) WHERE c.country = 'DE'",
        "SELECT * FROM customers AS c WHERE EXISTS (SELECT FROM orders WHERE customer_id = c.id)",
        "SELECT * FROM customers WHERE id IN (SELECT customer_id FROM orders)",
        "SELECT (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id) FROM customers AS c",
        "SELECT * FROM customers AS c, LATERAL (SELECT * FROM orders WHERE customer_id = c.id) AS o",
        "WITH o AS (SELECT customer_id AS c FROM orders) SELECT * FROM o WHERE c = 3",
        "SELECT * FROM (SELECT o.customer_id AS c FROM orders AS o) AS s (b) WHERE b = 3",
        "SELECT * FROM (SELECT customer_id FROM orders UNION ALL SELECT id FROM customers) AS u WHERE customer_id = 3",
        "SELECT 1 FROM customers WHERE id = 4 UNION SELECT 2 FROM orders WHERE customer_id = 3",
        "SELECT * FROM big_orders WHERE buyer = 3",
        "SELECT * FROM PUBLIC.Orders WHERE Customer_ID = 3",
        "WITH gone AS (DELETE FROM orders WHERE customer_id = 3 RETURNING *) SELECT * FROM gone",
    ],
)
def test_a_column_is_found_wherever_it_is_used(sql: str) -> None:
    assert_candidates(sql, "public.orders (customer_id)")


def test_a_recursive_query_is_read() -> None:
    sql = """WITH RECURSIVE r (n) AS (SELECT customer_id FROM orders UNION SELECT n + 1 FROM r JOIN orders ON total = n)
             SELECT * FROM r"""
    assert_candidates(sql, "public.orders (total)")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE t AS (SELECT id FROM orders WHERE id = $1 UNION ALL"
        " SELECT o.id FROM orders AS o JOIN t ON o.customer_id = t.id) SELECT count(*) FROM t",
        "WITH RECURSIVE t (n) AS (SELECT id FROM orders WHERE id = $1 UNION ALL"
        " SELECT o.id FROM orders AS o, t WHERE o.customer_id = t.n) SELECT count(*) FROM t",
        "WITH RECURSIVE t AS (SELECT id, total FROM orders WHERE id = $1 UNION ALL"
        " SELECT o.id, t.total FROM t INNER JOIN orders AS o ON t.id = o.customer_id) SELECT count(*) FROM t",
        "WITH t AS (SELECT * FROM orders) SELECT * FROM t AS a JOIN t AS b ON a.customer_id = b.total",
        "SELECT * FROM orders AS o JOIN (SELECT max(id) AS top FROM customers) AS c ON o.customer_id = c.top",
    ],
)
def test_rows_of_another_query_are_joined_even_if_they_are_from_the_same_table(sql: str) -> None:
    assert_candidates(sql, "public.orders (customer_id)")


def test_columns_of_one_row_of_a_query_are_not_joined() -> None:
    assert found("SELECT * FROM (SELECT * FROM orders) AS o WHERE o.customer_id = o.total") == set()


def test_tables_that_inherit_have_indexes_of_their_own() -> None:
    heirs = (
        table("web_orders", *SHOP.relations[1].columns, inherits=(("public", "orders"),)),
        table("app_orders", *SHOP.relations[1].columns, inherits=(("public", "web_orders"),)),
    )
    catalog = replace(SHOP, relations=(*SHOP.relations, *heirs))
    assert {
        "public.orders (customer_id)",
        "public.web_orders (customer_id)",
        "public.app_orders (customer_id)",
    } <= found("SELECT * FROM orders WHERE customer_id = 3", catalog)
    assert found("SELECT * FROM ONLY orders WHERE customer_id = 3", catalog) == {"public.orders (customer_id)"}


def test_using_joins_both_sides() -> None:
    sql = "SELECT * FROM orders AS a JOIN orders AS b USING (customer_id)"
    assert_candidates(sql, "public.orders (customer_id)")


def test_odd_names_are_quoted() -> None:
    assert_candidates('SELECT * FROM "we""ird; Täble" WHERE "Näme" = $1', 'public."we""ird; Täble" ("Näme")')


def test_a_partitioned_table_is_indexed_as_a_whole() -> None:
    assert found("SELECT * FROM log.events WHERE kind = 'x'") == {"log.events (kind)"}


def test_a_table_outside_the_search_path_is_not_guessed() -> None:
    assert found("SELECT * FROM events WHERE kind = 'x'") == set()


def test_a_primary_key_lookup_needs_nothing() -> None:
    assert found("SELECT * FROM orders WHERE id = 3 AND status = 'open'") == set()


def test_indexes_that_begin_like_a_key_can_be_asked_for() -> None:
    query = "SELECT o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id > 3"
    assert not any(text.startswith("public.orders (id") for text in found(query))
    assert any(text.startswith("public.orders (id") for text in found(query, repeat_keys=True))


def test_a_column_that_is_joined_may_stand_behind_one_with_bounds() -> None:
    query = "SELECT o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.placed_at > $1"
    assert "public.orders (placed_at, customer_id)" in found(query)


def test_what_exists_is_not_suggested() -> None:
    catalog = replace(SHOP, indexes=(*SHOP.indexes, index("i", "orders", "customer_id", "placed_at")))
    assert found("SELECT * FROM orders WHERE customer_id = 3", catalog) == set()


def test_a_partial_index_does_not_stand_for_a_whole_one() -> None:
    partial = index("i", "orders", "customer_id", predicate="total > 3")
    catalog = replace(SHOP, indexes=(*SHOP.indexes, partial))
    assert found("SELECT * FROM orders WHERE customer_id = 3", catalog) == {"public.orders (customer_id)"}


def test_the_few_other_columns_are_included() -> None:
    assert found_in_full("SELECT total FROM orders WHERE customer_id = 3") == {
        "public.orders (customer_id)",
        "public.orders (customer_id) INCLUDE (total)",
    }


def test_nothing_is_included_that_may_be_too_long_for_a_page() -> None:
    assert found_in_full("SELECT status FROM orders WHERE customer_id = 3") == {"public.orders (customer_id)"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders WHERE customer_id = 3",
        "SELECT o.* FROM orders AS o WHERE customer_id = 3",
        "SELECT row_to_json(o) FROM orders AS o WHERE customer_id = 3",
        "SELECT total FROM orders WHERE customer_id = 3 FOR UPDATE",
        "UPDATE orders SET total = 1 WHERE customer_id = 3",
    ],
)
def test_nothing_is_included_where_the_row_is_needed_anyway(sql: str) -> None:
    assert found_in_full(sql) == {"public.orders (customer_id)"}


def test_the_number_of_keys_is_limited() -> None:
    sql = "SELECT * FROM orders WHERE customer_id = 1 AND status = 'x' AND total = 3 AND placed_at > 5"
    tree = parse(sql)
    assert tree is not None
    assert {one.width for one in candidates(tree, SHOP, Allowed(2))} == {1, 2}
    assert max(one.width for one in candidates(tree, SHOP, Allowed(4))) == 4


def test_a_view_that_reads_itself_ends() -> None:
    view = replace(SHOP.relations[-1], definition="SELECT * FROM big_orders")
    catalog = replace(SHOP, relations=(*SHOP.relations[:-1], view))
    assert found("SELECT * FROM big_orders WHERE buyer = 3", catalog) == set()


@pytest.mark.parametrize("word", ["AND", "OR"])
def test_a_long_condition_is_read(word: str) -> None:
    assert_candidates(
        f"SELECT * FROM orders WHERE {f' {word} '.join(['customer_id = 3'] * 300)}", "public.orders (customer_id)"
    )


_COLUMNS = st.sampled_from(
    ["id", "customer_id", "status", "total", "placed_at", "o.total", "missing", "c.id", "c.email"]
)
_CONDITIONS = st.builds(
    lambda column, operator: f"{column} {operator}",
    _COLUMNS,
    st.sampled_from(["= 3", "> 3", "IS NULL", "= c.id", "IN (SELECT id FROM customers)", "LIKE 'a%'", "<> 4"]),
)


@given(st.lists(_CONDITIONS, min_size=1, max_size=5), st.lists(_COLUMNS, min_size=1, max_size=3), st.integers(1, 4))
def test_whatever_is_asked_candidates_are_columns_of_their_table(
    conditions: list[str], order: list[str], width: int
) -> None:
    sql = f"SELECT o.id FROM orders AS o, customers AS c WHERE {' OR '.join(conditions)} ORDER BY {', '.join(order)}"
    tree = parse(sql)
    assert tree is not None
    for one in candidates(tree, SHOP, Allowed(width)):
        relation = SHOP.find(one.schema, one.table)
        assert relation is not None
        assert 1 <= one.width <= width
        assert len(set(one.columns)) == one.width
        assert all(relation.column(name) for name in (*one.columns, *one.include))
    assert all(need.relation.can_have_indexes for need in needs_of(tree, SHOP))
