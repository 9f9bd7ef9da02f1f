"""Planning takes longer than executing."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding
from dbopt.workload.lexer import parameter_numbers

NAME = "planning-time"
LEAST_MS = 10.0  # of planning: what small statements take is less, even on a busy machine
LEAST_FACTOR = 2.0  # so many times the execution
_MANY_TABLES = 8
_MANY_PARTITIONS = 20


def check(context: Context) -> Iterator[Finding]:
    planning, execution = context.plan.planning_ms, context.plan.execution_ms
    if planning is None or execution is None or planning < LEAST_MS or planning < LEAST_FACTOR * execution:
        return
    because, remedy, sql = _cause(context)
    yield Finding(
        NAME,
        f"planning took {planning:,.0f} ms, and executing {execution:,.1f} ms{because}",
        remedy,
        sql,
        None,
        planning / (planning + execution),
    )


def _cause(context: Context) -> tuple[str, str, tuple[str, ...]]:
    read = [node for node in context.plan.nodes if node.relation is not None]
    roots = {root.key for node in read if (root := context.root(node)) is not None and root.kind == "p"}
    partitions = _partitions(context, roots)
    prepare = (
        "A prepared statement that is planned once" if parameter_numbers(context.statement.sql) else "Preparing it"
    )
    if partitions >= _MANY_PARTITIONS:
        return (
            f": it looks at {partitions} partitions",
            "Compare the partition key with a value, so that the planner leaves out partitions before it plans "
            f"them; make fewer and larger ones. {prepare} (plan_cache_mode = force_generic_plan) saves planning, too.",
            ("SET plan_cache_mode = force_generic_plan",) if parameter_numbers(context.statement.sql) else (),
        )
    if len(read) >= _MANY_TABLES:
        return (
            f": it joins {len(read)} tables",
            "A lower join_collapse_limit or from_collapse_limit makes the planner try fewer orders: write the joins "
            f"in a good one. {prepare} saves planning, too.",
            ("SET join_collapse_limit = 4",),
        )
    return (
        "",
        f"{prepare} saves planning. Very high statistics targets and very many indexes make it slow.",
        (),
    )


def _partitions(context: Context, roots: set[tuple[str, str]]) -> int:
    catalog = context.catalog
    if catalog is None:
        return 0
    found = [relation for key in roots if (relation := catalog.find(*key)) is not None]
    return sum(len(catalog.partitions_of(relation)) for relation in found)
