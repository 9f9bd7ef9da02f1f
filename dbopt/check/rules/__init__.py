"""The rules of the gate, one per file. Each looks at one plan before and after (a Case) and gives its reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbopt.check.case import Case
from dbopt.check.model import Reason
from dbopt.check.rules import (
    blocks,
    cost,
    disk_sort,
    estimate,
    guess,
    join,
    lost_index,
    lost_pruning,
    lost_statistics,
    plan,
    rows,
    seq_scan,
    stale_statistics,
)

Rule = Callable[[Case], Iterator[Reason]]

RULES: tuple[Rule, ...] = (
    lost_index.check,
    lost_pruning.check,
    seq_scan.check,
    disk_sort.check,
    join.check,
    lost_statistics.check,
    stale_statistics.check,
    estimate.check,
    guess.check,
    rows.check,
    blocks.check,
    cost.check,
    plan.check,
)
