"""Drops on a real database: checked by planning, with what they give back, and after what stands in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dbopt.index.advice import Advice
from dbopt.index.advise import advise
from dbopt.index.apply import apply, items_of
from dbopt.postgres.catalog import read_catalog
from dbopt.shadow.what_if import what_if
from tests.conftest import SHOP
from tests.index.advising import advise_by_hypopg, advise_by_shadow, in_short, statement, workload
from tests.index.changes import indexes
from tests.servers import Database, Server

LOOKUP = "SELECT * FROM orders WHERE customer_id = 17"
NEWEST = "SELECT * FROM orders WHERE status = $1 ORDER BY placed_at DESC LIMIT 10"
LONG = 30 * 86_400.0


def drops(advice: Advice) -> dict[str, str]:
    return {one.index.removeprefix("public."): one.kind for one in advice.drop}


def advise_after(shop: Database, seconds: float, *statements: str) -> Advice:
    """Advice from a server that has counted for so long."""
    with what_if(shop.session) as shadow:
        catalog = replace(read_catalog(shop.session), counted_seconds=seconds)
        return advise(workload(*statements), catalog, shadow)


def test_what_a_new_index_serves_as_well_goes_after_it(shop: Database) -> None:
    shop.session.script("CREATE INDEX by_status ON orders (status)")
    advice = advise_by_shadow(shop, NEWEST)
    assert in_short(advice) == ["orders (status, placed_at)"]
    (drop,) = advice.drop
    assert (drop.index, drop.kind, drop.after) == (
        "public.by_status",
        "redundant",
        "public.orders_status_placed_at_idx",
    )
    assert "nothing becomes dearer" in drop.reason
    assert advice.freed_bytes == drop.size_bytes > 0


def test_it_is_not_dropped_where_the_new_index_is_not_there(shop: Database, tmp_path: Path) -> None:
    shop.session.script("CREATE INDEX by_status ON orders (status)")
    items = items_of(advise_by_shadow(shop, NEWEST))
    (outcome,) = apply(shop.session, items[1:], tmp_path / "undo.json").outcomes
    assert outcome.state == "unchanged"
    assert "orders_status_placed_at_idx" in outcome.remark
    assert set(indexes(shop.session, "orders")) == {"by_status"}
    outcomes = apply(shop.session, items, tmp_path / "undo.json").outcomes
    assert [outcome.state for outcome in outcomes] == ["built", "dropped"]
    assert set(indexes(shop.session, "orders")) == {"orders_status_placed_at_idx"}


TOTALS = "SELECT sum(total) FROM orders WHERE customer_id BETWEEN 10 AND 300"
TOTALS_AND_TIMES = "SELECT sum(total), max(placed_at) FROM orders WHERE customer_id BETWEEN 10 AND 300"


def test_what_includes_less_goes_though_its_scans_were_shorter(shop: Database) -> None:
    shop.session.script("CREATE INDEX totals ON orders (customer_id) INCLUDE (total)")
    shop.session.script("VACUUM ANALYZE orders")
    advice = advise_by_shadow(shop, TOTALS, TOTALS_AND_TIMES)
    assert in_short(advice) == ["orders (customer_id) +placed_at +total"]
    (drop,) = advice.drop
    assert (drop.index, drop.after) == ("public.totals", "public.orders_customer_id_idx")
    assert re.search(r"1\d % on one statement is not worth a second index", drop.reason)
    shop.session.script(advice.create[0].sql)
    assert drops(advise_by_shadow(shop, TOTALS, TOTALS_AND_TIMES)) == {"totals": "redundant"}


def test_what_is_far_shorter_than_what_begins_like_it_stays(shop: Database) -> None:
    shop.session.script(
        """ALTER TABLE orders ADD COLUMN note text DEFAULT repeat('long', 100); CREATE INDEX few ON orders (total);
           CREATE INDEX all_of_it ON orders (total) INCLUDE (note)"""
    )
    for vacuum in ("VACUUM FULL orders", "VACUUM ANALYZE orders"):
        shop.session.script(vacuum)
    assert "few" not in drops(advise_by_shadow(shop, "SELECT count(*) FROM orders WHERE total > 10"))


def test_what_enforces_something_or_serves_a_foreign_key_stays(shop: Database) -> None:
    shop.session.script(
        """CREATE UNIQUE INDEX one_email ON customers (email, id); CREATE INDEX clustered ON orders (total);
           CLUSTER orders USING clustered; CREATE INDEX for_key ON orders (customer_id);
           CREATE TABLE rooms (during tsrange, EXCLUDE USING gist (during WITH &&));
           CREATE UNIQUE INDEX identity ON items (order_id, line, sku);
           ALTER TABLE items REPLICA IDENTITY USING INDEX identity; CREATE INDEX idle ON orders (shipped_at)"""
    )
    advice = advise_after(shop, LONG, "SELECT * FROM orders WHERE id = 3")
    assert drops(advice) == {"idle": "unused"}
    assert "30 days of counting" in advice.drop[0].reason
    assert advise_after(shop, 3600.0, "SELECT * FROM orders WHERE id = 3").drop == ()


def test_a_drop_gives_its_writes_back(shop: Database) -> None:
    shop.session.script("CREATE INDEX one ON items (sku); CREATE INDEX two ON items (sku)")
    written = replace(statement("INSERT INTO items SELECT $1, $2, $3, $4, 1"), calls=10_000)
    advice = advise_by_shadow(shop, LOOKUP, written)
    (drop,) = advice.drop
    assert drop.write_cost == pytest.approx(advice.freed_write_cost)
    assert advice.freed_write_cost > 1000


PARTITIONED = """
CREATE TABLE log (day date NOT NULL, who integer, what text) PARTITION BY RANGE (day);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO log SELECT date '2024-01-01' + n % 60, n, 'what' FROM generate_series(1, 40000) AS n;
CREATE INDEX whole ON log (who); CREATE INDEX wider ON log (who, day); CREATE INDEX of_one ON log_1 (what);
ANALYZE log
"""


def test_a_partitioned_index_goes_whole_and_a_partition_s_own_alone(database: Database) -> None:
    database.session.script(PARTITIONED)
    advice = advise_after(database, LONG, "SELECT * FROM log WHERE who = 7")
    assert drops(advice) == {"whole": "redundant", "of_one": "unused"}
    whole, own = advice.drop
    assert whole.sql == "DROP INDEX IF EXISTS public.whole"
    assert whole.size_bytes > 500_000
    assert own.sql == "DROP INDEX CONCURRENTLY IF EXISTS public.of_one"
    for one in advice.drop:
        database.session.script(one.sql)
        database.session.script(one.undo_sql)
    assert drops(advise_after(database, LONG, "SELECT * FROM log WHERE who = 7")) == drops(advice)


def test_a_partition_s_index_that_a_plan_of_the_whole_reads_stays(database: Database) -> None:
    database.session.script(PARTITIONED)
    sql = "SELECT * FROM log WHERE what = 'else' AND day < '2024-01-15'"
    assert "of_one" not in drops(advise_after(database, LONG, sql))


def test_hypopg_checks_them_too(pg15: Server, new_database: Callable[..., Database]) -> None:
    shop = new_database(pg15, SHOP)
    shop.session.script("CREATE INDEX by_status ON orders (status); CREATE INDEX again ON orders (status)")
    advice = advise_by_hypopg(shop, NEWEST)
    assert in_short(advice) == ["orders (status, placed_at)"]
    assert drops(advice) == {"by_status": "duplicate", "again": "redundant"}


def test_what_other_indexes_do_already_goes(shop: Database) -> None:
    shop.session.script(
        """CREATE UNIQUE INDEX again ON orders (id); CREATE INDEX hashed ON orders USING hash (id);
           CREATE INDEX one ON orders (customer_id, status); CREATE INDEX backwards ON orders (customer_id DESC);
           CREATE INDEX part ON orders (customer_id) WHERE customer_id >= 0;
           CREATE INDEX few ON orders (placed_at) WHERE status = 'failed';
           CREATE INDEX all_of_them ON orders (placed_at)
        """
    )
    written = replace(statement("UPDATE orders SET status = $1, customer_id = 3 WHERE id = 7"), calls=100)
    advice = advise_by_shadow(shop, LOOKUP, "SELECT * FROM orders WHERE id = 3", written)
    assert drops(advice) == {
        "again": "duplicate",
        "backwards": "redundant",
        "hashed": "redundant",
        "part": "redundant",
    }
    for one in advice.drop:
        shop.session.script(one.sql)
        shop.session.script(one.undo_sql)
    assert drops(advise_by_shadow(shop, LOOKUP, "SELECT * FROM orders WHERE id = 3", written)) == drops(advice)


def test_an_index_of_few_rows_that_a_plan_needs_stays(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX few ON orders (placed_at) WHERE total < 1; CREATE INDEX all_of_them ON orders (placed_at)"""
    )
    advice = advise_by_shadow(shop, "SELECT * FROM orders WHERE total < 1 ORDER BY placed_at")
    assert "few" not in drops(advice)


def test_a_deferrable_constraint_does_not_stand_in_for_a_unique_index(shop: Database) -> None:
    shop.session.script(
        """ALTER TABLE customers ADD CONSTRAINT late UNIQUE (email) DEFERRABLE;
           CREATE UNIQUE INDEX own ON customers (email)"""
    )
    assert drops(advise_by_shadow(shop, LOOKUP)) == {}
