"""The catalog as data: what is there, also for a role that may read nothing."""

from __future__ import annotations

import pytest

from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.schema import Catalog, Relation
from dbopt.postgres.session import connect
from tests.servers import Database


def relation(catalog: Catalog, written: str) -> Relation:
    found = catalog.resolve(written)
    assert found is not None, written
    return found


def test_tables_have_sizes_and_statistics(shop: Database) -> None:
    orders = relation(read_catalog(shop.session), "orders")
    assert (orders.kind, orders.rows, orders.sql_name) == ("r", 50_000, "public.orders")
    assert orders.bytes > 3_000_000
    status = orders.column("status")
    assert status is not None
    assert status.n_distinct == 3
    assert status.top_frequency == pytest.approx(0.9, abs=0.02)
    assert status.is_text
    shipped = orders.column("shipped_at")
    assert shipped is not None
    assert shipped.null_fraction == pytest.approx(0.03, abs=0.01)
    assert not shipped.not_null


def test_keys_and_foreign_keys_are_known(shop: Database) -> None:
    catalog = read_catalog(shop.session)
    (key,) = catalog.indexes_of(relation(catalog, "items"))
    assert key.columns == ("order_id", "line")
    assert (key.is_primary, key.is_unique, key.constraint, key.is_valid) == (True, True, "items_pkey", True)
    assert key.size_bytes > 1_000_000
    assert {foreign_key.columns for foreign_key in catalog.foreign_keys} == {("order_id",), ("customer_id",)}


def test_names_are_resolved_as_sql_does(shop: Database) -> None:
    shop.session.script(
        'CREATE SCHEMA sales; CREATE TABLE sales.orders (id integer); CREATE TABLE sales."Täble" (id integer)'
    )
    catalog = read_catalog(shop.session)
    assert relation(catalog, "ORDERS").schema == "public"
    assert relation(catalog, "Sales.Orders").schema == "sales"
    assert relation(catalog, 'sales."Täble"').name == "Täble"
    assert relation(catalog, '"we""ird; Täble"').name == 'we"ird; Täble'
    assert catalog.resolve("Täble") is None
    assert catalog.resolve('"Orders"') is None
    assert catalog.resolve("") is None


def test_every_kind_of_index_is_read(database: Database) -> None:
    database.session.script(
        """CREATE TABLE t (a integer, b text, c text, d jsonb);
           CREATE INDEX one ON t (a DESC, lower(b), c COLLATE "C" text_pattern_ops NULLS FIRST) INCLUDE (d) WHERE a > 3;
           CREATE INDEX two ON t USING gin (d);
           CREATE INDEX three ON t USING hash (a)"""
    )
    catalog = read_catalog(database.session)
    one, three, two = catalog.indexes_of(relation(catalog, "t"))
    assert one.columns == ("a", None, "c")
    assert one.include == ("d",)
    assert one.predicate == "a > 3"
    first, second, third = one.keys
    assert (first.descending, first.nulls_first) == (True, True)
    assert second.sql == "lower(b)"
    assert (third.opclass, third.collation, third.descending, third.nulls_first) == (
        "text_pattern_ops",
        "C",
        False,
        True,
    )
    assert (two.method, three.method) == ("gin", "hash")


def test_only_what_a_btree_can_sort_is_indexable(database: Database) -> None:
    database.session.script(
        """CREATE TYPE mood AS ENUM ('sad', 'happy');
           CREATE TYPE spot AS (x integer, y text[]);
           CREATE TYPE blob AS (x integer, y json);
           CREATE DOMAIN mail AS varchar(80);
           CREATE DOMAIN work_mail AS mail;
           CREATE TABLE t (a json, b point, c xml, d mood, e work_mail, f integer, g int4range, h uuid, i text[],
                           j char(3), k "char", l jsonb, m name, n mood[],
                           o spot, p json[], q blob, r work_mail[], s int4multirange)"""
    )
    columns = relation(read_catalog(database.session), "t").columns
    assert [column.name for column in columns if column.indexable] == list("defghijklmnors")
    assert [column.name for column in columns if column.is_text] == list("ej")


def test_a_text_knows_whether_it_sorts_by_bytes(database: Database) -> None:
    database.session.script('CREATE TABLE t (a text COLLATE "C", b text COLLATE "POSIX", c integer)')
    assert [column.bytewise for column in relation(read_catalog(database.session), "t").columns] == [True, True, False]


