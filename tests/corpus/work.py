"""What a case's statements really cost on a server with data: the ground truth under the labels of the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dbopt.plan import effort, execution
from dbopt.plan.execution import Limits
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session, connect
from dbopt.workload import sql_files
from dbopt.workload.model import Statement, Workload
from tests.corpus.cases import Case
from tests.corpus.databases import Databases, run

RUNS = 3
_LIMITS = Limits(timeout_ms=120_000, allow_dml=True)
_ENOUGH_MS = 5_000
_BLOCKS_FLOOR = 8


@dataclass(frozen=True)
class Ran:
    """One statement: EXPLAIN (ANALYZE)'s document of each run, and EXPLAIN's, which did not run it."""

    id: str
    runs: tuple[Any, ...]
    planned: Any

    @property
    def fastest(self) -> Any:
        """The document of the run that was disturbed least."""
        return min(self.runs, key=lambda document: parse(document).execution_ms or 0.0)


@dataclass(frozen=True)
class Work:
    """Statements after up to RUNS runs: the planner's cost, blocks of 8 kB touched and written to temporary files, the
    fastest time in ms, and the worst error of an estimate (a factor). Sums over the statements, but for the error.
    """

    cost: float
    blocks: int
    temp_blocks: int
    ms: float
    error: float
    statements: tuple[Ran, ...]


def workload(text: str) -> Workload:
    """The statements of a case, read as `dbopt check` reads a file of them."""
    with TemporaryDirectory(prefix="dbopt-corpus-") as folder:
        path = Path(folder) / "queries.sql"
        path.write_text(text, "utf-8")
        return sql_files.capture([str(path)]).workload


def measured(case: Case, databases: Databases) -> tuple[Work, Work]:
    """The case's work before and after."""
    with databases.given(case) as dsn:
        before = work(dsn, workload(case.before))
        if case.change:
            run(dsn, case.change)
        return before, work(dsn, workload(case.after))


def work(dsn: str, statements: Workload) -> Work:
    """What these statements cost in this database."""
    with connect(dsn) as session:
        ran = tuple(_ran(session, statement) for statement in statements.statements)
    last = [parse(one.runs[-1]) for one in ran]
    buffers = [effort.buffers(plan.root) for plan in last]
    return Work(
        cost=sum(plan.cost for plan in last),
        blocks=sum(one.shared_hit + one.shared_read for one in buffers),
        temp_blocks=sum(one.temp_written for one in buffers),
        ms=sum(parse(one.fastest).execution_ms or 0.0 for one in ran),
        error=max(_error(plan) for plan in last),
        statements=ran,
    )


def _ran(session: Session, statement: Statement) -> Ran:
    """A slow statement runs less often."""
    planned = execution.plan(session, statement, _LIMITS)
    documents: list[Any] = []
    while len(documents) < RUNS and sum(parse(one).execution_ms or 0.0 for one in documents) < _ENOUGH_MS:
        documents.append(execution.run(session, planned, statement.first_values, _LIMITS))
    return Ran(statement.id, tuple(documents), planned.raw)


def _error(plan: Plan) -> float:
    """The worst misjudgement of rows in the plan."""
    efforts: Sequence[effort.Effort] = effort.of(plan)
    errors = [effort.misjudged(node, one) for node, one in zip(plan.nodes, efforts, strict=True)]
    return max((error for error in errors if error is not None), default=1.0)


def is_worse(before: Work, after: Work) -> bool:
    """Whether the statements clearly do more work, or rest on clearly worse estimates."""
    return (
        (after.blocks > 1.1 * before.blocks + _BLOCKS_FLOOR)
        or (after.temp_blocks > 1.1 * before.temp_blocks + _BLOCKS_FLOOR)
        or (after.ms > 1.3 * before.ms + 0.2)
        or (after.error > 3 * before.error)
    )
