"""What a baseline must keep to before anything is compared with it: merges and editors damage files. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.baseline import Baseline, Expected, TableFacts
from dbopt.check.facts import RESULT, Facts
from dbopt.errors import CorruptDocument

_HINT = "take it from the history, or write it anew: `dbopt check ... --update`"


def require_sound(baseline: Baseline, origin: str) -> None:
    """Raise CorruptDocument for what no update writes: compared with it, a statement would pass unseen."""
    for fault in _faults(baseline):
        raise CorruptDocument(f"{origin} is damaged: {fault}", hint=_HINT)


def _faults(baseline: Baseline) -> Iterator[str]:
    if not baseline.planner.source_version[:1].isdecimal():
        yield f'"source_version" is no version: {baseline.planner.source_version!r}'
    if not baseline.statements:
        yield "there is no statement in it"
    for statement in baseline.statements:
        yield from (f"{statement.label}: {fault}" for fault in _of_statement(statement))
        for relation in sorted(statement.relations - baseline.by_table.keys()):
            yield f'{statement.label} reads {relation}, which is not among the "tables"'
    for table in baseline.tables:
        if min(_sizes(table)) < 0:
            yield f"the table {table.name} has sizes below zero"


def _of_statement(statement: Expected) -> Iterator[str]:
    if statement.error is not None and statement.plans:
        yield 'there are both an "error" and "plans"'
    if statement.error is None and not statement.plans:
        yield 'there is neither an "error" nor a plan'
    for plan in statement.plans:
        yield from _of_plan(plan)


def _of_plan(plan: Facts) -> Iterator[str]:
    if plan.sets < 1:
        yield f"a plan of {plan.sets} parameter sets"
    if RESULT not in plan.estimates:
        yield f'a plan without an estimate of its "{RESULT}"'
    if plan.cost < 0 or min(plan.estimates.values(), default=0) < 0:
        yield "a plan with a cost or an estimate below zero"


def _sizes(table: TableFacts) -> tuple[float, ...]:
    return table.rows, table.blocks, table.partitions, table.analysed_blocks
