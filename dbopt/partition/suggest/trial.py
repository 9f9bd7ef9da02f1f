"""The statements of a workload planned on a table as it is, and on its partitioned twin."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.partition.suggest.advice import StatementChange
from dbopt.partition.suggest.layout import Layout
from dbopt.partition.suggest.twin import Source, made
from dbopt.plan.tree import Node, Plan
from dbopt.shadow.what_if import ShadowWhatIf
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement

MOST_PARAMETER_SETS = 3
NOTICEABLE = 0.1  # relative change of a cost


@dataclass(frozen=True)
class Before:
    """A statement with the costs of its variants on the table as it is."""

    statement: Statement
    variants: tuple[Statement, ...]
    costs: tuple[float, ...]

    @property
    def cost(self) -> float:
        return sum(self.costs) / len(self.costs)


def before(what_if: ShadowWhatIf, statement: Statement) -> Before | str:
    """The statement planned with its first parameter sets; why it does not plan. Raises ConnectionFailed."""
    sets = list(dict.fromkeys(statement.parameters))[:MOST_PARAMETER_SETS]
    planned, reason = [], ""
    for variant in [replace(statement, parameters=(values,)) for values in sets] or [statement]:
        try:
            planned.append((variant, effective_cost(what_if.estimate(variant).plan)))
        except ConnectionFailed:
            raise
        except ServerError as error:
            reason = error.message.rstrip(".")
    if not planned:
        return reason
    return Before(statement, tuple(variant for variant, _ in planned), tuple(cost for _, cost in planned))


def try_layout(
    what_if: ShadowWhatIf, source: Source, layout: Layout, questions: Sequence[Before]
) -> tuple[StatementChange, ...]:
    """What becomes of each statement. Raises ServerError where PostgreSQL refuses the partitioned table."""
    with made(what_if.shadow, source, layout) as twin, what_if.changed(twin.swap):
        return tuple(_change(what_if, question, twin.leaves) for question in questions)


def _change(what_if: ShadowWhatIf, question: Before, leaves: Collection[str]) -> StatementChange:
    statement = question.statement
    changed = StatementChange(statement.id, statement.name, statement.calls, question.cost, None, None, False, "fails")
    try:
        plans = [what_if.estimate(variant).plan for variant in question.variants]
    except ConnectionFailed:
        raise
    except ServerError as error:
        return replace(changed, error=error.message)
    if not question.variants[0].parameters and parameter_numbers(statement.sql):
        return replace(changed, change="unknown", error="no values of its parameters are known")
    after = sum(map(effective_cost, plans)) / len(plans)
    scanned = max(len(scanned_of(plan, leaves)) for plan in plans)
    return replace(
        changed,
        cost_after=after,
        partitions_scanned=scanned,
        prunes=scanned < len(leaves) and statement.kind != "insert",
        change=_word(question.cost, after),
    )


def scanned_of(plan: Plan, leaves: Collection[str]) -> frozenset[str]:
    """The partitions that the plan reads."""
    return frozenset(node.relation for node in plan.nodes if node.relation is not None and node.relation in leaves)


def _word(cost_before: float, cost_after: float) -> str:
    if cost_after > cost_before * (1 + NOTICEABLE):
        return "slower"
    return "faster" if cost_after < cost_before * (1 - NOTICEABLE) else "same"


def effective_cost(plan: Plan) -> float:
    """The cost of a plan without the partitions that are left out as soon as it starts, because a condition on them is
    known then, as with now(): the planner's total has them still. What a LIMIT above would not fetch of them, in its
    proportion.
    """
    return _effective(plan.root)


def _effective(node: Node) -> float:
    saved = sum(_saved(node, child) for child in node.children)
    if node.raw.get("Subplans Removed"):
        below = sum(child.total_cost for child in _members(node))
        saved += max(node.total_cost - below, 0.0)
    return max(node.total_cost - saved, 0.0)


def _saved(parent: Node, child: Node) -> float:
    saved = child.total_cost - _effective(child)
    return saved * min(1.0, parent.total_cost / child.total_cost) if saved > 0 and child.total_cost else 0.0


def _members(node: Node) -> Iterator[Node]:
    return (child for child in node.children if child.parent_relationship == "Member")
