"""dbopt capture: a workload from a server or from files."""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli import capture_logs
from dbopt.cli.captured import MinCalls, MinMean, Parameters, Top, completed, emit, remarked
from dbopt.cli.command import Run, command, group
from dbopt.errors import UsageError

app = group("Find the statements that a database spends its time on.")


def register(main: typer.Typer) -> None:
    capture_logs.register(app)
    main.add_typer(app, name="capture")


@command(app)
def statements(
    run: Run,
    top: Top = 100,
    min_mean_ms: MinMean = 0,
    min_calls: MinCalls = 1,
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
        workload = remarked(run, captured)
        if set(database or [session.database]) == {session.database}:
            workload = completed(run, session, workload, parameters)
    emit(run, workload, "let the application run for a while", captured)
    return 0


@command(app)
def activity(
    run: Run,
    for_: Annotated[
        str, typer.Option("--for", metavar="INTERVAL", help="For how long; Ctrl-C ends it with what it has.")
    ] = "60s",
    every: Annotated[str, typer.Option("--every", metavar="INTERVAL", help="How often to look.")] = "100ms",
    database: Annotated[
        list[str] | None,
        typer.Option("--database", metavar="NAME", help="Of that database; may be repeated. Default: the current one."),
    ] = None,
    all_databases: Annotated[bool, typer.Option("--all-databases", help="Of every database.")] = False,
    parameters: Parameters = 5,
) -> int:
    """Capture what sessions run and wait for by sampling pg_stat_activity. Calls and times are estimates, with their
    errors beside them.
    """
    from dbopt.cli.interrupts import ended_by_interrupt
    from dbopt.output import progress
    from dbopt.units import milliseconds
    from dbopt.workload.activity import capture

    for_ms, every_ms = milliseconds(for_), milliseconds(every)
    _check_times(for_ms, every_ms)
    if all_databases and database:
        raise UsageError("--database and --all-databases exclude each other")
    with run.connect() as session:
        with progress.bar(quiet=run.quiet) as on_progress, ended_by_interrupt() as stop:
            captured = capture(
                session,
                for_ms=for_ms,
                every_ms=every_ms,
                databases=tuple(database or ()),
                everywhere=all_databases,
                parameters=parameters,
                stop=stop,
                on_progress=on_progress,
            )
        workload = remarked(run, captured)
        if not all_databases and set(database or [session.database]) == {session.database}:
            workload = completed(run, session, workload, parameters)
    emit(run, workload, "nothing that could be planned ran meanwhile; sample longer (--for)", captured)
    return 0


@command(app)
def export(
    run: Run,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON; - is stdin.")],
    parameters: Parameters = 3,
) -> int:
    """Capture the statements of a file that a cloud or a monitoring tool exported: columns like those of
    pg_stat_statements (PgHero, pganalyze, Azure Query Store, Google Query Insights), or the JSON of RDS Performance
    Insights. With --dsn or --db, parameters get values from that database's statistics.
    """
    from dbopt.workload.exports import capture

    run.spare(file)
    if run.names_a_server:
        with run.connect() as session:
            names = [row["name"] for row in session.rows("workload/catalog_names")]
            captured = capture(file, names)
            workload = completed(run, session, remarked(run, captured), parameters)
    else:
        captured = capture(file)
        workload = remarked(run, captured)
    emit(run, workload, "the file holds no statement that could be planned", captured)
    return 0


@command(app)
def merge(
    run: Run,
    workloads: Annotated[
        list[str], typer.Argument(metavar="WORKLOAD...", help="Files of `dbopt capture`; - is stdin.")
    ],
    parameters: Annotated[int, typer.Option("--parameters", min=0, metavar="N", help="Sets of values to keep.")] = 5,
) -> int:
    """Merge workloads by statement: calls and times from pg_stat_statements where it has them, else from an export,
    from logs, from samples; values from where they were seen. Those of the same kind are added up.
    """
    from dbopt.workload import files
    from dbopt.workload.merge import merge

    run.spare(*workloads)
    emit(run, merge([files.load(path) for path in workloads], parameters), "the files hold no statement")
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

    workload = remarked(run, capture(paths))
    if run.names_a_server:
        with run.connect() as session:
            workload = completed(run, session, workload, parameters)
    emit(run, workload, "the files hold no statement that could be planned")
    return 0


def _check_times(for_ms: float, every_ms: float) -> None:
    if every_ms < 1:
        raise UsageError("--every is too short", hint="1ms is the least; 100ms suits most")
    if for_ms < every_ms:
        raise UsageError("--for is shorter than --every", hint='write it as in "60s"')
