"""EXPLAIN's JSON for tests, with the keys that a test is about and few others."""

from __future__ import annotations

from typing import Any

from dbopt.output.html.shares import Shares
from dbopt.plan.explain import Explained, Plans
from dbopt.plan.tree import Plan, parse

Json = dict[str, Any]


def node(kind: str, *children: Json, **more: Any) -> Json:
    """A node that took `ms` with all below in each of `loops` and gave `rows`; without what a run adds where `ms` is
    None. `more` are further keys, with underscores for spaces: `Relation_Name="orders"`.
    """
    ms, rows, loops = more.pop("ms", 0.0), more.pop("rows", 1), more.pop("loops", 1)
    measured = {"Actual Startup Time": 0.0, "Actual Total Time": ms, "Actual Rows": rows, "Actual Loops": loops}
    return {
        "Node Type": kind,
        "Startup Cost": 0.0,
        "Total Cost": 10.0,
        "Plan Rows": 1,
        "Plan Width": 4,
        **(measured if ms is not None else {}),
        **{name.replace("_", " "): value for name, value in more.items()},
        **({"Plans": list(children)} if children else {}),
    }


def plan(root: Json, **more: Any) -> list[Json]:
    return [{"Plan": root, **{name.replace("_", " "): value for name, value in more.items()}}]


def tree(root: Json, **more: Any) -> Plan:
    return parse(plan(root, **more))


def shares(root: Json, **more: Any) -> Shares:
    return Shares.of(tree(root, **more))


def scan(table: str, **more: Any) -> Json:
    return node("Seq Scan", Relation_Name=table, Alias=table, Schema="public", **more)


def explained(document: Any, *, sql: str = "SELECT 1", name: str | None = None, **more: Any) -> Explained:
    known = {"id": "0123456789abcdef", "shape": None, "cost": 10.0, "executed": True, "error": None, "note": None}
    return Explained(name=name, sql=sql, plan=document, **{**known, **more})


def plans(*statements: Explained) -> Plans:
    return Plans("18.1", {}, statements)


def deep(depth: int) -> Json:
    """A chain of nodes."""
    made = scan("t", ms=1.0)
    for _ in range(depth - 1):
        made = node("Materialize", made, ms=1.0)
    return made


def wide(number: int) -> Json:
    """Partitions under an Append."""
    return node("Append", *(scan(f"part_{n}", ms=1.0) for n in range(number - 1)), ms=float(number))
