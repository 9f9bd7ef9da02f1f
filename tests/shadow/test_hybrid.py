"""Snapshots of parts of others."""

from __future__ import annotations

from dataclasses import replace

from dbopt.shadow.hybrid import combined, differing
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Setting, Snapshot
from dbopt.shadow.take import take
from tests.servers import Database
from tests.shadow.test_migration import STATISTICS, plan, rows


def grown(shop: Database) -> tuple[Snapshot, Snapshot]:
    """The shop before and after a release: more orders, another schema, other settings."""
    shop.session.script(STATISTICS)
    old = take(shop.session)
    shop.session.script("""
        INSERT INTO orders (customer_id, status, total, placed_at)
            SELECT 7, 'lost', n, now() FROM generate_series(1, 100000) AS n;
        INSERT INTO facts SELECT n, n, n, 'w' FROM generate_series(1, 10000) AS n;
        ALTER TABLE orders ADD COLUMN note text DEFAULT 'none';
        ALTER TABLE orders DROP COLUMN total;
        ALTER TABLE items ALTER line TYPE text;
        DROP TABLE "we""ird; Täble";
        CREATE TABLE notes AS SELECT n AS id FROM generate_series(1, 3000) AS n;
        CREATE INDEX by_customer ON orders (customer_id);
        SET work_mem = '77MB';
        ANALYZE;
    """)
    return old, take(shop.session)


def test_of_one_snapshot_it_is_that_snapshot(shop: Database) -> None:
    shop.session.script(STATISTICS)
    taken = take(shop.session)
    assert combined(taken, taken, taken) == taken
    assert combined(taken, replace(taken), taken) == taken
    assert differing(taken, replace(taken)) == ()


def test_parts_that_differ_are_told_apart(shop: Database) -> None:
    old, new = grown(shop)
    assert differing(old, new) == ("schema", "statistics", "settings")
    assert differing(old, combined(old, new, old)) == ("statistics",)
    assert differing(old, combined(old, old, new)) == ("settings",)
    assert "schema" in differing(old, combined(new, old, old))
    assert "settings" not in differing(old, combined(new, old, old))
    assert differing(new, combined(new, old, new)) == ("statistics",)


def test_the_new_schema_plans_with_the_old_statistics(shop: Database) -> None:
    old, new = grown(shop)
    mixed = combined(new, old, old)
    with Shadow.open(mixed) as shadow, Shadow.open(old) as before, Shadow.open(new) as after:
        assert shadow.unrestored == {}
        with shadow.connect() as here, before.connect() as then, after.connect() as now:
            known = (
                "SELECT attname, n_distinct, most_common_vals::text, avg_width FROM pg_stats WHERE tablename = 'orders'"
            )
            kept = f"{known} AND attname NOT IN ('total', 'note') ORDER BY 1"
            assert rows(here, kept) == rows(then, kept) != rows(now, kept)
            own = f"{known} AND attname = 'note'"
            assert rows(here, own) == rows(now, own) != []
            changed = "SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'items' AND attname = 'line'"
            assert rows(here, changed) == rows(now, changed) != []
            counted = "SELECT reltuples FROM pg_class WHERE relname = 'orders'"
            assert rows(here, counted) == rows(then, counted) == [{"reltuples": 50000}]
            together = "SELECT n_distinct::text, most_common_vals FROM pg_stats_ext WHERE statistics_name = 'together'"
            assert rows(here, together) == rows(then, together) != rows(now, together)
        assert shadow.blocks["public", "orders"] == before.blocks["public", "orders"]
        assert shadow.blocks["public", "notes"] == after.blocks["public", "notes"]
        sizes = {relation.name: relation.blocks for relation in shadow.snapshot.relations}
        assert (
            40
            < sizes["by_customer"]
            < {relation.name: relation.blocks for relation in new.relations}["by_customer"] / 2
        )
        shape = plan(shadow, "SELECT * FROM orders WHERE customer_id = 5").shape
        assert shape is not None
        assert "by_customer" in shape


def test_the_old_schema_plans_with_the_new_statistics(shop: Database) -> None:
    old, new = grown(shop)
    with Shadow.open(combined(old, new, new)) as shadow, Shadow.open(new) as after:
        assert shadow.unrestored == {}
        assert shadow.blocks["public", "orders"] == after.blocks["public", "orders"]
        assert ("public", "notes") not in shadow.blocks
        weird = 'SELECT * FROM "we""ird; Täble" WHERE "i;d" = 5'
        assert "Index Scan" in (plan(shadow, weird).shape or "")
        with shadow.connect() as session:
            assert rows(session, "SHOW work_mem") == [{"work_mem": "77MB"}]


def test_what_was_never_analysed_is_unknown(shop: Database) -> None:
    shop.session.script("CREATE TABLE late AS SELECT n AS a FROM generate_series(1, 5000) AS n")
    before = take(shop.session)
    shop.session.script("ANALYZE late")
    after = take(shop.session)
    with Shadow.open(combined(after, before, after)) as shadow, shadow.connect() as session:
        assert rows(session, "SELECT FROM pg_stats WHERE tablename = 'late'") == []
        assert rows(session, "SELECT reltuples FROM pg_class WHERE relname = 'late'") == [{"reltuples": -1}]


def test_settings_alone_are_exchanged(shop: Database) -> None:
    taken = take(shop.session)
    other = replace(taken, settings=(Setting("work_mem", "123", "kB"),), search_path=("x",), dump="", relations=())
    mixed = combined(taken, taken, other)
    assert (mixed.settings, mixed.search_path) == (other.settings, ("x",))
    assert (mixed.dump, mixed.relations) == (taken.dump, taken.relations)
