"""dbopt capture: a workload from a server or from files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run, command, group
from dbopt.errors import NothingToDo

if TYPE_CHECKING:
    from dbopt.workload.captured import Captured
    from dbopt.workload.model import Workload

app = group("Find the statements that a database spends its time on.")


def register(main: typer.Typer) -> None:
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
    parameters: Annotated[
        int, typer.Option("--parameters", min=0, metavar="N", help="Sets of values per statement; 0: none.")
    ] = 3,
) -> int:
    """Capture the statements of pg_stat_statements, with values for their parameters."""
    from dbopt.workload.captured import Captured
    from dbopt.workload.parameters import with_parameters
    from dbopt.workload.statements import capture

    with run.connect() as session:
        captured = capture(
            session, top=top, min_mean_ms=min_mean_ms, min_calls=min_calls, databases=tuple(database or ())
        )
        _remark(run, captured)
        if parameters and set(database or [session.database]) == {session.database}:
            captured = Captured(*with_parameters(session, captured.workload, parameters))
            _remark(run, captured)
    _emit(run, captured.workload, "let the application run for a while, or lower --min-calls and --min-mean-ms")
    return 0


@command(app)
def sql(
    run: Run,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help=".sql files and directories of them.")],
) -> int:
    """Capture the statements of .sql files: `-- name: x` names one, `-- params: {...}` gives values."""
    from dbopt.workload.sql_files import capture

    captured = capture(paths)
    _remark(run, captured)
    _emit(run, captured.workload, "the files hold no statement that could be planned")
    return 0


def _remark(run: Run, captured: Captured) -> None:
    for note in captured.notes:
        run.note(note)


def _emit(run: Run, workload: Workload, hint: str) -> None:
    from dbopt.output.workload import report

    if not workload.statements:
        raise NothingToDo("not a single statement was captured", hint=hint)
    run.emit(report(workload))
