"""New indexes that take the place of existing ones."""

from __future__ import annotations

from dataclasses import replace

from tests.index.advising import advise_by_shadow, in_short, statement
from tests.servers import Database

TOTAL = "SELECT sum(total) FROM orders WHERE customer_id = 17"
NEWEST = "SELECT * FROM orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 3"
SINCE = "SELECT * FROM orders WHERE customer_id = $1 AND placed_at > $2"
INSERT = "INSERT INTO orders (customer_id, status, total, placed_at) SELECT 1, $1, 3, now()"


def test_a_new_index_does_the_work_of_an_existing_one_as_well(shop: Database) -> None:
    shop.session.script("CREATE INDEX totals ON orders (customer_id) INCLUDE (total)")
    shop.session.script("VACUUM ANALYZE orders")
    advice = advise_by_shadow(shop, TOTAL, NEWEST)
    assert in_short(advice) == ["orders (customer_id, placed_at) +total"]
    (drop,) = advice.drop
    assert (drop.index, drop.after) == ("public.totals", "public.orders_customer_id_placed_at_idx")
    assert advice.storage_bytes < 2 * drop.size_bytes
    for sql in (advice.create[0].sql, drop.sql):
        shop.session.script(sql)
    again = advise_by_shadow(shop, TOTAL, NEWEST)
    assert (again.create, again.drop) == ((), ())


def test_where_nothing_is_to_be_dropped_it_does_not(shop: Database) -> None:
    shop.session.script("CREATE INDEX totals ON orders (customer_id) INCLUDE (total)")
    shop.session.script("VACUUM ANALYZE orders")
    advice = advise_by_shadow(shop, TOTAL, NEWEST, drop=False)
    assert in_short(advice) == ["orders (customer_id, placed_at)"]
    assert advice.drop == ()


def test_where_the_budget_has_no_room_for_more_it_does_not(shop: Database) -> None:
    shop.session.script("CREATE INDEX totals ON orders (customer_id) INCLUDE (total)")
    shop.session.script("VACUUM ANALYZE orders")
    alone = advise_by_shadow(shop, TOTAL, NEWEST, drop=False).storage_bytes
    advice = advise_by_shadow(shop, TOTAL, NEWEST, budget_bytes=alone)
    assert in_short(advice) == ["orders (customer_id, placed_at)"]


def test_what_enforces_something_is_not_taken_over(shop: Database) -> None:
    shop.session.script("CREATE UNIQUE INDEX totals ON orders (customer_id, id) INCLUDE (total)")
    shop.session.script("VACUUM ANALYZE orders")
    advice = advise_by_shadow(shop, TOTAL, NEWEST)
    assert in_short(advice) == ["orders (customer_id, placed_at)"]
    assert advice.drop == ()


def test_what_writes_do_not_bear_beside_another_they_bear_in_its_place(shop: Database) -> None:
    shop.session.script("CREATE INDEX by_customer ON orders (customer_id)")
    since = replace(statement(SINCE, "17", "2024-01-29"), calls=1000)
    gain = advise_by_shadow(shop, since)
    assert in_short(gain) == ["orders (customer_id, placed_at)"]
    cost = advise_by_shadow(shop, since, replace(statement(INSERT), calls=1)).create[0].write_cost
    inserts = replace(statement(INSERT), calls=round(1.5 * gain.create[0].cost_saved / cost))
    assert in_short(advise_by_shadow(shop, since, inserts, drop=False)) == []
    advice = advise_by_shadow(shop, since, inserts)
    assert in_short(advice) == ["orders (customer_id, placed_at)"]
    assert [drop.index for drop in advice.drop] == ["public.by_customer"]
    assert advice.freed_write_cost > 0.5 * advice.create[0].write_cost


def test_what_a_statement_needs_does_not_give_way(shop: Database) -> None:
    shop.session.script("ALTER TABLE orders ADD COLUMN note text; CREATE INDEX by_customer ON orders (customer_id)")
    shop.session.script(
        "UPDATE orders SET note = (SELECT string_agg(md5((id * n)::text), '') FROM generate_series(1, 8) AS n)"
    )
    shop.session.script("VACUUM ANALYZE orders")
    count = replace(statement("SELECT count(*) FROM orders WHERE customer_id < 300"), calls=10)
    noted = replace(statement("SELECT id FROM orders WHERE customer_id = $1 AND note > $2", "17", "f"), calls=1000)
    inserts = replace(statement(INSERT), calls=1_000_000)
    advice = advise_by_shadow(shop, count, noted, inserts)
    assert (advice.create, advice.drop) == ((), ())
