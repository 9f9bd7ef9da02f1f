"""dbopt capture: a workload from a server or from files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli import capture_logs
from dbopt.cli.command import Run, command, group
from dbopt.errors import NothingToDo

if TYPE_CHECKING:
    from dbopt.postgres.session import Session
    from dbopt.workload.captured import Captured
    from dbopt.workload.model import Workload

Parameters = Annotated[
    int, typer.Option("--parameters", min=0, metavar="N", help="Sets of values per statement; 0: none.")
]

app = group("Find the statements that a database spends its time on.")


def register(main: typer.Typer) -> None:
    capture_logs.register(app)
    main.add_typer(app, name="capture")


@command(app)
def statements(
    run: Run,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="As many statements, by total time.")] = 100,
    min_mean_ms: Annotated[
        float, typer.Option("--min-mean-ms", min=0, metavar="X", help="Only statements slower than that on average.")
    ] = 0,
    min_calls: Annotated[
        int, typer.Option("--min-calls", min=1, metavar="N", help="Only statements called that often.")
    ] = 1,
    database: Annotated[
        list[str] | None,
        typer.Option("--database", metavar="NAME", help="Of that database; may be repeated. Default: the current one."),
    ] = None,
    parameters: Parameters = 3,
) -> int:
    """Capture the statements of pg_stat_statements, with values for their parameters."""
    from dbopt.workload.statements import capture

    with run.connect() as session:
        captured = capture(
            session, top=top, min_mean_ms=min_mean_ms, min_calls=min_calls, databases=tuple(database or ())
        )
        workload = _remarked(run, captured)
        if set(database or [session.database]) == {session.database}:
            workload = _completed(run, session, workload, parameters)
    _emit(run, workload, "let the application run for a while, or lower --min-calls and --min-mean-ms")
    return 0


@command(app)
def sql(
    run: Run,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help=".sql files and directories of them.")],
    parameters: Parameters = 3,
) -> int:
    """Capture the statements of .sql files: `-- name: x` names one, `-- params: {...}` gives values. With --dsn or
    --db, parameters without values get some from that database's statistics.
    """
    from dbopt.workload.sql_files import capture

    workload = _remarked(run, capture(paths))
    if run.names_a_server:
        with run.connect() as session:
            workload = _completed(run, session, workload, parameters)
    _emit(run, workload, "the files hold no statement that could be planned")
    return 0


def _remarked(run: Run, captured: Captured) -> Workload:
    for note in captured.notes:
        run.note(note)
    return captured.workload


def _completed(run: Run, session: Session, workload: Workload, sets: int) -> Workload:
    """The workload with values for the parameters that have none."""
    from dbopt.workload.captured import Captured
    from dbopt.workload.parameters import with_parameters

    return _remarked(run, Captured(*with_parameters(session, workload, sets))) if sets else workload


def _emit(run: Run, workload: Workload, hint: str) -> None:
    from dbopt.output.workload import report

    if not workload.statements:
        raise NothingToDo("not a single statement was captured", hint=hint)
    run.emit(report(workload))
