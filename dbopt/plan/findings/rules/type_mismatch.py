"""A column is compared with a value or column of another type, so that PostgreSQL casts the column and cannot use an
index on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import Condition
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.hidden import Hidden, hidden, hidden_in, is_written
from dbopt.plan.findings.indexes import serving
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.findings.waste import LEAST_BLOCKS, MOST_PAGES, waste
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import ExistingIndex

NAME = "type-mismatch"
_JOINED_BY = ("Hash Cond", "Merge Cond", "Join Filter")


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Seq Scan"):
        if not context.weighs(scan.share):
            continue
        yield from _compared(scan)
        yield from _joined(scan)


def _index(scan: Scan, one: Hidden) -> ExistingIndex | None:
    """The index that would be used if the types agreed."""
    context = scan.context
    if context.catalog is None or not one.is_implicit or is_written(context.tree, one.column.name):
        return None
    return serving(context.catalog, scan.relation, [one.column.name])


def _compared(scan: Scan) -> Iterator[Finding]:
    found = waste(scan)
    for one in hidden_in(scan) if found is not None else ():
        index = _index(scan, one)
        if found is not None and found.is_large(one.column) and index is not None and one.condition.compares_with_value:
            yield Finding(
                NAME,
                f"{found.in_words}: {quoted(one.column.name)} is {one.column.type} and compared with a {one.cast}, "
                f"which keeps the index {quoted(index.name)} from being used",
                f"Give the value the column's type: CAST(... AS {one.column.type}), or bind the parameter as one.",
                (),
                scan.first.number,
                scan.share,
            )
            return


def _joined(scan: Scan) -> Iterator[Finding]:
    """A join with few rows that must read all of this table, because its column would have to be cast."""
    context, node = scan.context, scan.first
    join = next((one for one in context.above(node) if len(one.children) == 2), None)
    if join is None or len(scan.nodes) > 1 or scan.blocks < LEAST_BLOCKS:
        return
    other = next(child for child in join.children if node.number not in {one.number for one in child.walk()})
    few = context.rows(other) <= MOST_PAGES * scan.blocks and context.rows(join) <= MOST_PAGES * scan.blocks
    for condition in _conditions(context, join, node) if few else ():
        one = hidden(condition, scan.relation)
        index = _index(scan, one) if one is not None else None
        if one is not None and index is not None:
            name, type_name = quoted(one.column.name), one.column.type
            yield Finding(
                NAME,
                f"{scan.relation.sql_name} is read whole to be joined with {context.rows(other):,.0f} rows: {name} "
                f"is {type_name} and the other side {one.cast}, which keeps the index {quoted(index.name)} from "
                "being used",
                f"Give both columns one type (ALTER TABLE ... ALTER COLUMN ... TYPE); until then cast the other side, "
                f"not {name}: CAST(... AS {type_name}).",
                (),
                node.number,
                scan.share,
            )
            return


def _conditions(context: Context, join: Node, node: Node) -> Iterator[Condition]:
    for name in _JOINED_BY:
        for condition in context.conditions(join, name):
            found = condition.seen_from(node.alias or "")
            if found is not None:
                yield found
