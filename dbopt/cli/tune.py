"""dbopt tune"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, LockTimeout, Retries, WaitTimeout, Yes
from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.cli.planner import Backend, planner_of

if TYPE_CHECKING:
    from dbopt.index.advice import Advice
    from dbopt.postgres.session import Session
    from dbopt.tune.model import State, Tuning
    from dbopt.tune.run import Hooks, Manner, Tuner
    from dbopt.workload.model import Workload


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def tune(
        run: Run,
        workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`; - is stdin.")],
        budget: Annotated[
            str | None, typer.Option("--budget", metavar="SIZE", help="Storage for new indexes, as in 2GB.")
        ] = None,
        max_columns: Annotated[
            int, typer.Option("--max-columns", min=1, max=8, metavar="N", help="Most key columns of an index.")
        ] = 3,
        max_included: Annotated[
            int, typer.Option("--max-included", min=0, max=31, metavar="N", help="Most columns in an INCLUDE; 0: none.")
        ] = 4,
        no_drop: Annotated[bool, typer.Option("--no-drop", help="Do not drop indexes.")] = False,
        what_if: Annotated[
            Backend, typer.Option("--what-if", help="Where to try indexes: a shadow, or HypoPG on the server.")
        ] = Backend.SHADOW,
        runs: Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Counted runs per statement.")] = 5,
        timeout: Annotated[
            str, typer.Option("--timeout", metavar="INTERVAL", help="Time limit per run; 0: none.")
        ] = "60s",
        allow_dml: Annotated[
            bool, typer.Option("--allow-dml", help="Run INSERT, UPDATE, DELETE and MERGE too, and roll them back.")
        ] = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        html: Annotated[
            Path | None, typer.Option("--html", metavar="FILE", help="Write a report as one HTML page, too.")
        ] = None,
        state: Annotated[
            Path | None,
            typer.Option(
                "--state", metavar="FILE", help="Where an unfinished run stands; default: ./dbopt-tune-<database>.json."
            ),
        ] = None,
        undo_file: Annotated[
            Path | None, typer.Option("--undo-file", metavar="FILE", help="Default: ./dbopt-undo-<time>.json.")
        ] = None,
        lock_timeout: LockTimeout = "5s",
        wait_timeout: WaitTimeout = None,
        retries: Retries = 5,
    ) -> int:
        """Measure, build what is advised, measure again, and take back what did not help.

        A run that was ended early is continued by the same command.
        """
        from dbopt.index.journal import default_path
        from dbopt.tune.run import Manner, Tuner, digest
        from dbopt.units import bytes_of, milliseconds
        from dbopt.workload import files

        change.check_format(run, dry_run)
        manner = Manner(runs, milliseconds(timeout), allow_dml, change.limits(lock_timeout, wait_timeout, retries))
        budget_bytes = bytes_of(budget) if budget is not None else None
        options = _Options(budget_bytes, max_columns, max_included, not no_drop, what_if)
        asked = files.load(workload)
        with run.connect() as session:
            if dry_run:
                return _show(run, session, options.advise(run, asked), manner)
            path = state or Path(f"dbopt-tune-{_as_file_name(session.database)}.json")
            tuner = Tuner(
                session, asked, path, manner, _hooks(run, session, asked, options, yes), undo_file or default_path()
            )
            with _naming(run, tuner, path):
                end = tuner.run(digest(asked, repr((options, runs, timeout, allow_dml))))
                if end is None:
                    return 0
                code = _finish(run, tuner.result(end), end, html)
                tuner.forget()
        return code


@dataclass(frozen=True)
class _Options:
    """What the advice depends on."""

    budget_bytes: int | None
    max_columns: int
    max_included: int
    drop: bool
    what_if: Backend

    def advise(self, run: Run, workload: Workload) -> Advice:
        from dbopt.index.advise import advise
        from dbopt.output import progress

        with planner_of(run, self.what_if, None, None) as planner, progress.bar(quiet=run.quiet) as on_progress:
            return advise(
                workload,
                planner.catalog,
                planner.what_if,
                drop=self.drop,
                memory_bytes=planner.memory_bytes,
                condition=planner.condition,
                on_progress=on_progress,
                budget_bytes=self.budget_bytes,
                max_columns=self.max_columns,
                max_included=self.max_included,
            )


def _hooks(run: Run, session: Session, workload: Workload, options: _Options, yes: bool) -> Hooks:
    from dbopt.index.apply import items_of, plan
    from dbopt.output import progress
    from dbopt.tune.run import Hooks

    def agree(advice: Advice) -> bool:
        return change.agreed(run, plan(session, items_of(advice)), session.database, yes)

    return Hooks(
        advise=lambda: options.advise(run, workload),
        agree=agree,
        stage=run.note,
        measuring=lambda: progress.bar(quiet=run.quiet),
        changing=lambda: change.listening(run),
    )


def _show(run: Run, session: Session, advice: Advice, manner: Manner) -> int:
    from dbopt.index.apply import items_of, plan

    return change.show(run, plan(session, items_of(advice), manner.patience))


@contextmanager
def _naming(run: Run, tuner: Tuner, state: Path) -> Iterator[None]:
    """Should it end early, say how to go on."""
    try:
        yield
    except BaseException:
        if tuner.stands:
            run.note(f"{state} says how far it came: the same command goes on")
        raise


def _as_file_name(database: str) -> str:
    return re.sub(r"[^\w.-]", "_", database)


def _finish(run: Run, done: Tuning, end: State, html: Path | None) -> int:
    """Print the result; 3 if an index failed, 1 if a statement is slower than before."""
    from dbopt import documents
    from dbopt.output import tune as output

    run.emit(output.report(done))
    if html is not None:
        documents.write_atomically(html, output.html(done, end))
        run.note(f"wrote {html}")
    if done.undo_file is not None and done.kept:
        run.note(f"to take it back: dbopt undo {done.undo_file}")
    if any(one.state == "failed" for one in done.indexes):
        return 3
    return 1 if any(one.verdict == "slower" for one in done.comparison.statements) else 0
