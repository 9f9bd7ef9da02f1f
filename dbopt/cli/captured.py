"""What the commands that capture a workload share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run
from dbopt.errors import NothingToDo

if TYPE_CHECKING:
    from dbopt.postgres.session import Session
    from dbopt.workload.captured import Captured
    from dbopt.workload.model import Workload

Top = Annotated[int, typer.Option("--top", min=1, metavar="N", help="As many statements, by total time.")]
MinMean = Annotated[
    float, typer.Option("--min-mean-ms", min=0, metavar="X", help="Only statements slower than that on average.")
]
MinCalls = Annotated[int, typer.Option("--min-calls", min=1, metavar="N", help="Only statements called that often.")]
Parameters = Annotated[
    int, typer.Option("--parameters", min=0, metavar="N", help="Sets of values per statement; 0: none.")
]


def remarked(run: Run, captured: Captured) -> Workload:
    for note in captured.notes:
        run.note(note)
    return captured.workload


def completed(run: Run, session: Session, workload: Workload, sets: int) -> Workload:
    """The workload with values for the parameters that have none, and types for those that need them."""
    from dbopt.workload.captured import Captured
    from dbopt.workload.parameter_types import with_types
    from dbopt.workload.parameters import with_parameters

    return with_types(session, remarked(run, Captured(*with_parameters(session, workload, sets)))) if sets else workload


def emit(run: Run, workload: Workload, hint: str, captured: Captured | None = None) -> None:
    """Raises NothingToDo where no statement is in it, with the reason that the capture knows, else the hint."""
    from dbopt.output.workload import report

    if not workload.statements and not workload.failed:
        why = captured.why_nothing if captured is not None else ""
        raise NothingToDo("not a single statement was captured", hint=why or hint)
    run.emit(report(workload))
