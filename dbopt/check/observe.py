"""Looking at the present: the plans of a workload, and what they rest on, as a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dbopt.check.baseline import Baseline, Expected, Failed, Measured, Planner, TableFacts
from dbopt.check.facts import Facts, facts
from dbopt.check.spills import Memory
from dbopt.errors import ConnectionFailed, ServerError, StatementTimeout, UnsafeStatement
from dbopt.plan import effort, execution
from dbopt.plan.execution import Limits, Planned
from dbopt.plan.explain import partitions
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Row, Session
from dbopt.shadow import clock
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.parameters import with_parameters

OnProgress = Callable[[int, int, str], None]
PARAMETER_SETS = 3
_COUNTABLE = {"synchronize_seqscans": "off", "max_parallel_workers_per_gather": "0"}
"""With these, a statement touches the same blocks in every run: a scan begins at the table's first block and ends when
its LIMIT is reached, wherever other sessions are and however fast parallel workers run.
"""
_NO_SOURCE = Source("check", None, None, None)


@dataclass
class Observer:
    """Plans statements in one session. `refuse` raises a ServerError for a statement whose plan would not be to be
    trusted there. `data` is a session on a database with rows, to run the statements on: read-only, rolled back.
    `remarks` are what a person should know of where is planned. `as_of` is where the session's time stands still.
    """

    session: Session
    source_version: str
    refuse: Callable[[Statement], None] = lambda _: None
    data: Session | None = None
    limits: Limits = Limits()  # noqa: RUF009 - it is frozen
    remarks: tuple[str, ...] = ()
    as_of: str | None = None

    def __post_init__(self) -> None:
        row = self.session.row("check/memory")
        self._memory = Memory(row["sort_bytes"], row["hash_bytes"])
        self._parents = partitions(self.session)
        if self.as_of is not None:
            clock.stop(self.session, self.as_of)

    def observe(self, workload: Workload, on_progress: OnProgress | None = None) -> Baseline:
        """Plan, and where there is data run, every statement. One that fails is a result with an error. Raises
        ConnectionFailed.
        """
        statements = self.completed(workload.statements)
        expected = []
        for number, statement in enumerate(statements):
            if on_progress:
                on_progress(number, len(statements), statement.label)
            expected.append(self.expected(statement))
        settings = {row["name"]: row["value"] for row in self.session.rows("check/settings")}
        planner = Planner(self.session.major, self.source_version, settings)
        return Baseline(planner, self._tables(expected), tuple(expected))

    def completed(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """The statements with parameter values from the statistics where they have none: never those that somebody runs
        just now, which are others in the next run.
        """
        workload = Workload(_NO_SOURCE, tuple(statements))
        completed, remarks = with_parameters(self.session, workload, PARAMETER_SETS, observed=False)
        self.remarks = tuple(dict.fromkeys((*self.remarks, *remarks)))
        return completed.statements

    def expected(self, statement: Statement) -> Expected:
        """One statement, observed."""
        sql = tuple(statement.sql.splitlines())
        try:
            self.refuse(statement)
            plans = self.facts(statement)
        except ConnectionFailed:
            raise
        except ServerError as error:
            return Expected(statement.id, statement.name, sql, error=execution.reason(error, self.limits))
        measured, failed = self._measured(statement)
        return Expected(statement.id, statement.name, sql, plans=plans, measured=measured, not_run=failed)

    def facts(self, statement: Statement) -> tuple[Facts, ...]:
        """The facts of its plans, one for each parameter set. Raises ServerError where it does not plan."""
        asked = replace(statement, sql=clock.asked_of_shadow(statement.sql)) if self.as_of else statement
        plans = [execution.plan(self.session, one, self.limits).plan for one in asked.by_parameters]
        every = [facts(plan, self._parents, self._memory) for plan in plans]
        return tuple(replace(plan, sets=len(list(same))) for plan, same in groupby(every))

    def _measured(self, statement: Statement) -> tuple[Measured | None, Failed | None]:
        """What it took to run, or why that failed; neither where the statement must not be run."""
        if self.data is None:
            return None, None
        limits = replace(self.limits, settings={**(self.limits.settings or {}), **_COUNTABLE})
        try:
            planned = execution.plan(self.data, statement, limits)
            execution.require_runnable(self.data, planned, limits)
            return _sum(_runs(self.data, planned, limits)), None
        except ConnectionFailed:
            raise
        except UnsafeStatement:
            return None, None
        except ServerError as error:
            return None, Failed(execution.reason(error, self.limits), not isinstance(error, StatementTimeout))

    def _tables(self, expected: Iterable[Expected]) -> tuple[TableFacts, ...]:
        names = sorted({relation for one in expected for relation in one.relations})
        rows = self.session.rows("check/tables", relations=names)
        return tuple(_table(row) for row in rows)


def _runs(session: Session, planned: Planned, limits: Limits) -> list[Plan]:
    sets = planned.statement.parameters or ((),)
    return [parse(execution.run(session, planned, values, limits, timing=False)) for values in sets]


def _sum(plans: Sequence[Plan]) -> Measured:
    blocks = [effort.buffers(plan.root) for plan in plans]
    return Measured(
        rows=sum(plan.root.total_rows or 0.0 for plan in plans),
        blocks=sum(one.shared_hit + one.shared_read for one in blocks),
        temp_blocks=sum(one.temp_written for one in blocks),
    )


def _table(row: Row) -> TableFacts:
    return TableFacts(
        name=row["name"],
        rows=row["rows"],
        blocks=row["blocks"],
        partitions=row["partitions"],
        analysed_blocks=row["analysed_blocks"],
        columns=tuple(row["columns"]),
        knowledge=(*row["extended"], *row["unique_keys"], *row["foreign_keys"], *row["expressions"]),
    )
