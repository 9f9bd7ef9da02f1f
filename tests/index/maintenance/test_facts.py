"""What servers of every version tell of their tables, to whom, and when."""

from __future__ import annotations

from dbopt.index.maintenance.facts import read_facts
from dbopt.index.maintenance.sample import Samples
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import connect
from tests.servers import Database

TABLE = ("public", "orders")


def test_the_facts_of_a_server(shop: Database) -> None:
    shop.session.script(
        """ALTER TABLE orders ALTER total SET (n_distinct = 7);
           CREATE STATISTICS odd ON (lower(status)), total FROM orders; CREATE STATISTICS pair ON total, id FROM orders;
           UPDATE orders SET total = 3 WHERE id <= 100"""
    )
    shop.session.script("VACUUM ANALYZE orders")
    shop.session.script("SELECT pg_stat_force_next_flush()")
    facts = read_facts(shop.session, read_catalog(shop.session), smallest_btree=0)
    table = facts.tables[TABLE]
    assert (table.kind, table.rows, table.has_statistics) == ("r", 50_000, True)
    assert 0 < table.blocks == table.bytes // 8192
    assert table.counts is not None
    assert (table.counts.updated, table.counts.deleted) == (100, 0)
    assert (table.counts.updated_elsewhere is None) == (shop.server.major < 16)
    assert facts.set_by_hand == {(TABLE, "total"): "7"}
    assert facts.extended[TABLE] == [frozenset(("total",)), frozenset(("id", "total"))]
    assert facts.expressions[TABLE] == frozenset(("lower(status)",))
    assert facts.taken == frozenset((("public", "odd"), ("public", "pair")))
    assert {btree.name for btree in facts.btrees} >= {"orders_pkey", "items_pkey"}
    assert all(column.table != TABLE or column.name != "status" for column in facts.columns.values())
    assert read_facts(shop.session, read_catalog(shop.session), counts=False).tables[TABLE].counts is None


def test_a_locked_table_is_no_obstacle(shop: Database) -> None:
    shop.session.script("CREATE STATISTICS odd ON (lower(status)), total FROM orders")
    with connect(shop.dsn) as other:
        other.script("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        catalog = read_catalog(shop.session)
        facts = read_facts(shop.session, catalog)
        assert facts.taken == frozenset((("public", "odd"),))
        table = catalog.find(*TABLE)
        assert table is not None
        assert Samples(shop.session).dependence(table, ("status", "total")) is None


def test_what_a_role_may_not_see_is_unknown(shop: Database) -> None:
    shop.session.script("DROP ROLE IF EXISTS a_guest; CREATE ROLE a_guest; SET ROLE a_guest")
    facts = read_facts(shop.session, read_catalog(shop.session), smallest_btree=0)
    shop.session.script("RESET ROLE; DROP ROLE a_guest")
    assert facts.tables[TABLE].has_statistics is None
    assert facts.columns == {}
    assert all(attribute.avg_width == 0 for btree in facts.btrees for attribute in btree.attributes)
