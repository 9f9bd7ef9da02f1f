"""dbopt measure"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def measure(
        run: Run,
        workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`; - is stdin.")],
        runs: Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Counted runs per statement.")] = 5,
        warmup: Annotated[
            int, typer.Option("--warmup", metavar="N", min=0, help="Runs before them that do not count.")
        ] = 1,
        timeout: Annotated[
            str, typer.Option("--timeout", metavar="INTERVAL", help="Time limit per run; 0: none.")
        ] = "60s",
        max_time: Annotated[
            str | None,
            typer.Option("--max-time", metavar="INTERVAL", help="Start no run after this time; default: no limit."),
        ] = None,
        allow_dml: Annotated[
            bool, typer.Option("--allow-dml", help="Run INSERT, UPDATE, DELETE and MERGE too, and roll them back.")
        ] = False,
        plans: Annotated[
            bool,
            typer.Option("--plans/--no-plans", help="Run each statement once more for a plan with times, and keep it."),
        ] = True,
    ) -> int:
        """Time the statements of a workload: interleaved, warm, read-only and rolled back."""
        from dbopt.cli.failures import nothing_done, remark_failures
        from dbopt.output import progress, timing
        from dbopt.timing.measure import measure
        from dbopt.units import milliseconds
        from dbopt.workload import files

        chosen = files.load(workload)
        timeout_ms, total_ms = milliseconds(timeout), None if max_time is None else milliseconds(max_time)
        with run.connect() as session, progress.bar(quiet=run.quiet) as on_progress:
            timings = measure(
                session,
                chosen,
                runs=runs,
                warmup=warmup,
                timeout_ms=timeout_ms,
                total_ms=total_ms,
                allow_dml=allow_dml,
                plans=plans,
                on_progress=on_progress,
            )
        done = any(one.runs_ms for one in timings.statements)
        if done:
            run.emit(timing.measured(timings))
        if run.outputs or not done:
            remark_failures(run, timings.statements)
        if not done:
            raise nothing_done("measured", timings.statements)
        return 0
