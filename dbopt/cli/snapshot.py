"""dbopt snapshot"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from dbopt.cli.command import Run, command
from dbopt.errors import UsageError


def register(app: typer.Typer) -> None:
    @command(app)
    def snapshot(
        run: Run,
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
    ) -> None:
        """Save the schema and the planner's statistics, no rows, to a file for `dbopt suggest` and `dbopt check`."""
        if run.output is None:
            raise UsageError("a snapshot is a binary file: name it", hint="dbopt snapshot -o prod.dbsnap")
        if run.format is not None:
            raise UsageError("a snapshot has one format only", hint="leave out --format")
        from dbopt.output.units import count, milliseconds, size
        from dbopt.shadow.snapshot import save
        from dbopt.shadow.take import take

        started = perf_counter()
        with run.connect() as session:
            taken = take(session, bin_dir=pg_bin)
        written = save(taken, run.output)
        run.note(
            f"wrote {run.output}: {count(len(taken.tables))} tables and {count(len(taken.indexes))} indexes of "
            f"{taken.database} (PostgreSQL {taken.server_version}), {size(written)}, "
            f"{milliseconds(1000 * (perf_counter() - started))}"
        )
        run.note("it holds no rows, but values out of them (most common values, histograms): keep it as the data")
