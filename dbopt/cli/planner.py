"""Where indexes are tried: HypoPG on the server, a shadow of it, or a shadow of a snapshot. What the commands that
advise share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dbopt.cli.command import Run

if TYPE_CHECKING:
    from dbopt.index.maintenance import Condition
    from dbopt.index.what_if import WhatIf
    from dbopt.postgres.schema import Catalog
    from dbopt.postgres.session import Session
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
    memory_bytes: int | None = None  # maintenance_work_mem, where there is a server


def counted(run: Run, catalog: Catalog, replicas: Sequence[str]) -> Catalog:
    from dbopt.index.replicas import with_replicas
    from dbopt.postgres.session import connect

    counted, remarks = with_replicas(catalog, [partial(connect, dsn) for dsn in replicas])
    for remark in remarks:
        run.note(f"warning: {remark}")
    return counted


@contextmanager
def planner_of(
    run: Run, backend: Backend, snapshot: Path | None, pg_bin: Path | None, checked: Workload | None = None
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
            yield Planner(HypoPGWhatIf(session), catalog, condition, memory_bytes=_memory(session))
        return
    from dbopt.shadow import snapshot as snapshots
    from dbopt.shadow.what_if import what_if

    if snapshot is not None:
        with what_if(snapshots.load(snapshot), bin_dir=pg_bin) as shadow:
            _introduce(run, shadow, checked)
            with shadow.shadow.connect() as session:
                restored = read_catalog(session)
                catalog = replace(restored, indexes=(*restored.indexes, *shadow.shadow.snapshot.invalid))
                facts = read_facts(session, restored, counts=False)
            yield Planner(shadow, catalog, Condition(facts, shadow.all_visible), snapshot.name)
        return
    with run.connect() as session:
        catalog = read_catalog(session)
        with what_if(session, bin_dir=pg_bin) as shadow:
            _introduce(run, shadow, checked)
            condition = Condition(read_facts(session, catalog), shadow.all_visible, Samples(session))
            yield Planner(shadow, catalog, condition, memory_bytes=_memory(session))


def _memory(session: Session) -> int:
    return int(session.row("index/maintenance_work_mem")["bytes"])


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
