"""What an index costs the writes: only where rows are written, and more for scattered and for lost HOT updates."""

from __future__ import annotations

from dataclasses import replace

from dbopt.index.model import Index, Key
from dbopt.index.write_cost import Writes, write_cost
from dbopt.index.writes import writes_of
from dbopt.postgres.schema import Activity, Catalog
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse, tables_of
from tests.index.shop import ORDERS, SHOP, column

STATUS = Index("public", "orders", (Key("status"),))
KEY = ("public", "orders")


def cost(writes: Writes, index: Index = STATUS, catalog: Catalog = SHOP) -> float:
    return write_cost(index, catalog, {KEY: writes})


def with_orders(**changes: object) -> Catalog:
    return replace(SHOP, relations=(replace(ORDERS, **changes),))  # type: ignore[arg-type]


def written(*texts: str, catalog: Catalog = SHOP, calls: int | None = 10, rows: int | None = None) -> Writes:
    statements = [
        Statement("x", None, sql, kind_of(sql), calls=calls, rows=rows, tables=tables_of(sql)) for sql in texts
    ]
    return writes_of([(statement, parse(statement.sql)) for statement in statements], catalog)[KEY]


def test_a_table_that_is_only_read_costs_nothing() -> None:
    assert cost(Writes()) == 0
    assert write_cost(STATUS, SHOP, {}) == 0


def test_an_entry_costs_about_as_much_as_a_page() -> None:
    assert 0.5 < cost(Writes(inserted=1)) < 4


def test_rows_in_the_order_of_the_index_cost_less() -> None:
    sorted_column = column("status", "text", correlation=1.0)
    assert cost(Writes(inserted=100), catalog=with_orders(columns=(sorted_column,))) < cost(Writes(inserted=100)) / 2


def test_a_hot_update_costs_nothing_unless_it_sets_an_indexed_column() -> None:
    assert cost(Writes(updated=100, hot=100, touching={"total": 100})) == 0
    lost = Writes(updated=100, hot=100, touching={"status": 100})
    assert cost(lost, catalog=replace(SHOP, indexes=())) == cost(Writes(inserted=100))
    assert cost(lost) > 1.5 * cost(Writes(inserted=100)), "an entry in the primary key as well"
    assert cost(Writes(updated=100, hot=0)) == cost(Writes(inserted=100))


def test_a_deleted_row_costs_less_than_a_new_one() -> None:
    assert 0 < cost(Writes(deleted=100)) < cost(Writes(inserted=100)) / 2


def test_the_statements_of_the_workload_count() -> None:
    assert written("INSERT INTO orders (id) VALUES ($1)").inserted == 10
    assert written("INSERT INTO orders SELECT * FROM orders", rows=5000).inserted == 5000
    assert written("DELETE FROM orders WHERE id = $1").deleted == 10
    changed = written("UPDATE orders SET status = $1, total = 0 WHERE id = $2", rows=30)
    assert changed.updated == 30
    assert changed.touching == {"status": 30, "total": 30}


def test_the_counts_of_the_server_are_scaled_to_the_workload() -> None:
    activity = Activity(inserted=300_000, updated=5000, updated_hot=2500, deleted=1000, scans=1000)
    read = written("SELECT * FROM orders", catalog=with_orders(activity=activity), calls=100)
    assert read == Writes(inserted=20_000, updated=500, hot=250, deleted=100, touching={})


def test_rows_that_are_still_there_were_loaded_once() -> None:
    read = written("SELECT * FROM orders", catalog=with_orders(activity=Activity(inserted=100_000, scans=1)))
    assert read.inserted == 0


def test_where_no_update_was_counted_most_that_set_no_indexed_column_are_hot() -> None:
    assert written("UPDATE orders SET total = 5", calls=10).hot == 8
    assert written("UPDATE orders SET id = 5", "UPDATE orders SET total = 5", calls=10).hot == 8
    counted = with_orders(activity=Activity(updated=100, updated_hot=0, scans=10))
    assert written("UPDATE orders SET total = 5", catalog=counted).hot == 0
