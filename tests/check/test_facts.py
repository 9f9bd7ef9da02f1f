"""What the gate remembers of a plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.check.facts import Read
from tests.check.plans import observed
from tests.servers import Database, Server

HARMLESS = {
    "another alias": (
        "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.total > 990 ORDER BY o.placed_at",
        "SELECT x.id FROM orders AS x JOIN customers who ON who.id = x.customer_id WHERE x.total > 990"
        " ORDER BY x.placed_at",
    ),
    "no alias": (
        "SELECT o.id FROM orders o WHERE o.status = 'open' AND o.total > 5 ORDER BY o.total",
        "SELECT id FROM orders WHERE status = 'open' AND total > 5 ORDER BY total",
    ),
    "conditions in another order": (
        "SELECT * FROM orders WHERE status = 'open' AND total > 5 AND shipped_at IS NULL",
        "SELECT * FROM orders WHERE shipped_at IS NULL AND total > 5 AND status = 'open'",
    ),
    "another name of a subquery": (
        "SELECT s.country, s.n FROM (SELECT country, count(*) AS n FROM customers GROUP BY 1 LIMIT 5) s ORDER BY s.n",
        "SELECT t.country, t.n FROM (SELECT country, count(*) AS n FROM customers GROUP BY 1 LIMIT 5) t ORDER BY t.n",
    ),
    "other values": (
        "SELECT * FROM orders WHERE status = 'open' AND placed_at < timestamp '2024-01-02' AND customer_id IN (1, 2)",
        "SELECT * FROM orders WHERE status = 'gone' AND placed_at < timestamp '2024-01-03' AND customer_id IN (3, 4)",
    ),
    "BETWEEN": (
        "SELECT * FROM orders WHERE total BETWEEN 5 AND 6",
        "SELECT * FROM orders WHERE total >= 5 AND total <= 6",
    ),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_harmless_changes_leave_the_outline(shop: Database, change: str) -> None:
    before, after = (observed(shop, sql) for sql in HARMLESS[change])
    assert before.outline == after.outline
    assert before.shape == after.shape
    assert before.reads == after.reads


def test_it_names_reads_joins_conditions_and_estimates(shop: Database) -> None:
    shop.session.script("CREATE INDEX orders_open ON orders (placed_at) WHERE status = 'open'")
    found = observed(
        shop,
        "SELECT c.name FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE o.status = 'open' AND o.placed_at < '2024-01-02'",
    )
    assert found.reads == (
        Read("public.orders", "Index Scan", "orders_open"),
        Read("public.customers", "Seq Scan"),
    )
    assert found.joins == ("Hash Join of public.orders and public.customers",)
    assert "join of public.customers, public.orders" in found.estimates
    assert any(key.startswith("public.orders: ") and "orders.placed_at < ?" in key for key in found.estimates)
    assert not any("2024" in line or "'" in line for line in found.outline)


def test_one_table_under_the_same_conditions_has_one_estimate_however_it_is_read(shop: Database) -> None:
    sql = "SELECT * FROM orders WHERE customer_id = 7 AND total > 100"
    before = observed(shop, sql)
    shop.session.script("CREATE INDEX ON orders (customer_id)")
    after = observed(shop, sql)
    assert before.reads != after.reads
    assert before.estimates == after.estimates


PARTITIONS = """
    CREATE TABLE events (id bigint, at date, kind text) PARTITION BY RANGE (at);
    CREATE INDEX events_at ON events (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
    INSERT INTO events SELECT n, date '2024-01-01' + n % 90, 'kind ' || n % 5 FROM generate_series(1, 9000) AS n;
    ANALYZE events
"""


def test_partitions_are_counted_and_stand_for_their_table(
    server: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(server, PARTITIONS)
    (one,) = observed(database, "SELECT count(*) FROM events WHERE at = '2024-02-05'").reads
    every = observed(database, "SELECT * FROM events WHERE at + 0 = '2024-02-05'")
    assert (one.relation, one.index, one.partitions) == ("public.events", "events_at", 1)
    assert every.reads == (Read("public.events", "Seq Scan", None, 3),)
    assert any("(3 times)" in line for line in every.outline)
    assert [key for key in every.estimates if key.startswith("public.events")] == [
        "public.events: ((events.at + ?) = ?)"
    ]


def test_bitmaps_of_partitions_name_the_index_of_their_table(
    server: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(server, PARTITIONS)
    database.session.script("SET enable_seqscan = off; SET enable_indexscan = off")
    found = observed(database, "SELECT * FROM events WHERE at > '2024-01-05'")
    assert any("Bitmap Index Scan using events_at" in line for line in found.outline)
    assert any("(3 times)" in line for line in found.outline)


def test_a_table_read_twice_is_read_twice(shop: Database) -> None:
    found = observed(shop, "SELECT 1 FROM customers a JOIN customers b ON b.email = a.name")
    assert [read.relation for read in found.reads] == ["public.customers", "public.customers"]
