"""The rules, one per file. Each looks at one plan (a Context) and gives its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules import (
    bloat,
    cartesian_product,
    cte_fence,
    dead_rows,
    distinct_join,
    estimate,
    foreign_key_index,
    generic_plan,
    heap_fetches,
    hidden_column,
    index_filter,
    jit,
    like_pattern,
    limit_walk,
    lossy_bitmap,
    lost_pruning,
    nested_loop,
    not_in,
    offset,
    planning_time,
    repeated_subplan,
    seq_scan,
    spill,
    stale_statistics,
    top_n_sort,
    trigger,
    type_mismatch,
    workers,
)

Rule = Callable[[Context], Iterator[Finding]]

_READING: tuple[Rule, ...] = (
    lost_pruning.check,
    type_mismatch.check,
    hidden_column.check,
    like_pattern.check,
    limit_walk.check,
    index_filter.check,
    seq_scan.check,
    top_n_sort.check,
)
"""How rows are found. Of these, the first says most of a node: what it says is why the others hold."""

_OTHERS: tuple[Rule, ...] = (
    not_in.check,
    offset.check,
    distinct_join.check,
    cte_fence.check,
    repeated_subplan.check,
    cartesian_product.check,
    nested_loop.check,
    stale_statistics.check,
    estimate.check,
    spill.check,
    lossy_bitmap.check,
    heap_fetches.check,
    dead_rows.check,
    bloat.check,
    foreign_key_index.check,
    trigger.check,
    generic_plan.check,
    jit.check,
    workers.check,
    planning_time.check,
)

RULES = _READING + _OTHERS


def find(context: Context) -> tuple[Finding, ...]:
    """Everything that the rules find, what concerns most of the plan first; of one node's reading, one finding.
    Where a table is better read in another way, what is estimated of it changes, too: that is for the next look.
    """
    found: list[Finding] = []
    explained: set[int | None] = set()
    remedies: set[tuple[str, tuple[str, ...]]] = set()
    for rule in RULES:
        for finding in rule(context):
            if rule in (*_READING, estimate.check) and finding.node in explained:
                continue
            explained |= {finding.node} if rule in _READING else set()
            found.append(finding)
    found.sort(key=lambda finding: -(finding.share or 0.0))
    return tuple(finding for finding in found if not _is_known(finding, remedies))


def _is_known(finding: Finding, remedies: set[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether the same rule has the same remedy for another place; then it is noted."""
    key = (finding.rule, finding.sql)
    known = bool(finding.sql) and key in remedies
    remedies.add(key)
    return known
