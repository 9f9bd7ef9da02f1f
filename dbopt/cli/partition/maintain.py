"""dbopt partition maintain"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.change import DryRun, LockTimeout, Retries, Yes, check_format, limits
from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.cli.partition.shared import agreed, show


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def maintain(
        run: Run,
        table: Annotated[
            list[str] | None,
            typer.Argument(metavar="[TABLE]...", help="Default: those of [[partition]] in dbopt.toml, else all."),
        ] = None,
        premake: Annotated[
            int | None, typer.Option("--premake", min=0, metavar="N", help="Partitions beyond the current one.")
        ] = None,
        interval: Annotated[
            str | None,
            typer.Option("--interval", metavar="INTERVAL", help="As in 1 month; default: as the set goes on."),
        ] = None,
        batch_rows: Annotated[
            int, typer.Option("--batch-rows", min=1, metavar="N", help="Rows of the default that are copied at once.")
        ] = 10_000,
        sleep: Annotated[
            str, typer.Option("--sleep", metavar="TIME", help="A rest between two batches, as in 100ms.")
        ] = "0",
        no_default_move: Annotated[
            bool, typer.Option("--no-default-move", help="Leave rows in the default partition.")
        ] = False,
        no_analyze: Annotated[
            bool, typer.Option("--no-analyze", help="No ANALYZE of the set after rows were moved.")
        ] = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: LockTimeout = "500ms",
        retries: Retries = 20,
    ) -> int:
        """Make partitions ahead, fill gaps, and move rows out of default partitions, while the tables are in use.

        For cron: with --yes, exit code 75 where another run is at work, 3 where a set could not be kept up.
        """
        from dbopt import config
        from dbopt.output import partition_maintain as output
        from dbopt.output.progress import bar
        from dbopt.partition import settings
        from dbopt.partition.aims import Asked, archives
        from dbopt.partition.maintain import Wishes, plan
        from dbopt.partition.maintain import maintain as kept_up
        from dbopt.partition.move import Manner
        from dbopt.units import milliseconds

        check_format(run, dry_run)
        file = config.load(run.config)
        manner = Manner(batch_rows, milliseconds(sleep), limits(lock_timeout, None, retries), run.note)
        wishes = Wishes(
            tables=tuple(table or ()),
            asked=Asked(premake, settings.step_of(interval) if interval else None),
            sections=settings.read(file),
            policies=archives(file),
            moves_default=not no_default_move,
            analyzes=not no_analyze,
            manner=manner,
        )
        with run.connect() as session:
            if dry_run or not yes:
                plans = plan(session, wishes)
                changes = [change for one in plans for change in one.changes]
                if dry_run:
                    for text in output.remarks(plans):
                        run.note(text)
                    return show(run, changes)
                if not agreed(run, changes, session.database, yes):
                    return 0
            with bar(quiet=run.quiet) as on_progress:
                done = kept_up(session, wishes, on_progress)
        run.emit(output.report(done))
        for text in output.said(done):
            run.note(text)
        return 3 if done.failed else 0
