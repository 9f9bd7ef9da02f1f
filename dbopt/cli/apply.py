"""dbopt apply"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, LockTimeout, Retries, WaitTimeout, Yes
from dbopt.cli.command import TABULAR, Format, Run, command


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def apply(
        run: Run,
        advice: Annotated[str, typer.Argument(metavar="ADVICE", help="A file of `dbopt suggest`; - is stdin.")],
        only: Annotated[
            str | None, typer.Option("--only", metavar="N,...", help="Only these items, as in 1,3-4.")
        ] = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        undo_file: Annotated[
            Path | None, typer.Option("--undo-file", metavar="FILE", help="Default: ./dbopt-undo-<time>.json.")
        ] = None,
        lock_timeout: LockTimeout = "5s",
        wait_timeout: WaitTimeout = None,
        retries: Retries = 5,
    ) -> int:
        """Build and drop the advised indexes without blocking writers; writes an undo file first."""
        from dbopt import documents
        from dbopt.index.advice import Advice
        from dbopt.index.apply import apply, chosen, items_of, plan
        from dbopt.index.journal import default_path

        change.check_format(run, dry_run)
        patience = change.limits(lock_timeout, wait_timeout, retries)
        items = chosen(items_of(documents.read(Advice, advice)), only)
        with run.connect() as session:
            plans = plan(session, items, patience)
            if dry_run:
                return change.show(run, plans)
            if not change.agreed(run, plans, session.database, yes):
                return 0
            path = undo_file or default_path()
            with change.listening(run) as listener, change.naming(run, path):
                applied = apply(session, items, path, limits=patience, listener=listener)
        if applied.undo_file is not None:
            run.note(f"to take it back: dbopt undo {applied.undo_file}")
        return change.finish(run, applied)
