"""What helps a workload besides indexes: one rule per file, each with the evidence in its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.index.advice import Maintain
from dbopt.index.maintenance import (
    analyze,
    expression_statistics,
    fillfactor,
    reindex,
    statistics,
    statistics_target,
    vacuum,
)
from dbopt.index.maintenance.context import Context, Sampler, Visible
from dbopt.index.maintenance.facts import Facts
from dbopt.index.trials import Trials

RULES = (
    analyze.examine,
    statistics.examine,
    expression_statistics.examine,
    statistics_target.examine,
    vacuum.examine,
    reindex.examine,
    fillfactor.examine,
)
"""In the order in which their advice is to be carried out: what is not known comes first."""


@dataclass(frozen=True)
class Condition:
    """What is known of the tables' state besides the catalog, and who can be asked more: see Context."""

    facts: Facts
    visible: Visible | None = None
    sampler: Sampler | None = None


def examine(condition: Condition, trials: Trials, weights: Sequence[float]) -> tuple[Maintain, ...]:
    """All advice of all rules, by rule and table, for a workload under the indexes of these trials."""
    context = Context(trials, weights, condition.facts, condition.visible, condition.sampler)
    return tuple(advice for rule in RULES for advice in rule(context))
