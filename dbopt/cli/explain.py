"""dbopt explain"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command, require_place
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from dbopt.workload.model import Workload


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.HTML))
    def explain(
        run: Run,
        workload: Annotated[
            str | None, typer.Argument(metavar="[WORKLOAD]", help="A file of `dbopt capture`; - is stdin.")
        ] = None,
        sql: Annotated[str | None, typer.Option("--sql", metavar="SQL", help="One statement, not a file.")] = None,
        parameter: Annotated[
            list[str] | None,
            typer.Option("-p", "--parameter", metavar="VALUE", help="With --sql: the value of $1, then of $2, ..."),
        ] = None,
        analyze: Annotated[
            bool, typer.Option("--analyze", help="Run the statements too, read-only and rolled back.")
        ] = False,
        allow_dml: Annotated[
            bool, typer.Option("--allow-dml", help="With --analyze: run INSERT, UPDATE, DELETE, MERGE and roll back.")
        ] = False,
        timeout: Annotated[
            str, typer.Option("--timeout", metavar="INTERVAL", help="Time limit per statement; 0: none.")
        ] = "60s",
        html: Annotated[
            Path | None, typer.Option("--html", metavar="FILE", help="Write the plans as one HTML page, too.")
        ] = None,
    ) -> int:
        """Show the plans of statements: what is expensive in them, what is wrong, and what to do."""
        from dbopt.cli.failures import nothing_done, remark_failures
        from dbopt.output import plan, progress
        from dbopt.plan.explain import explain_workload
        from dbopt.plan.findings.observe import with_findings
        from dbopt.units import milliseconds

        chosen = _chosen(workload, sql, parameter)
        require_place(html, "--html")
        if allow_dml and not analyze:
            raise UsageError("--allow-dml does nothing without --analyze")
        timeout_ms = milliseconds(timeout)
        with run.connect() as session, progress.bar(quiet=run.quiet, enabled=analyze) as on_progress:
            plans = explain_workload(
                session,
                chosen,
                analyze=analyze,
                allow_dml=allow_dml,
                timeout_ms=timeout_ms,
                on_progress=on_progress,
            )
            plans, remarks = with_findings(session, chosen, plans, timeout_ms)
        for remark in remarks:
            run.note(remark)
        done = any(one.plan is not None for one in plans.statements)
        if done:
            report = plan.report(plans)
            run.emit(report)
            run.keep_page(report, html)
        if run.outputs or not done:
            remark_failures(run, plans.statements)
        if not done:
            raise nothing_done("explained", plans.statements)
        return 0


def _chosen(path: str | None, sql: str | None, parameters: list[str] | None) -> Workload:
    from dbopt.workload import files

    if (path is None) == (sql is None):
        raise UsageError("give either a workload file or --sql", hint="dbopt explain --help")
    if path is not None:
        if parameters:
            raise UsageError("--parameter goes with --sql; a workload file has its own values")
        return files.load(path)
    return files.single(sql or "", tuple(parameters or ()))
