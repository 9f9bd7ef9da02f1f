"""A LIMIT makes the planner walk an index in the order that is wanted, and nearly all rows on the way are thrown away.

The planner assumes that the rows that pass the filter are spread evenly along the index.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.indexes import create_index, ordered, seekable
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import ExistingIndex

NAME = "limit-walk"
LEAST_REMOVED = 1000  # rows: some milliseconds of visits to the table
MOST_KEPT = 0.01  # of the rows on the way
LEAST_WALKED = 10_000  # rows, where the planner's own word is all there is
_PASSES_ON = frozenset({"Nested Loop", "Merge Append", "Append", "Subquery Scan", "Result", "LockRows", "Memoize"})


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Index Scan", "Index Only Scan"):
        limit = _limit(context, scan.first)
        if limit is None or not any(node.filter for node in scan.nodes) or not context.weighs(scan.share):
            continue
        walked = _walked(scan, limit)
        if walked is not None:
            yield _finding(scan, limit, *walked)


def _limit(context: Context, node: Node) -> Node | None:
    """The LIMIT that ends the scan: between the two are nodes alone that keep the order and ask for no more rows."""
    for one in context.above(node):
        if one.node_type == "Limit":
            return one
        if one.node_type not in _PASSES_ON:
            return None
    return None


def _walked(scan: Scan, limit: Node) -> tuple[float, float] | None:
    """Rows that are walked over, and rows that are kept, where that is out of proportion."""
    context = scan.context
    if context.measured:
        kept, removed = scan.kept, scan.removed
        enough = removed >= LEAST_REMOVED and kept <= MOST_KEPT * (kept + removed) and scan.passes == 1
        return (kept + removed, kept) if enough else None
    node = scan.first
    run_cost = node.total_cost - node.startup_cost
    if context.parent(node) != limit or "Index Cond" in node.raw or run_cost <= 0 or node.plan_rows <= 0:
        return None
    share = min(1.0, (limit.total_cost - node.startup_cost) / run_cost)
    walked, kept = share * scan.rows, limit.plan_rows
    return (walked, kept) if walked >= LEAST_WALKED and kept <= MOST_KEPT * walked else None


def _finding(scan: Scan, limit: Node, walked: float, kept: float) -> Finding:
    context = scan.context
    verb = "walks" if context.measured else "is expected to walk"
    search = seekable(scan.conditions(), scan.relation)
    index = _existing(scan)
    empty: tuple[str, ...] = ()
    remedy, sql, keys = _any_other_order(search.columns), empty, empty
    if index is not None and search.equal and not search.ranges and not search.others:
        keys = (*search.keys, *(ordered(key) for key in index.keys if key.column not in search.equal))
    if keys and not _exists(scan, keys):
        remedy = (
            f"An index on {', '.join(keys)} has the wanted rows side by side, in the wanted order. `dbopt suggest` "
            "weighs it against the rest of the workload."
        )
        sql = (create_index(scan.relation, keys),)
    return Finding(
        NAME,
        "to find "
        f"{counted(limit.actual_rows if context.measured and limit.actual_rows else limit.plan_rows, 'rows')} in "
        f"order, it {verb} over {counted(walked, 'rows')} of {scan.relation.sql_name} along "
        f"{quoted(scan.first.index or '')} and throws all but {kept:,.0f} away",
        remedy,
        sql,
        scan.first.number,
        scan.share,
    )


def _any_other_order(columns: tuple[str, ...]) -> str:
    on = f" on {', '.join(quoted(name) for name in columns)}" if columns else ""
    return (
        f"The rows that pass the filter are not spread evenly along this index. Let an index{on} find them and sort "
        "the few that there are: ORDER BY an expression, such as the column + 0, keeps the planner from walking this "
        "one."
    )


def _existing(scan: Scan) -> ExistingIndex | None:
    catalog = scan.context.catalog
    assert catalog is not None  # noqa: S101 - a scan has a relation of it
    tables = (scan.relation, *scan.parts)
    return next((one for table in tables for one in catalog.indexes_of(table) if one.name == scan.first.index), None)


def _exists(scan: Scan, keys: tuple[str, ...]) -> bool:
    """Whether there is such an index, which the planner chose not to use."""
    catalog = scan.context.catalog
    indexes = catalog.indexes_of(scan.relation) if catalog is not None else ()
    return any(index.is_valid and tuple(map(ordered, index.keys))[: len(keys)] == keys for index in indexes)
