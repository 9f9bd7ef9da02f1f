"""The stable shape of plans."""

from __future__ import annotations

import pytest

from dbopt.plan.explain import partitions
from dbopt.plan.shape import digest, shape
from tests.plan.plans import analyzed, planned
from tests.servers import Database

EVENTS = """
    CREATE TABLE events (id bigint, at date, kind text) PARTITION BY RANGE (at);
    CREATE INDEX events_at ON events (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
    INSERT INTO events SELECT n, date '2024-01-01' + n % 90, 'kind ' || n % 5 FROM generate_series(1, 9000) AS n;
    ANALYZE events
"""


def test_it_names_strategies_tables_indexes_and_sort_keys(shop: Database) -> None:
    plan = planned(
        shop,
        "SELECT c.country, sum(o.total) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"
        " GROUP BY 1 ORDER BY 2 DESC",
    )
    assert shape(plan) == (
        "Sort by (sum(orders.total)) DESC(HashAggregate(Hash Join Left(Seq Scan public.orders,"
        " Hash(Seq Scan public.customers))))"
    )
    one = planned(shop, 'SELECT * FROM "we""ird; Täble" WHERE "i;d" = 7')
    assert shape(one) == 'Index Scan using "we""ird; Täble_pkey" on public."we""ird; Täble"'


def test_parameters_costs_and_times_do_not_change_it(shop: Database) -> None:
    query = "SELECT * FROM orders WHERE total > $1 ORDER BY CASE WHEN status = $2 THEN 0 ELSE 1 END, id LIMIT 20"
    few, many = planned(shop, query, ("999", "open")), planned(shop, query, ("5", "done"))
    assert few.cost != many.cost
    assert shape(few) == shape(many)
    text = "SELECT count(*) FROM orders WHERE status = 'open'"
    assert shape(planned(shop, text)) == shape(analyzed(shop, text))


def test_another_table_is_another_shape(shop: Database) -> None:
    shop.session.script("CREATE SCHEMA other; CREATE TABLE other.orders (LIKE orders)")
    shapes = {shape(planned(shop, f"SELECT * FROM {table}")) for table in ("orders", "other.orders", "items")}
    assert len(shapes) == 3


def test_another_index_join_or_direction_is_another_shape(shop: Database) -> None:
    def of(sql: str, **settings: str) -> str:
        return shape(planned(shop, sql, **settings))

    join = "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id"
    merged = of(join, enable_hashjoin="off", enable_nestloop="off")
    assert len({of(join), of(join, enable_hashjoin="off"), merged}) == 3
    by_id = "SELECT * FROM orders ORDER BY id"
    assert of(by_id, enable_sort="off") == "Full Index Scan using orders_pkey on public.orders"
    assert "backward" in of(f"{by_id} DESC", enable_sort="off")


def test_a_value_computed_beforehand_is_no_part_of_it_on_any_server(shop: Database) -> None:
    plan = planned(shop, "SELECT * FROM orders ORDER BY total - (SELECT avg(total) FROM orders)")
    assert "Sort by ((orders.total - ?))" in shape(plan)


def test_parallelism_is_part_of_it_but_not_how_many_workers(shop: Database) -> None:
    def of(workers: str) -> str:
        settings = {"parallel_setup_cost": "0", "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0"}
        query = "SELECT count(*) FROM orders WHERE total > 5"
        return shape(planned(shop, query, max_parallel_workers_per_gather=workers, **settings))

    assert of("1") == of("2") == "Finalize Aggregate(Gather(Partial Aggregate(Parallel Seq Scan public.orders)))"
    assert of("0") == "Aggregate(Seq Scan public.orders)"


def test_partitions_stand_for_their_table(database: Database) -> None:
    database.session.script(EVENTS)

    def of(condition: str) -> str:
        plan = planned(database, f"SELECT * FROM events WHERE {condition}")
        return shape(plan, partitions(database.session))

    assert of("kind = 'kind 1'") == "Seq Scan public.events"
    assert of("kind = 'kind 1'") == of("at >= '2024-03-01' AND kind = 'kind 1'")
    everywhere = of("kind = 'kind 2'")
    database.session.script(
        "CREATE TABLE events_4 PARTITION OF events FOR VALUES FROM ('2024-04-01') TO ('2024-05-01')"
    )
    assert of("kind = 'kind 2'") == everywhere


@pytest.mark.parametrize("day", ["2024-01-05", "2024-02-05", "2024-03-05"])
def test_the_indexes_of_partitions_stand_for_their_tables_index(database: Database, day: str) -> None:
    database.session.script(EVENTS)
    plan = planned(database, f"SELECT * FROM events WHERE at = '{day}'", enable_seqscan="off", enable_bitmapscan="off")
    found = shape(plan, partitions(database.session))
    assert found == "Index Scan using events_at on public.events"


def test_without_a_catalog_partitions_have_their_own_names(database: Database) -> None:
    database.session.script(EVENTS)
    assert "events_1" in shape(planned(database, "SELECT * FROM events"))


def test_the_same_table_twice_is_not_the_table_once(shop: Database) -> None:
    twice = planned(shop, "SELECT * FROM orders UNION ALL SELECT * FROM orders")
    assert shape(twice, partitions(shop.session)) == "Append(Seq Scan public.orders, Seq Scan public.orders)"


def test_ctes_subplans_functions_and_changes_are_named(shop: Database) -> None:
    cte = planned(shop, "WITH top AS MATERIALIZED (SELECT * FROM orders) SELECT * FROM top, generate_series(1, 2)")
    assert "CTE top: Seq Scan public.orders" in shape(cte)
    assert "CTE Scan top" in shape(cte)
    assert "Function Scan pg_catalog.generate_series" in shape(cte)
    assert shape(planned(shop, "DELETE FROM items")) == "Delete public.items(Seq Scan public.items)"


def test_its_digest_is_short_and_stable() -> None:
    assert digest("Seq Scan public.orders") == digest("Seq Scan public.orders")
    assert len(digest("")) == 12
