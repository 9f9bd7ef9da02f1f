"""dbopt partition suggest"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run, command

if TYPE_CHECKING:
    from dbopt.partition.suggest.candidates import Wish
    from dbopt.shadow.what_if import ShadowWhatIf


def register(app: typer.Typer) -> None:
    @command(app)
    def suggest(
        run: Run,
        workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`; - is stdin.")],
        snapshot: Annotated[
            Path | None,
            typer.Option("--snapshot", metavar="FILE", help="Advise from a file of `dbopt snapshot`, with no server."),
        ] = None,
        table: Annotated[
            list[str] | None,
            typer.Option("--table", metavar="TABLE", help="Only this one; may be repeated."),
        ] = None,
        keep: Annotated[
            str | None,
            typer.Option("--keep", metavar="INTERVAL", help="Older rows are to go, as in '90 days'."),
        ] = None,
        min_size: Annotated[
            str, typer.Option("--min-size", metavar="SIZE", help="Tables below it, with indexes, stay as they are.")
        ] = "10GB",
        interval: Annotated[
            str | None,
            typer.Option("--interval", metavar="INTERVAL", help="Of time, or a number of values; else it is chosen."),
        ] = None,
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
    ) -> int:
        """Say which tables should be partitioned, how, and what that does to the workload, without touching them."""
        from dbopt.output import partition_advice, progress
        from dbopt.partition import interval as intervals
        from dbopt.partition.settings import step_of
        from dbopt.partition.suggest.run import Asked
        from dbopt.partition.suggest.run import suggest as found_of
        from dbopt.units import bytes_of
        from dbopt.workload import files

        if keep is not None:
            intervals.parse(keep)
        asked = Asked(
            tables=tuple(table or ()),
            keep=keep,
            wishes=_wishes(run),
            min_bytes=bytes_of(min_size),
            step=None if interval is None else step_of(interval),
        )
        read = files.load(workload)
        with _shadow(run, snapshot, pg_bin) as what_if, progress.bar(quiet=run.quiet) as on_progress:
            advice = found_of(
                read, what_if, asked, snapshot_name=snapshot.name if snapshot else None, on_progress=on_progress
            )
        run.emit(partition_advice.report(advice, read, verbose=run.verbose))
        return 0


@contextmanager
def _shadow(run: Run, snapshot: Path | None, pg_bin: Path | None) -> Iterator[ShadowWhatIf]:
    """A shadow of the snapshot, else of the server; what it lacks is said."""
    from dbopt.shadow import snapshot as snapshots
    from dbopt.shadow.what_if import what_if

    with ExitStack() as stack:
        source = snapshots.load(snapshot) if snapshot is not None else stack.enter_context(run.connect())
        shadow = stack.enter_context(what_if(source, bin_dir=pg_bin))
        for remark in shadow.shadow.remarks:
            run.note(f"the shadow differs: {remark}")
        yield shadow


def _wishes(run: Run) -> dict[str, Wish]:
    """What the configuration's [[archive]] sections say of how long rows are kept. Raises ConfigurationError."""
    from dbopt import config
    from dbopt.partition.suggest.wishes import wishes

    return wishes(config.load(run.config))
