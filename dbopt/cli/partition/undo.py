"""dbopt partition undo"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, Yes
from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.cli.partition import conversion
from dbopt.cli.partition.conversion import (
    BatchTime,
    DropOld,
    MaxActive,
    MaxLag,
    MaxLock,
    NoVerify,
    Retries,
    ShortLockTimeout,
    Sleep,
)


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def undo(
        run: Run,
        table: Annotated[str, typer.Argument(metavar="TABLE", help="A partitioned table, or one that is converted.")],
        abandon: Annotated[
            bool, typer.Option("--abandon", help="Give an unfinished convert or undo up: nothing of it stays.")
        ] = False,
        drop_old: DropOld = False,
        no_verify: NoVerify = False,
        batch_time: BatchTime = "200ms",
        sleep: Sleep = "0ms",
        max_lag: MaxLag = "10s",
        max_active: MaxActive = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: ShortLockTimeout = "500ms",
        max_lock: MaxLock = "1s",
        retries: Retries = 50,
    ) -> int:
        """Make a partition set a plain table again, online; or give an unfinished conversion up.

        Unique keys that dbopt widened get their columns back. The same command continues a run that was ended early.
        """
        from dbopt.partition.convert import ledger
        from dbopt.partition.convert.plan import for_undo
        from dbopt.partition.read import name_of, resolve
        from dbopt.units import milliseconds

        change.check_format(run, dry_run)
        pace = conversion.throttle(batch_time, sleep, max_lag, max_active)
        options = conversion.Options(
            "undo",
            pace,
            not no_verify,
            drop_old,
            change.limits(lock_timeout, None, retries),
            milliseconds(max_lock),
            dry_run,
            yes,
        )
        with run.connect() as session:
            name = name_of(session, table) if abandon else resolve(session, table)
            found = ledger.newest(session, name)
            if abandon or (found is not None and found.direction == "convert" and not found.is_swapped):
                return conversion.abandon(run, session, name, options)
            return conversion.carry_out(run, session, name, options, lambda: for_undo(session, name, found))
