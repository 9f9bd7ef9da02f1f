"""The what-if by HypoPG on PostgreSQL 15."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.errors import FeatureMissing, QueryFailed
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.model import Index, Key
from dbopt.postgres.identifiers import SQL
from tests.conftest import SHOP
from tests.index.advising import advise_by_hypopg, advise_by_shadow, in_short, statement
from tests.servers import Database, Server

BY_CUSTOMER = Index("public", "orders", (Key("customer_id"),))
LOOKUP = statement("SELECT * FROM orders WHERE customer_id = $1", "17")


@pytest.fixture
def old_shop(pg15: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg15, SHOP + "CREATE SCHEMA extensions; CREATE EXTENSION hypopg SCHEMA extensions;")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders WHERE customer_id = $1",
        "SELECT * FROM orders WHERE status = 'open' ORDER BY placed_at DESC LIMIT 10",
        "SELECT * FROM customers WHERE email = 'user7@example.com'",
        "SELECT * FROM items WHERE sku LIKE 'SKU-77%' AND quantity = 2",
        "SELECT * FROM orders WHERE id = 3",
    ],
)
def test_it_advises_as_the_shadow_does(old_shop: Database, sql: str) -> None:
    assert in_short(advise_by_hypopg(old_shop, sql)) == in_short(advise_by_shadow(old_shop, sql))


def test_it_estimates_costs_and_sizes_and_leaves_nothing(old_shop: Database) -> None:
    what_if = HypoPGWhatIf(old_shop.session)
    assert what_if.prepare([BY_CUSTOMER]) == {}
    before = what_if.estimate(LOOKUP)
    after = what_if.estimate(LOOKUP, [BY_CUSTOMER])
    assert after.cost < before.cost / 10
    assert (before.used, after.used) == (frozenset(), frozenset((BY_CUSTOMER,)))
    assert what_if.size_bytes(BY_CUSTOMER) > 500_000
    assert what_if.planner_calls == 2
    assert (what_if.name, what_if.server_version[:3]) == ("hypopg", "15.")
    assert what_if.estimate(LOOKUP) == before
    rows = old_shop.session.fetch(SQL("SELECT count(*) AS n FROM pg_indexes WHERE tablename = 'orders'"))
    assert rows == [{"n": 1}]


def test_what_hypopg_refuses_comes_back_with_its_reason(old_shop: Database) -> None:
    what_if = HypoPGWhatIf(old_shop.session)
    gin = Index("public", "orders", (Key("status"),), method="gin")
    assert set(what_if.prepare([gin, BY_CUSTOMER])) == {gin}
    with pytest.raises(QueryFailed):
        what_if.estimate(LOOKUP, [gin])


def _over(*keys: Key | str, table: str = "orders", **rest: object) -> Index:
    found = tuple(key if isinstance(key, Key) else Key(key) for key in keys)
    return Index("public", table, found, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        (_over("id", method="gin"), "is not supported"),
        (_over("id", method="gist"), "is not supported"),
        (_over("id", method="spgist"), "is not supported"),
        (_over("id", method="nosuch"), "does not exist"),
        (_over("nowhere"), "does not exist"),
        (_over("id", table="nowhere"), "no table with rows"),
        (_over("id", table="recent"), "no table with rows"),
        (_over(Key("lower(nowhere)", is_expression=True)), "does not exist"),
        (_over(Key("id) ; DROP TABLE orders; --", is_expression=True)), "syntax error"),
        (_over(Key("now()", is_expression=True)), "IMMUTABLE"),
        (_over("id", predicate="nowhere > 1"), "does not exist"),
        (_over("id", predicate="now() > placed_at"), "IMMUTABLE"),
        (_over(Key("status", opclass="nosuch_ops")), "does not exist"),
        (_over(Key("status", collation="nosuch")), "does not exist"),
        (_over("id", "status", method="hash"), "multicolumn"),
        (_over("id", method="hash", include=("status",)), "included columns"),
        (_over(Key("id", descending=True), method="hash"), "no order"),
        (_over("id", method="brin", options=(("pages_per_range", "16"),)), "pages_per_range"),
        (_over("id", options=(("fillfactor", "5"),)), "out of bounds"),
        (_over(*["id"] * 33), "32"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:60],
)
def test_nothing_impossible_is_more_than_a_reason(old_shop: Database, impossible: Index, reason: str) -> None:
    old_shop.session.script("CREATE VIEW recent AS SELECT * FROM orders")
    what_if = HypoPGWhatIf(old_shop.session)
    refused = what_if.prepare([impossible, BY_CUSTOMER])
    assert list(refused) == [impossible]
    assert reason in refused[impossible]
    assert not what_if.knows(impossible)
    assert what_if.estimate(LOOKUP, [BY_CUSTOMER]).used == {BY_CUSTOMER}


@pytest.mark.parametrize(
    ("wanted", "sql"),
    [
        (_over("status", predicate="status = 'open'"), "SELECT count(*) FROM orders WHERE status = 'open'"),
        (_over("customer_id", method="hash"), "SELECT * FROM orders WHERE customer_id = 17"),
        (_over(Key("status", opclass="text_pattern_ops"), "id"), "SELECT id FROM orders WHERE status LIKE 'retur%'"),
        (_over("customer_id", include=("status",)), "SELECT status FROM orders WHERE customer_id = 17"),
        (
            _over(Key("(customer_id + 1)", is_expression=True)),
            "SELECT * FROM orders WHERE customer_id + 1 = 17",
        ),
    ],
    ids=["partial", "hash", "operator class", "include", "expression"],
)
def test_it_judges_more_than_plain_btrees(old_shop: Database, wanted: Index, sql: str) -> None:
    what_if = HypoPGWhatIf(old_shop.session)
    assert what_if.prepare([wanted]) == {}
    estimate = what_if.estimate(statement(sql), [wanted])
    assert estimate.used == {wanted}
    assert estimate.cost < what_if.estimate(statement(sql)).cost


def test_a_partitioned_table_has_one_in_each_partition(old_shop: Database) -> None:
    old_shop.session.script(
        """CREATE TABLE log (day integer, who integer) PARTITION BY RANGE (day);
           CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
           CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20);
           INSERT INTO log SELECT n % 20, n FROM generate_series(1, 20000) AS n; ANALYZE log"""
    )
    assert in_short(advise_by_hypopg(old_shop, "SELECT * FROM log WHERE who = 7")) == ["log (who)"]


def test_an_index_that_no_plan_reads_is_dropped_without_hiding_it(old_shop: Database) -> None:
    old_shop.session.script("CREATE INDEX a ON orders (status); CREATE INDEX b ON orders (status)")
    (drop,) = advise_by_hypopg(old_shop, LOOKUP).drop
    assert (drop.index, drop.kind) == ("public.b", "duplicate")
    assert drop.reason.endswith("No plan of this workload reads it: nothing becomes dearer.")


def test_what_a_plan_reads_is_dropped_without_a_check(old_shop: Database) -> None:
    old_shop.session.script(
        "CREATE INDEX a ON orders (id); CREATE INDEX b ON orders ((id + 1)); CREATE INDEX c ON orders ((id + 1))"
    )
    drops = advise_by_hypopg(old_shop, "SELECT * FROM orders WHERE id = 5").drop
    assert [(drop.index, drop.kind) for drop in drops] == [("public.a", "duplicate"), ("public.c", "duplicate")]
    assert "becomes dearer" not in drops[1].reason


def test_it_cannot_hide_before_1_4(old_shop: Database) -> None:
    with pytest.raises(FeatureMissing, match=r"1\.4"):
        HypoPGWhatIf(old_shop.session).estimate(LOOKUP, hidden=["public.orders_pkey"])


def test_without_the_extension_it_says_what_to_do(pg15: Server, new_database: Callable[..., Database]) -> None:
    with pytest.raises(FeatureMissing) as failure:
        HypoPGWhatIf(new_database(pg15).session)
    assert "CREATE EXTENSION hypopg" in (failure.value.hint or "")


def test_without_the_package_it_says_what_to_do(pg18: Server, new_database: Callable[..., Database]) -> None:
    with pytest.raises(FeatureMissing) as failure:
        HypoPGWhatIf(new_database(pg18).session)
    assert "postgresql-18-hypopg" in (failure.value.hint or "")


def test_hypopg_says_what_it_cannot_try(old_shop: Database) -> None:
    old_shop.session.script("ALTER TABLE orders ADD data jsonb")
    (reason,) = advise_by_hypopg(old_shop, "SELECT * FROM orders WHERE data @> '{}'").not_advised
    assert reason.reason.startswith("HypoPG cannot try an index of the access method gin")
    assert "--what-if shadow" in reason.reason
