"""Foretold spills, against what the server really does."""

from __future__ import annotations

import pytest

from dbopt.check.observe import Observer
from dbopt.plan.tree import Node, Plan
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


PARALLEL = {
    "a sort": ("SELECT * FROM orders ORDER BY total", "Gather Merge"),
    "the first of a sort": ("SELECT * FROM orders ORDER BY total LIMIT 10", "Gather Merge"),
    "a deep page of a sort": ("SELECT * FROM orders ORDER BY total LIMIT 10 OFFSET 45000", "Sort"),
    "the first of sorted parts": (
        "SELECT * FROM (SELECT total + 1 AS t FROM orders UNION ALL SELECT total FROM orders) u ORDER BY t LIMIT 10",
        "Gather Merge",
    ),
    "a shared hash": ("SELECT 1 FROM items i JOIN orders o ON o.id = i.order_id WHERE i.quantity > o.total", "Hash"),
    "a hash for each": ("SELECT 1 FROM items i JOIN orders o ON o.id = i.order_id WHERE i.quantity > o.total", "Hash"),
}


def foretold_and_real(shop: Database, sql: str, **settings: str) -> tuple[bool, bool, Plan]:
    for name, value in settings.items():
        shop.session.script(f"SET {name} = '{value}'")
    statement = single(sql).statements[0]
    (facts,) = Observer(shop.session, "18.0").facts(statement)
    plan = analyzed(shop, statement.sql)
    return bool(facts.spills), any(spilled(node) for node in plan.nodes), plan


def spilled(node: Node) -> bool:
    """In the leader or in a worker."""
    in_workers = any(one.get("Sort Space Type") == "Disk" for one in node.raw.get("Workers", ()))
    return node.spilled or in_workers or node.raw.get("HashAgg Batches", 1) > 1


@pytest.mark.parametrize("what", STATEMENTS)
@pytest.mark.parametrize("work_mem", ["64kB", "64MB"])
def test_what_is_foretold_is_what_happens(shop: Database, what: str, work_mem: str) -> None:
    settings = {"work_mem": work_mem, "max_parallel_workers_per_gather": "0", "enable_mergejoin": "off"}
    foretold, real, _ = foretold_and_real(shop, STATEMENTS[what], **settings)
    assert foretold == real


@pytest.mark.parametrize("what", PARALLEL)
@pytest.mark.parametrize("work_mem", ["64kB", "560kB", "64MB"])
def test_what_is_foretold_is_what_happens_in_parallel(shop: Database, what: str, work_mem: str) -> None:
    settings = {"work_mem": work_mem, "max_parallel_workers_per_gather": "2", "enable_mergejoin": "off"}
    settings["enable_parallel_hash"] = "on" if what == "a shared hash" else "off"
    costs = dict.fromkeys(("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"), "0")
    sql, node = PARALLEL[what]
    foretold, real, plan = foretold_and_real(shop, sql, **settings, **costs)
    assert {"Gather", "Gather Merge"} & {one.node_type for one in plan.nodes}
    assert node in {one.node_type for one in plan.nodes}
    assert foretold == real
