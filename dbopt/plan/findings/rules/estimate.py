"""The planner expected ten times the rows of a table or of a grouping, or a tenth of them, and statistics mend that."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.effort import misjudged
from dbopt.plan.findings import estimates
from dbopt.plan.findings.conditions import column_of, columns_in, without_aliases
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.estimates import Misjudged, Remedy
from dbopt.plan.findings.immutable import index_key
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules.stale_statistics import READS, stale_relations
from dbopt.plan.findings.scans import scans
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Relation

NAME = "estimate"
LEAST_GROUPS = 1000.0  # so many groups more or less decide between sorting and hashing, and on memory


def check(context: Context) -> Iterator[Finding]:
    if not context.measured:
        return
    yield from _of_scans(context)
    yield from _of_groups(context)
    yield from _of_functions(context)


def _of_scans(context: Context) -> Iterator[Finding]:
    stale = stale_relations(context)
    for scan in (one for kind in READS for one in scans(context, kind)):
        found = estimates.of_scan(scan)
        if found is None or scan.relation.key in stale or not estimates.matters(context, scan.first):
            continue
        mended = estimates.remedy(scan)
        if mended is not None:
            share = context.share_with_children(context.parent(scan.first) or scan.first)
            yield _finding(f"{scan.relation.sql_name} gives {found.in_words}", mended, scan.first, share)


def _finding(message: str, remedy: Remedy, node: Node, share: float) -> Finding:
    return Finding(NAME, message, f"{remedy.why} The SQL tells it better.", remedy.sql, node.number, share)


# -- groups -----------------------------------------------------------------------------------------------------------


def _of_groups(context: Context) -> Iterator[Finding]:
    for node in context.plan.nodes:
        if node.node_type != "Aggregate" or not node.raw.get("Group Key") or node.filter or not node.executed:
            continue
        off = misjudged(node, context.effort(node))
        found = Misjudged(node.actual_rows or 0.0, node.plan_rows)
        below = [misjudged(child, context.effort(child)) or 1.0 for child in node.children]
        if off is None or off < estimates.LEAST_FACTOR or abs(found.actual - found.planned) < LEAST_GROUPS:
            continue
        share = context.share_with_children(node)
        if max(below) >= estimates.LEAST_FACTOR or node.raw.get("Partial Mode", "Simple") != "Simple":
            continue
        mended = _remedy(context, node)
        if mended is not None and context.weighs(share):
            keys = ", ".join(without_aliases(str(key)) for key in node.raw["Group Key"])
            yield _finding(f"grouping by {keys} gives {found.in_words}", mended, node, share)


def _remedy(context: Context, node: Node) -> Remedy | None:
    """Statistics on the keys, where all are of one table."""
    keys = [str(key) for key in node.raw["Group Key"]]
    aliases = {alias for key in keys for alias, _ in columns_in(key)}
    scan = next((one for one in node.walk() if one.relation and {one.alias} == aliases), None)
    relation = context.relation(scan) if scan is not None else None
    if relation is None or relation.kind not in "rm" or relation.key in stale_relations(context):
        return None
    names = [column[1] for key in keys if (column := column_of(key)) is not None]
    if len(names) == len(keys):
        return _of_columns(context, relation, names) if len(names) > 1 else None
    return _of_expression(context, relation, keys[0]) if len(keys) == 1 else None


def _of_columns(context: Context, relation: Relation, names: list[str]) -> Remedy | None:
    extended = context.facts.extended_of(relation.key) if context.facts is not None else ()
    if len(names) > 8 or any(set(names) <= set(one.columns) for one in extended):  # STATS_MAX_DIMENSIONS
        return None
    create = estimates.create_statistics(context, relation, names, " (ndistinct)")
    return Remedy(
        f"The planner multiplies the different values of {', '.join(names)}.", (create, f"ANALYZE {relation.sql_name}")
    )


def _of_expression(context: Context, relation: Relation, text: str) -> Remedy | None:
    key = index_key(context, relation, text)
    return None if key is None else estimates.of_expression(context, relation, key)


# -- functions --------------------------------------------------------------------------------------------------------


def _of_functions(context: Context) -> Iterator[Finding]:
    """Functions that return sets: the planner expects 1,000 rows, unless told otherwise."""
    for node in context.plan.nodes:
        name = node.raw.get("Function Name") if node.node_type == "Function Scan" else None
        known = context.facts.function(str(name)) if name and context.facts is not None else None
        off = misjudged(node, context.effort(node))
        share = context.share_with_children(context.parent(node) or node)
        if known is None or known.signature is None or off is None or off < estimates.LEAST_FACTOR or node.filter:
            continue
        found = Misjudged(node.actual_rows or 0.0, node.plan_rows)
        if abs(found.actual - found.planned) >= estimates.LEAST_ROWS and estimates.matters(context, node):
            rows = max(1, round(found.actual))
            mended = Remedy(
                "The planner knows only what ALTER FUNCTION said of the rows of a function, 1,000 by default.",
                (f"ALTER FUNCTION {known.signature} ROWS {rows}",),
            )
            yield _finding(f"the function {name} gives {found.in_words}", mended, node, share)
