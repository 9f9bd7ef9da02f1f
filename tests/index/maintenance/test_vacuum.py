"""Tables whose visibility map lags behind, and those full of dead rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.index.advise import advise
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.maintenance import Condition
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import Counts, Facts, TableFacts, read_facts
from dbopt.index.maintenance.vacuum import examine
from dbopt.index.questions import Question
from dbopt.index.trials import Trials
from dbopt.postgres.catalog import read_catalog
from dbopt.shadow.what_if import what_if
from tests.conftest import SHOP as SHOP_SCRIPT
from tests.index.advising import statement, upkeep, workload
from tests.index.shop import SHOP
from tests.servers import Database, Server

RANGE = "SELECT sum(total) FROM orders WHERE placed_at BETWEEN '2024-01-05' AND '2024-01-25'"
COVERING = "CREATE INDEX covering ON orders (placed_at) INCLUDE (total)"
ORDERS = TableFacts("public", "orders", "r", 100_000, 1000, 1000, 8192 * 1000, (), True)


def advised(counts: Counts) -> list[str]:
    """What is said of the orders' dead rows."""
    key = ("public", "orders")
    question = Question(statement(RANGE), (), None, 1.0, frozenset(), frozenset(), frozenset((key,)), frozenset())
    trials = Trials([question], frozenset(), None, SHOP)  # type: ignore[arg-type]
    facts = Facts({key: replace(ORDERS, counts=counts)})
    return [one.reason for one in examine(Context(trials, [1.0], facts))]


def test_a_table_full_of_dead_rows() -> None:
    assert advised(Counts(live=100_000, dead=40_000)) == []
    (reason,) = advised(Counts(live=100_000, dead=40_001))
    assert "40,001 dead rows beside 100,000 live ones" in reason
    assert advised(Counts(live=100, dead=10_000)) == []
    assert len(advised(Counts(live=100, dead=10_001))) == 1


def test_pages_that_are_not_known_to_be_visible(shop: Database) -> None:
    shop.session.script(COVERING)
    for counts in (True, False):
        (advice,) = upkeep(shop, "vacuum", RANGE, "SELECT * FROM orders WHERE id = 3", counts=counts)
        assert (advice.sql, advice.undo_sql) == ("VACUUM public.orders", "")
        assert "Only 0 of its" in advice.reason
        (affected,) = advice.statements
        assert affected.cost_before is not None
        assert affected.cost_after is not None
        assert affected.cost_after < 0.9 * affected.cost_before
        assert advice.cost_before == pytest.approx(100 * affected.cost_before)
        assert advice.cost_after == pytest.approx(100 * affected.cost_after)
    shop.session.script(advice.sql)
    assert upkeep(shop, "vacuum", RANGE) == []


def test_an_index_that_would_spare_the_table_waits_for_visible_pages(shop: Database) -> None:
    scattered = "SELECT sum(total) FROM orders WHERE customer_id BETWEEN 100 AND 200"
    (advice,) = upkeep(shop, "vacuum", scattered)
    assert (advice.sql, advice.cost_before, advice.cost_after) == ("VACUUM public.orders", None, None)
    assert "ask for indexes again after it" in advice.reason
    shop.session.script(advice.sql)
    assert upkeep(shop, "vacuum", scattered) == []


def test_where_no_index_answers_alone_visibility_is_of_no_use(shop: Database) -> None:
    assert upkeep(shop, "vacuum", "SELECT * FROM orders WHERE id < 1000") == []


def test_a_partitioned_table_is_vacuumed_as_a_whole(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18)
    database.session.script(
        """CREATE TABLE log (day date, who integer, what text) PARTITION BY RANGE (day);
           CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
           CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
           INSERT INTO log SELECT date '2024-01-01' + n % 60, n, 'something' FROM generate_series(1, 80000) AS n;
           CREATE INDEX ON log (who)"""
    )
    database.session.script("ANALYZE log")
    (advice,) = upkeep(database, "vacuum", "SELECT count(*) FROM log WHERE who < 20000")
    assert advice.sql == "VACUUM public.log"


def test_afterwards_the_shadow_is_as_it_was(pg18: Server, new_database: Callable[..., Database]) -> None:
    shop = new_database(pg18, SHOP_SCRIPT)
    shop.session.script(COVERING)
    with what_if(shop.session) as shadow:
        before = shadow.estimate(statement(RANGE)).cost
        with shadow.all_visible([("public", "orders"), ("public", "nowhere")]):
            during = shadow.estimate(statement(RANGE)).cost
        assert during < before == shadow.estimate(statement(RANGE)).cost


def test_hypopg_says_it_without_costs(pg15: Server, new_database: Callable[..., Database]) -> None:
    shop = new_database(pg15, SHOP_SCRIPT + "CREATE EXTENSION hypopg;")
    shop.session.script(COVERING + "; SET enable_seqscan = off; SET enable_bitmapscan = off")
    catalog = read_catalog(shop.session)
    condition = Condition(read_facts(shop.session, catalog))
    advice = advise(workload(RANGE), catalog, HypoPGWhatIf(shop.session), condition=condition)
    (vacuum,) = advice.maintain
    assert (vacuum.kind, vacuum.cost_before, vacuum.cost_after) == ("vacuum", None, None)
    assert len(vacuum.statements) == 1
