"""dbopt undo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, LockTimeout, Retries, WaitTimeout, Yes
from dbopt.cli.command import TABULAR, Format, Run, command


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def undo(
        run: Run,
        undo_file: Annotated[Path, typer.Argument(metavar="UNDOFILE", help="A file that `dbopt apply` wrote.")],
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: LockTimeout = "5s",
        wait_timeout: WaitTimeout = None,
        retries: Retries = 5,
    ) -> int:
        """Take back what an apply did, the last step first."""
        from dbopt.index.undo import plan, read, undo

        change.check_format(run, dry_run)
        patience = change.limits(lock_timeout, wait_timeout, retries)
        file = read(undo_file)
        with run.connect() as session:
            plans = plan(session, file, patience)
            if dry_run:
                return change.show(run, plans)
            if not change.agreed(run, plans, session.database, yes):
                return 0
            with change.listening(run) as listener:
                undone = undo(session, undo_file, limits=patience, listener=listener)
        return change.finish(run, undone)
