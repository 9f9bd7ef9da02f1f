"""dbopt capture logs: a workload from the logs of a server."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.captured import MinCalls, MinMean, Parameters, Top, completed, emit, remarked
from dbopt.cli.command import Run, command
from dbopt.errors import Interrupted, ServerError, UsageError

if TYPE_CHECKING:
    from dbopt.workload.logs.build import Limits
    from dbopt.workload.logs.capture import Read, Wanted
    from dbopt.workload.model import Workload

_MOST_JOBS = 8  # one process cuts the blocks for all of them


def register(app: typer.Typer) -> None:
    command(app)(logs)


def logs(
    run: Run,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Logs, also .gz and .zst; directories of them; pipes; `-` is stdin."),
    ],
    prefix: Annotated[
        str | None,
        typer.Option("--prefix", metavar="P", help="The server's log_line_prefix; default: found out from the lines."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on reading what is written, across rotation, until Ctrl-C.")
    ] = False,
    for_: Annotated[str | None, typer.Option("--for", metavar="TIME", help="End --follow after that time.")] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="No values: of statements, parameters, plans and error messages.")
    ] = False,
    top: Top = 100,
    min_mean_ms: MinMean = 0,
    min_calls: MinCalls = 1,
    database: Annotated[
        list[str] | None,
        typer.Option("--database", metavar="NAME", help="Of that database; may be repeated. Default: all."),
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option("--user", metavar="NAME", help="Of that role; may be repeated. Default: all.")
    ] = None,
    parameters: Parameters = 5,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, metavar="N", help="Processes that read; default: by size and cores.")
    ] = None,
) -> int:
    """Capture the statements of a server's log: stderr with any log_line_prefix, csvlog, jsonlog, as it is or in
    syslog's, a cloud's or a container's wrapping; with parameters, auto_explain's plans, temporary files, lock waits
    and errors. What could not be read is said to the byte. With --dsn or --db, calls and times are those of that
    database's pg_stat_statements where it has them, and parameters without values get some from its statistics.
    """
    from dbopt.workload.logs.build import Limits
    from dbopt.workload.logs.capture import Wanted
    from dbopt.workload.logs.prefix import parsed

    run.spare(*files)
    if prefix is not None:
        parsed(prefix)
    if for_ is not None and not follow:
        raise UsageError("--for needs --follow")
    limits = Limits(top, min_mean_ms, min_calls, parameters, redact)
    if run.names_a_server:
        run.connect().close()  # before hours of reading, not behind them
    wanted = Wanted(
        limits.whole if run.names_a_server else limits, tuple(database or ()), tuple(user or ()), prefix, jobs
    )
    read, was_interrupted = _followed(run, files, wanted, for_) if follow else (_read(run, files, wanted), False)
    _remark(run, read)
    workload = remarked(run, read.captured)
    if run.names_a_server and workload.statements:
        workload = _with_server(run, workload, limits)
    emit(run, workload, "lower --min-calls and --min-mean-ms", read.captured)
    return Interrupted.exit_code if was_interrupted else 0


def _read(run: Run, files: list[str], wanted: Wanted) -> Read:
    from dbopt.output.progress import bytes_bar
    from dbopt.workload.logs.capture import capture, sources_of

    sources = sources_of(files)
    sizes = [source.size for source in sources]
    total = sum(size or 0 for size in sizes) if None not in sizes else None
    with bytes_bar(total, quiet=run.quiet) as show:
        return capture(
            sources,
            wanted,
            lambda _: show(sum(source.read_bytes for source in sources)),
            cores=min(os.cpu_count() or 1, _MOST_JOBS),
        )


def _followed(run: Run, files: list[str], wanted: Wanted, for_: str | None) -> tuple[Read, bool]:
    """What was read, and whether somebody ended it."""
    from dbopt.cli.interrupts import ended_by_interrupt
    from dbopt.units import milliseconds
    from dbopt.workload.logs.capture import capture_following

    seconds = None if for_ is None else milliseconds(for_) / 1000
    remark = "following: Ctrl-C ends it and writes the workload" if for_ is None else f"following for {for_}"
    with ended_by_interrupt(signal.SIGTERM) as stop:
        return capture_following(files, wanted, stop, lambda: run.note(remark), seconds), stop.is_set()


def _remark(run: Run, read: Read) -> None:
    from dbopt.workload.logs.capture import remarks

    for note in remarks(read):
        run.note(note)
    for file in read.files:
        run.detail(f"{file.name}: {file.form.name if file.form is not None else 'no log that dbopt knows'}")
        for prefix, count in sorted(file.account.other_prefixes.items()):
            run.detail(f"{file.name}: {count:,} entries have the prefix '{prefix}'")


def _with_server(run: Run, workload: Workload, limits: Limits) -> Workload:
    """With what the server knows of the statements; of --redact, no values. What was read outlives the server."""
    from dbopt.workload.logs.build import limited
    from dbopt.workload.logs.capture import with_server

    try:
        with run.connect() as session:
            met = remarked(run, with_server(session, workload, limits))
            return completed(run, session, met, 0 if limits.is_redacted else limits.parameters)
    except ServerError as error:
        run.note(f"warning: numbers and values are those of the logs alone: {error.message}")
        return remarked(run, limited(workload, limits))
