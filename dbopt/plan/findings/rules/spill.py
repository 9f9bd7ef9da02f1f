"""A sort, a hash or a store of rows does not fit into work_mem and goes to temporary files."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings import memory
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules import cte_fence
from dbopt.plan.tree import Node
from dbopt.units import size_text

NAME = "spill"
LEAST_BYTES = 1 << 20  # a smaller file stays in the cache of the operating system
MOST_WORK_MEM = 1 << 30  # each sort and hash of each session may take as much: beyond, fewer rows are the answer
_NAMES = {"Hash": "hash table", "Sort": "sort", "Incremental Sort": "sort", "Aggregate": "hash table of groups"}


def check(context: Context) -> Iterator[Finding]:
    """One finding for all, at the node that wrote most: they have the same remedy."""
    fenced = cte_fence.names(context)  # not to be computed as a whole is the better remedy
    spilled = [
        (node, need)
        for node in context.plan.nodes
        if (need := memory.needed(context, node)) is not None and memory.spilled_bytes(context, node) >= LEAST_BYTES
        if node.raw.get("CTE Name") not in fenced
    ]
    shares = [context.share(node, *_reader(context, node)) for node, _ in spilled]
    if not spilled or not context.weighs(min(1.0, sum(shares))):
        return
    worst, _ = max(spilled, key=lambda one: memory.spilled_bytes(context, one[0]))
    value = memory.setting(max(need for _, need in spilled))
    total = sum(memory.spilled_bytes(context, node) for node, _ in spilled)
    yield Finding(
        NAME,
        f"{_what(spilled)} and wrote {size_text(total)} to temporary files",
        *_remedy(value),
        worst.number,
        min(1.0, sum(shares)),
    )


def _remedy(value: str) -> tuple[str, tuple[str, ...]]:
    if memory.in_bytes(value) > MOST_WORK_MEM:
        return (
            f"It would take work_mem = {value} to keep it in memory. Read fewer or narrower rows, group before "
            "joining, or let an index give the order.",
            (),
        )
    return (
        f"With work_mem = {value} it stays in memory. Set it for the sessions or the role that run this statement, not "
        "for all: each sort and each hash of each process may take as much.",
        (f"SET work_mem = '{value}'",),
    )


def _reader(context: Context, node: Node) -> tuple[Node, ...]:
    """The join that writes and reads the batches of a hash table."""
    above = context.parent(node)
    return (above,) if node.node_type == "Hash" and above is not None else ()


def _what(spilled: list[tuple[Node, float]]) -> str:
    if len(spilled) > 1:
        return f"{len(spilled)} sorts and hashes did not fit into memory"
    return f"a {_NAMES.get(spilled[0][0].node_type, 'store of rows')} did not fit into memory"
