"""Rows are deleted, or their keys changed, of a table that a foreign key points to from columns without an index: for
each of them the table that points is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import BLOCK, Context
from dbopt.plan.findings.indexes import create_index
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import ForeignKey, Relation

NAME = "foreign-key-index"
LEAST_BLOCKS = 128  # 1 MB: a smaller table is read in about the time of some descents of an index
LEAST_SHARE = 0.1  # of the execution, where triggers were timed


def check(context: Context) -> Iterator[Finding]:
    catalog = context.catalog
    for node in context.plan.nodes:
        if catalog is None or node.node_type != "ModifyTable" or node.raw.get("Operation") not in ("Delete", "Update"):
            continue
        changed = context.root(node)
        for foreign_key in catalog.foreign_keys if changed is not None else ():
            if foreign_key.referenced != changed.key or not _is_checked(context, node, foreign_key):  # type: ignore[union-attr]
                continue
            relation = missing_index(context, foreign_key)
            if relation is not None:
                yield _finding(context, node, foreign_key, relation)


def _is_checked(context: Context, node: Node, foreign_key: ForeignKey) -> bool:
    """Whether the statement makes PostgreSQL look for rows that point. An UPDATE does where it changes the key."""
    if context.measured:
        return _spent(context, foreign_key) >= LEAST_SHARE * (context.plan.execution_ms or 0.0) > 0
    return node.raw.get("Operation") == "Delete"


def _spent(context: Context, foreign_key: ForeignKey) -> float:
    triggers = context.plan.raw.get("Triggers") or ()
    return sum(float(one.get("Time", 0.0)) for one in triggers if one.get("Constraint Name") == foreign_key.name)


def missing_index(context: Context, foreign_key: ForeignKey) -> Relation | None:
    """The table that points, where it has no index that begins with the columns, in whatever order, and is large."""
    catalog = context.catalog
    relation = catalog.find(*foreign_key.table) if catalog is not None else None
    if catalog is None or relation is None:
        return None
    blocks = sum(part.bytes // BLOCK for part in catalog.partitions_of(relation))
    wanted = set(foreign_key.columns)
    served = any(
        index.is_valid and not index.predicate and set(index.columns[:count]) <= wanted and index.columns[0] in wanted
        for index in catalog.indexes_of(relation)
        for count in (len(wanted),)
    )
    return None if served or blocks < LEAST_BLOCKS else relation


def _finding(context: Context, node: Node, foreign_key: ForeignKey, relation: Relation) -> Finding:
    keys = tuple(quoted(name) for name in foreign_key.columns)
    whole = context.plan.execution_ms
    spent = _spent(context, foreign_key)
    took = f": that took {spent:,.0f} ms of {whole:,.0f} ms" if whole else ""
    return Finding(
        NAME,
        f"for each row, {relation.sql_name} is read whole to see whether {quoted(foreign_key.name)} still points to it"
        f"{took}",
        f"An index on {', '.join(keys)} finds the rows that point.",
        (create_index(relation, keys),),
        node.number,
        min(1.0, spent / whole) if whole else None,
    )
