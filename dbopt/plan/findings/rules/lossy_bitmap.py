"""A bitmap outgrew work_mem: it remembers pages instead of rows, and all rows of these pages are checked again."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings import memory
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding

NAME = "lossy-bitmap"
LEAST_RECHECKED = 10_000  # rows: some milliseconds
LEAST_SHARE_RECHECKED = 0.2  # of the rows that are looked at: fewer cost nearly nothing


def check(context: Context) -> Iterator[Finding]:
    for node in context.plan.nodes:
        lossy = float(node.raw.get("Lossy Heap Blocks", 0))
        lossy += sum(float(raw.get("Lossy Heap Blocks", 0)) for raw in node.raw.get("Workers", ()))
        removed = float(node.raw.get("Rows Removed by Index Recheck", 0)) * (node.loops or 0)
        looked_at = removed + (node.total_rows or 0.0)
        if not lossy or removed < max(LEAST_RECHECKED, LEAST_SHARE_RECHECKED * looked_at):
            continue
        share = context.share(node)
        if context.weighs(share):
            value = memory.setting(max(memory.bitmap(node), context.work_mem + 1))
            yield Finding(
                NAME,
                f"the bitmap of {node.relation} outgrew work_mem: of {counted(lossy, 'pages')} it knows no rows, and "
                f"{counted(removed, 'rows')} were checked again for nothing",
                f"With work_mem = {value} it remembers each row. Set it for the sessions or the role that run this "
                "statement.",
                (f"SET work_mem = '{value}'",),
                node.number,
                share,
            )
