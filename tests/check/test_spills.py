"""Foretold spills, against what the server really does."""

from __future__ import annotations

import pytest

from dbopt.check.observe import Observer
from dbopt.workload.files import single
from tests.plan.plans import analyzed
from tests.servers import Database

STATEMENTS = {
    "a sort": "SELECT * FROM orders ORDER BY total",
    "a sort of few columns": "SELECT id FROM orders ORDER BY total",
    "the first of a sort": "SELECT * FROM orders ORDER BY total LIMIT 10",
    "a deep page of a sort": "SELECT * FROM orders ORDER BY total LIMIT 10 OFFSET 45000",
    "a hash": "SELECT 1 FROM items i JOIN orders o ON o.id = i.order_id WHERE i.quantity > o.total",
    "groups": "SELECT order_id, count(*) FROM items GROUP BY 1",
    "few groups": "SELECT quantity, count(*) FROM items GROUP BY 1",
}


@pytest.mark.parametrize("what", STATEMENTS)
@pytest.mark.parametrize("work_mem", ["64kB", "64MB"])
def test_what_is_foretold_is_what_happens(shop: Database, what: str, work_mem: str) -> None:
    settings = {"work_mem": work_mem, "max_parallel_workers_per_gather": "0", "enable_mergejoin": "off"}
    for name, value in settings.items():
        shop.session.script(f"SET {name} = '{value}'")
    statement = single(STATEMENTS[what]).statements[0]
    (facts,) = Observer(shop.session, "18.0").facts(statement)
    plan = analyzed(shop, statement.sql)
    really = any(node.spilled or node.raw.get("HashAgg Batches", 1) > 1 for node in plan.nodes)
    assert bool(facts.spills) == really, (facts.spills, facts.outline)
