"""dbopt partition list"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app, "list")
    def list_sets(
        run: Run,
        table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Default: all partition sets.")] = None,
    ) -> int:
        """Show partition sets: bounds, rows, sizes, gaps, what is to be created and archived next."""
        from dbopt import config
        from dbopt.output import partition_list as output
        from dbopt.partition import settings
        from dbopt.partition.aims import archives
        from dbopt.partition.listing import listing

        file = config.load(run.config)
        with run.connect() as session:
            found = listing(session, table, settings.read(file), archives(file))
        if not found.sets:
            run.note("there is no partition set")
        run.emit(output.report(found))
        return 0
