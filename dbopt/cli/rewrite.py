"""dbopt rewrite"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from dbopt.plan.execution import Limits
    from dbopt.rewrite.offer import Wish
    from dbopt.rewrite.place import Place
    from dbopt.workload.model import Workload


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def rewrite(
        run: Run,
        workload: Annotated[
            str | None, typer.Argument(metavar="[WORKLOAD]", help="A file of `dbopt capture`; - is stdin.")
        ] = None,
        sql: Annotated[str | None, typer.Option("--sql", metavar="SQL", help="One statement, not a file.")] = None,
        parameter: Annotated[
            list[str] | None,
            typer.Option("-p", "--parameter", metavar="VALUE", help="With --sql: the value of $1, then of $2, ..."),
        ] = None,
        snapshot: Annotated[
            Path | None,
            typer.Option("--snapshot", metavar="FILE", help="Plan with a file of `dbopt snapshot`, with no server."),
        ] = None,
        verify: Annotated[
            bool,
            typer.Option("--verify", help="Run both forms, on the data and on made-up data; withdraw what differs."),
        ] = False,
        databases: Annotated[
            int, typer.Option("--databases", min=1, metavar="N", help="With --verify: made-up databases per rewrite.")
        ] = 100,
        rule: Annotated[
            list[str] | None, typer.Option("--rule", metavar="NAME", help="Only these rules; may be repeated.")
        ] = None,
        min_gain: Annotated[
            str, typer.Option("--min-gain", metavar="PERCENT", help="How much of the planner's cost has to be saved.")
        ] = "10%",
        max_planner_calls: Annotated[
            int, typer.Option("--max-planner-calls", min=10, metavar="N", help="Most EXPLAINs of one statement.")
        ] = 60,
        timeout: Annotated[
            str, typer.Option("--timeout", metavar="INTERVAL", help="Time limit per statement; 0: none.")
        ] = "60s",
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
    ) -> int:
        """Say how statements can be written so that they are faster and mean the same."""
        from dbopt.output import progress
        from dbopt.output import rewrite as output
        from dbopt.plan.execution import Limits
        from dbopt.rewrite.run import rewrites
        from dbopt.units import milliseconds

        chosen = _chosen(workload, sql, parameter)
        wish = _wish(rule or [], min_gain, max_planner_calls)
        limits = Limits(milliseconds(timeout))
        with _place(run, snapshot, limits, pg_bin, verify) as place, progress.bar(quiet=run.quiet) as on_progress:
            for remark in place.remarks:
                run.note(remark)
            found = rewrites(
                chosen, place, wish, verify=verify, databases=databases, bin_dir=pg_bin, on_progress=on_progress
            )
        for one in found.failed:
            run.note(f"statement {one.label} does not plan: {one.reason}")
        run.emit(output.report(found, verbose=run.verbose))
        return 3 if found.failed and len(found.failed) == found.statements else 0


def _chosen(path: str | None, sql: str | None, parameters: list[str] | None) -> Workload:
    from dbopt.workload import files

    if (path is None) == (sql is None):
        raise UsageError("give either a workload file or --sql", hint="dbopt rewrite --help")
    if path is not None:
        if parameters:
            raise UsageError("--parameter goes with --sql; a workload file has its own values")
        return files.load(path)
    return files.single(sql or "", tuple(parameters or ()))


def _wish(names: list[str], gain: str, planner_calls: int) -> Wish:
    from dbopt.rewrite.offer import Wish
    from dbopt.rewrite.rules import HINT, NAMES, RULES, TEMPLATES
    from dbopt.units import share

    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise UsageError(f"there is no rule {unknown[0]}", hint=f"one of {', '.join(NAMES)}")
    return Wish(
        share(gain),
        planner_calls,
        {name: found for name, found in RULES.items() if not names or name in names},
        {name: found for name, found in TEMPLATES.items() if not names or name in names},
        not names or HINT in names,
    )


@contextmanager
def _place(run: Run, snapshot: Path | None, limits: Limits, pg_bin: Path | None, verify: bool) -> Iterator[Place]:
    """A shadow of the snapshot, with the server that was named for --verify; else the server."""
    from dbopt.rewrite.place import on_server, on_snapshot
    from dbopt.shadow import snapshot as snapshots

    with ExitStack() as stack:
        if snapshot is None:
            session = stack.enter_context(run.connect())
            yield stack.enter_context(on_server(session, limits, bin_dir=pg_bin))
            return
        loaded = snapshots.load(snapshot)
        if run.names_a_server and not verify:
            run.note("the snapshot alone is asked: nothing is run on the server without --verify")
        data = stack.enter_context(run.connect()) if verify and run.names_a_server else None
        made = on_snapshot(loaded, limits, data=data, name=str(snapshot), bin_dir=pg_bin)
        yield stack.enter_context(made)
