"""A table is read whole that has many times the pages that its rows need."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dbopt.plan.findings.context import BLOCK, Context
from dbopt.plan.findings.facts import TableFacts
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import scans
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Relation
from dbopt.units import size_text

NAME = "bloat"
LEAST_FACTOR = 3.0  # so many times the pages that its rows need: VACUUM FULL is worth its lock
LEAST_BLOCKS = 1000  # 8 MB too many
_PAGE = BLOCK - 24  # bytes of a page that rows can take
_ROW = 28  # a row's header and its pointer
_ALIGNED = 8


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Seq Scan"):
        if not context.weighs(scan.share):
            continue
        every = zip(scan.nodes, scan.parts, strict=True)
        pages = [one for node, part in every if (one := _pages(context, node, part)) is not None]
        if len(pages) != len(scan.parts):
            continue
        has, needs = sum(one for one, _ in pages), sum(one for _, one in pages)
        if has < LEAST_FACTOR * needs or has - needs < LEAST_BLOCKS:
            continue
        dead = sum(table.dead for part in scan.parts if (table := context.table(part)) is not None)
        tables = [
            part.sql_name for part, (one, need) in zip(scan.parts, pages, strict=True) if one >= LEAST_FACTOR * need
        ]
        yield Finding(
            NAME,
            f"{scan.relation.sql_name} has {has:,} pages where its rows need about {needs:,}"
            + (f", and {dead:,} dead rows" if dead else ""),
            f"VACUUM FULL writes it anew, {size_text((has - needs) * BLOCK)} smaller; nobody can read or write the "
            "table meanwhile, so that where this matters pg_repack or pg_squeeze are the better tools. Then see "
            "that autovacuum keeps up.",
            tuple(f"VACUUM (FULL, ANALYZE) {name}" for name in tables),
            scan.first.number,
            scan.share,
        )


def _pages(context: Context, node: Node, part: Relation) -> tuple[int, int] | None:
    """The pages that a table has, and those that its rows need by the statistics; None where these are not known."""
    table = context.table(part)
    if table is None or table.rows < 0 or any(column.average_width is None for column in part.columns):
        return None
    rows = max(table.rows, float(table.live))
    if context.measured and not context.effort(node).early_stop:
        rows = context.rows(node) + node.rows_removed / context.passes(node)
    return part.bytes // BLOCK, math.ceil(rows / _per_page(part, table))


def _per_page(part: Relation, table: TableFacts) -> float:
    width = sum((column.average_width or 0) * (1.0 - (column.null_fraction or 0.0)) for column in part.columns)
    width = math.ceil((width + len(part.columns)) / _ALIGNED) * _ALIGNED  # padding between columns: a byte each
    return max(1.0, _PAGE * (table.fillfactor or 100) / 100 / (_ROW + width))
