"""dbopt snapshot"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run, command
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from dbopt.workload.model import Workload


def register(app: typer.Typer) -> None:
    @command(app, formats=())
    def snapshot(
        run: Run,
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
        redact: Annotated[
            bool,
            typer.Option("--redact", help="Keep selectivities, replace the values out of the data."),
        ] = False,
        known: Annotated[
            str | None,
            typer.Option(
                "--known",
                metavar="WORKLOAD",
                help="With --redact: constants of these statements are no secret and stay.",
            ),
        ] = None,
        role: Annotated[
            str | None,
            typer.Option("--role", metavar="NAME", help="Take over the settings that this role gets, not one's own."),
        ] = None,
    ) -> None:
        """Save the schema and the planner's statistics, no rows, to a file for `dbopt suggest` and `dbopt check`."""
        if run.output is None:
            raise UsageError("a snapshot is a binary file: name it", hint="dbopt snapshot -o prod.dbsnap")
        if run.format is not None:
            raise UsageError("a snapshot has one format only", hint="leave out --format")
        if known is not None and not redact:
            raise UsageError("--known says what --redact may keep", hint="add --redact")
        from dbopt.output.units import count, milliseconds, size
        from dbopt.postgres.identifiers import qualified
        from dbopt.shadow.redact import NOTHING
        from dbopt.shadow.redact.known import constants
        from dbopt.shadow.snapshot import save
        from dbopt.shadow.take import take

        kept = constants(_statements(known)) if known is not None else NOTHING
        started = perf_counter()
        with run.connect() as session:
            connected = session.role
            taken = take(session, bin_dir=pg_bin, role=role, redact=redact, known=kept)
        written = save(taken, run.output)
        run.note(
            f"wrote {run.output}: {count(len(taken.tables))} tables and {count(len(taken.indexes))} indexes of "
            f"{taken.database} (PostgreSQL {taken.server_version}), {size(written)}, "
            f"{milliseconds(1000 * (perf_counter() - started))}"
        )
        if taken.hidden:
            run.note(
                f"row security hides the statistics of {count(len(taken.hidden))} tables from {connected}, "
                f"{qualified(*taken.hidden[0])} among them: take it as a role with BYPASSRLS"
            )
        run.note(
            "it holds no rows, and its values out of them are replaced; names, definitions and selectivities are true"
            if redact
            else "it holds no rows, but values out of them (most common values, histograms): keep it as the data"
        )


def _statements(path: str) -> Workload:
    """A workload file, or the statements of .sql files."""
    from dbopt.workload import files, sql_files

    if path == "-" or path.endswith(".json"):
        return files.load(path)
    return sql_files.capture([path]).workload
