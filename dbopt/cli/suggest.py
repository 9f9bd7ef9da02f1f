"""dbopt suggest"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run, command
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from dbopt.index.maintenance import Condition
    from dbopt.index.what_if import WhatIf
    from dbopt.postgres.schema import Catalog
    from dbopt.shadow.what_if import ShadowWhatIf
    from dbopt.workload.model import Workload


class Backend(StrEnum):
    SHADOW = "shadow"
    HYPOPG = "hypopg"


@dataclass(frozen=True)
class Planner:
    """Where the indexes are tried: a what-if and the catalog that goes with it."""

    what_if: WhatIf
    catalog: Catalog
    condition: Condition
    snapshot_name: str | None = None


def register(app: typer.Typer) -> None:
    @command(app)
    def suggest(
        run: Run,
        workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`; - is stdin.")],
        snapshot: Annotated[
            Path | None,
            typer.Option("--snapshot", metavar="FILE", help="Advise from a file of `dbopt snapshot`, with no server."),
        ] = None,
        what_if: Annotated[
            Backend, typer.Option("--what-if", help="Where to try indexes: a shadow, or HypoPG on the server.")
        ] = Backend.SHADOW,
        budget: Annotated[
            str | None, typer.Option("--budget", metavar="SIZE", help="Storage for new indexes, as in 2GB.")
        ] = None,
        max_columns: Annotated[
            int, typer.Option("--max-columns", min=1, max=8, metavar="N", help="Most key columns of an index.")
        ] = 3,
        repeat_keys: Annotated[
            bool,
            typer.Option("--repeat-keys", help="Also indexes that begin like a primary key or another index."),
        ] = False,
        no_drop: Annotated[bool, typer.Option("--no-drop", help="Do not look for indexes to drop.")] = False,
        replica: Annotated[
            list[str] | None,
            typer.Option("--replica", metavar="CONNINFO", help="Count reads of indexes there, too; may be repeated."),
        ] = None,
        sample: Annotated[
            bool, typer.Option("--sample/--no-sample", help="Whether to look at some rows for columns that depend.")
        ] = True,
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
        self_check: Annotated[
            bool, typer.Option("--self-check", help="Also compare the shadow's plans with the server's.")
        ] = False,
    ) -> None:
        """Say which indexes help a workload and which are needless, without touching the server."""
        from dbopt.index.advise import advise
        from dbopt.output import advice as output
        from dbopt.output import progress
        from dbopt.units import bytes_of
        from dbopt.workload import files

        if what_if is Backend.HYPOPG and (snapshot or self_check):
            raise UsageError("--snapshot and --self-check go with --what-if shadow")
        if replica and snapshot:
            raise UsageError("--replica adds to the counts of a server, and --snapshot has none")
        budget_bytes = bytes_of(budget) if budget is not None else None
        asked = files.load(workload)
        with _planner(run, what_if, snapshot, pg_bin, asked if self_check else None) as planner:
            with progress.bar(quiet=run.quiet) as on_progress:
                advice = advise(
                    asked,
                    _counted(run, planner.catalog, replica or []),
                    planner.what_if,
                    budget_bytes=budget_bytes,
                    max_columns=max_columns,
                    repeat_keys=repeat_keys,
                    drop=not no_drop,
                    snapshot_name=planner.snapshot_name,
                    on_progress=on_progress,
                    condition=planner.condition if sample else replace(planner.condition, sampler=None),
                )
        # the same input gives the same bytes, so the time is written only where it was asked for
        run.emit(output.report(advice if run.verbose else replace(advice, elapsed_ms=None), asked))


def _counted(run: Run, catalog: Catalog, replicas: Sequence[str]) -> Catalog:
    from dbopt.index.replicas import with_replicas
    from dbopt.postgres.session import connect

    counted, remarks = with_replicas(catalog, [partial(connect, dsn) for dsn in replicas])
    for remark in remarks:
        run.note(f"warning: {remark}")
    return counted


@contextmanager
def _planner(
    run: Run, backend: Backend, snapshot: Path | None, pg_bin: Path | None, checked: Workload | None
) -> Iterator[Planner]:
    """HypoPG on the server; else a shadow of the snapshot or, without one, of the server. A snapshot does not say how
    often indexes were read and tables written, so that advice from it alone knows no unused index.
    """
    from dbopt.index.maintenance import Condition
    from dbopt.index.maintenance.facts import read_facts
    from dbopt.index.maintenance.sample import Samples
    from dbopt.postgres.catalog import read_catalog

    if backend is Backend.HYPOPG:
        from dbopt.index.hypopg import HypoPGWhatIf

        with run.connect() as session:
            catalog = read_catalog(session)
            condition = Condition(read_facts(session, catalog), sampler=Samples(session))
            yield Planner(HypoPGWhatIf(session), catalog, condition)
        return
    from dbopt.shadow import snapshot as snapshots
    from dbopt.shadow.what_if import what_if

    if snapshot is not None:
        with what_if(snapshots.load(snapshot), bin_dir=pg_bin) as shadow:
            _introduce(run, shadow, checked)
            with shadow.shadow.connect() as session:
                catalog = read_catalog(session)
                facts = read_facts(session, catalog, counts=False)
            yield Planner(shadow, catalog, Condition(facts, shadow.all_visible), snapshot.name)
        return
    with run.connect() as session:
        catalog = read_catalog(session)
        with what_if(session, bin_dir=pg_bin) as shadow:
            _introduce(run, shadow, checked)
            yield Planner(
                shadow, catalog, Condition(read_facts(session, catalog), shadow.all_visible, Samples(session))
            )


def _introduce(run: Run, shadow: ShadowWhatIf, checked: Workload | None) -> None:
    """Say what the shadow lacks and, where that was asked for, how well it plans as its source does."""
    for remark in shadow.shadow.remarks:
        run.note(f"the shadow differs: {remark}")
    for (schema, name), reason in sorted(shadow.shadow.unrestored.items()):
        run.note(f"the shadow lacks {schema}.{name}: {reason}")
    if checked is None:
        return
    from dbopt.shadow.self_check import self_check

    with run.connect() as session:
        result = self_check(session, shadow, checked)
    run.note(
        f"self-check: {result.same_shapes} of {result.compared} plans have the server's shape; "
        f"cost error {result.median_cost_error:.2%} in the median, {result.worst_cost_error:.2%} at worst"
    )
    if result.warning:
        run.note(f"warning: {result.warning}")
