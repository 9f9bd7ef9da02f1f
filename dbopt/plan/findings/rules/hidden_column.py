"""A function, a cast or a computation around a column keeps an index on it from being used."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.hidden import Hidden, as_range, hidden_in, is_indexed, is_written
from dbopt.plan.findings.immutable import index_key
from dbopt.plan.findings.indexes import create_index, serving
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rewriting import with_days
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.findings.waste import waste
from dbopt.postgres.identifiers import quoted

NAME = "hidden-column"
LEAST_BLOCKS_UNMEASURED = (
    1000  # 8 MB: of a condition on an expression the planner knows nothing, so only its form tells
)


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Seq Scan"):
        found = waste(scan)
        if found is None or not context.weighs(scan.share):
            continue
        for one in hidden_in(scan):
            large = (
                found.is_large(one.column)
                if context.measured
                else one.is_narrow and scan.blocks >= LEAST_BLOCKS_UNMEASURED
            )
            if large and not (one.is_implicit and not is_written(context.tree, one.column.name)):
                yield from _found(scan, one, found.in_words)
                break


def _found(scan: Scan, one: Hidden, words: str) -> Iterator[Finding]:
    context = scan.context
    assert context.catalog is not None  # noqa: S101 - a scan has a relation of it
    index = serving(context.catalog, scan.relation, [one.column.name])
    if index is None or index.method != "btree" or is_indexed(context, scan.relation, one.expression):
        return
    remedy, sql = _remedy(scan, one)
    yield Finding(
        NAME,
        f"{words}: {one.expression} hides {quoted(one.column.name)} from the index {quoted(index.name)}",
        remedy,
        sql,
        scan.first.number,
        scan.share,
    )


def _remedy(scan: Scan, one: Hidden) -> tuple[str, tuple[str, ...]]:
    context = scan.context
    plain, key = as_range(one), index_key(context, scan.relation, one.condition.left)
    if plain is not None:
        written = with_days(context.tree, one)
        return f"Compare the column itself: {plain}.", () if written is None else (written,)
    if key is not None:
        return (
            f"Compare the column itself where that says the same; else an index on {key} finds the rows.",
            (create_index(scan.relation, [key]),),
        )
    return (
        "Compare the column itself, and compute on the other side. This expression cannot be indexed: its result may "
        "change with settings.",
        (),
    )