def test_tables_know_their_heirs(database: Database) -> None:
    database.session.script(
        """CREATE TABLE t (a integer);
           CREATE TABLE u (b integer);
           CREATE TABLE v (c integer) INHERITS (t, u);
           CREATE TABLE w () INHERITS (v);
           CREATE TABLE p (a integer) PARTITION BY RANGE (a);
           CREATE TABLE p1 PARTITION OF p DEFAULT"""
    )
    catalog = read_catalog(database.session)
    assert [heir.name for heir in catalog.heirs_of(relation(catalog, "t"))] == ["v", "w"]
    assert [heir.name for heir in catalog.heirs_of(relation(catalog, "u"))] == ["v", "w"]
    assert catalog.heirs_of(relation(catalog, "p")) == ()


def test_names_of_sequences_and_composite_types_are_known(database: Database) -> None:
    database.session.script("CREATE SEQUENCE s; CREATE TYPE c AS (a integer)")
    assert read_catalog(database.session).other_names == {("public", "s"), ("public", "c")}


def test_partitions_know_their_table(database: Database) -> None:
    database.session.script(
        """CREATE TABLE t (a integer, b integer) PARTITION BY RANGE (a);
           CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (a);
           CREATE TABLE t11 PARTITION OF t1 FOR VALUES FROM (0) TO (5);
           CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
           CREATE INDEX i ON t (b)"""
    )
    catalog = read_catalog(database.session)
    whole = relation(catalog, "t")
    assert whole.kind == "p"
    assert {leaf.name for leaf in catalog.partitions_of(whole)} == {"t11", "t2"}
    assert catalog.root_of(relation(catalog, "t11")) == whole
    (part,) = catalog.indexes_of(relation(catalog, "t2"))
    assert part.parent == ("public", "i")


def test_views_have_definitions_and_no_indexes(database: Database) -> None:
    database.session.script("CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a AS b FROM t")
    view = relation(read_catalog(database.session), "v")
    assert not view.can_have_indexes
    assert "SELECT" in (view.definition or "")
    assert [column.name for column in view.columns] == ["b"]


def test_writes_and_scans_are_counted(database: Database) -> None:
    database.session.script(
        """CREATE TABLE t (a integer); INSERT INTO t SELECT generate_series(1, 10);
           UPDATE t SET a = a + 1 WHERE a > 5; DELETE FROM t WHERE a = 1"""
    )
    with database.session.another() as other:
        other.script("SELECT pg_stat_clear_snapshot()")
        database.session.script("SELECT pg_stat_force_next_flush()") if other.major >= 15 else None
        activity = relation(read_catalog(other), "t").activity
    assert (activity.inserted, activity.updated, activity.deleted) == (10, 5, 1)
    assert activity.scans == 2


def test_an_empty_database_has_an_empty_catalog(database: Database) -> None:
    catalog = read_catalog(database.session)
    assert catalog.relations == ()
    assert catalog.search_path == ("public",)


def test_a_table_that_was_never_analysed_has_unknown_rows(database: Database) -> None:
    database.session.script("CREATE TABLE t (a text)")
    table = relation(read_catalog(database.session), "t")
    assert table.rows == -1
    assert [(column.n_distinct, column.width) for column in table.columns] == [(None, 32)]


def test_a_role_that_may_read_nothing_still_gets_a_catalog(shop: Database) -> None:
    shop.session.script(f"DROP ROLE IF EXISTS poor_{shop.name}; CREATE ROLE poor_{shop.name} LOGIN")
    try:
        with connect(shop.dsn, user=f"poor_{shop.name}") as poor:
            orders = relation(read_catalog(poor), "orders")
    finally:
        shop.session.script(f"DROP ROLE poor_{shop.name}")
    assert orders.rows == 50_000
    assert {column.n_distinct for column in orders.columns} == {None}


def test_a_locked_table_does_not_stop_it(shop: Database) -> None:
    shop.session.script("CREATE VIEW v AS SELECT * FROM orders; CREATE INDEX i ON orders (lower(status)) WHERE id > 3")
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders")
        catalog = read_catalog(shop.session)
    assert relation(catalog, "orders").bytes > 3_000_000
    assert relation(catalog, "v").definition is None
    assert [index.definition for index in catalog.indexes_of(relation(catalog, "orders"))] == ["", ""]


def test_an_invalid_index_is_seen_as_such(shop: Database) -> None:
    shop.session.script("CREATE INDEX i ON orders (status)")
    shop.session.script("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass")
    catalog = read_catalog(shop.session)
    found = next(index for index in catalog.indexes if index.name == "i")
    assert (found.is_valid, found.may_become_valid) == (False, False)
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")
        catalog = read_catalog(shop.session)
    found = next(index for index in catalog.indexes if index.name == "i")
    assert found.may_become_valid
