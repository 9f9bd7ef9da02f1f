"""A workload from logs or files with the numbers of pg_stat_statements, which counts every call."""

from __future__ import annotations

from dbopt.postgres.session import Session
from dbopt.workload.captured import Captured
from dbopt.workload.merge import merge
from dbopt.workload.model import Workload
from dbopt.workload.parameter_sets import DEFAULT_LIMIT
from dbopt.workload.statements import UNUSABLE, capture, why_not

_ALL = 10_000


def with_statements(session: Session, workload: Workload, limit: int = DEFAULT_LIMIT) -> Captured:
    """The workload merged with pg_stat_statements of the session's database; unchanged, with a remark that says why,
    where that is not to be had.
    """
    try:
        counted = capture(session, top=_ALL)
    except UNUSABLE as error:
        return Captured(workload, (f"calls and times are those of the {workload.source.kind} alone: {why_not(error)}",))
    merged = merge([workload, counted.workload], limit)
    both = {one.id for one in workload.statements} & {one.id for one in counted.workload.statements}
    note = (
        f"merged: {len(both)} statements are in pg_stat_statements and in the {workload.source.kind};"
        f" {len(workload.statements) - len(both)} in the latter alone,"
        f" {len(counted.workload.statements) - len(both)} in the former alone"
    )
    return Captured(merged, (*counted.notes, note))
