"""Where a workload's rewrites are planned and tried: a server, or a shadow of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbopt.plan.execution import Limits
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import Facts, read_facts, with_loose_collations
from dbopt.rewrite.planner import Planner
from dbopt.shadow import dump
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.take import take
from dbopt.shadow.what_if import ShadowWhatIf, what_if


@dataclass(frozen=True)
class Place:
    """`what_if` is where indexes can be tried, and `snapshot` has the schema; both are made when they are asked for.
    `data` is a session on a database with rows, None where there is none. `remarks` are for people.
    """

    planner: Planner
    facts: Facts
    what_if: Callable[[], ShadowWhatIf]
    snapshot: Callable[[], Snapshot]
    data: Session | None = None
    snapshot_name: str | None = None
    server_version: str = ""
    remarks: tuple[str, ...] = ()


@contextmanager
def on_server(session: Session, limits: Limits, *, bin_dir: Path | None = None) -> Iterator[Place]:
    """The server itself. A shadow of it is made only to try an index."""
    facts = read_facts(session, read_catalog(session))
    with ExitStack() as stack:
        taken: list[Snapshot] = []
        made: list[ShadowWhatIf] = []

        def snapshot() -> Snapshot:
            if not taken:
                taken.append(take(session, bin_dir=bin_dir))
            return taken[0]

        def shadow() -> ShadowWhatIf:
            if not made:
                made.append(stack.enter_context(what_if(snapshot(), bin_dir=bin_dir)))
            return made[0]

        planner = Planner(session, limits=limits)
        yield Place(planner, facts, shadow, snapshot, session, None, session.server_version)


@contextmanager
def on_snapshot(
    snapshot: Snapshot,
    limits: Limits,
    *,
    data: Session | None = None,
    name: str | None = None,
    bin_dir: Path | None = None,
) -> Iterator[Place]:
    """A shadow of the snapshot. `data` is a database on which both forms may be run."""
    with what_if(snapshot, bin_dir=bin_dir) as asked, asked.shadow.connect() as session:
        # the shadow has no ICU
        loose = dump.loose_collations(snapshot.dump)
        facts = with_loose_collations(read_facts(session, read_catalog(session)), loose)
        planner = Planner(session, "shadow", asked.check, snapshot.as_of, limits)
        differences = [f"the shadow differs: {remark}" for remark in asked.shadow.remarks]
        missing = asked.shadow.unrestored.items()
        lacks = [f"the shadow lacks {schema}.{table}: {why}" for (schema, table), why in sorted(missing)]
        remarks = (*differences, *lacks)
        version = snapshot.server_version
        yield Place(planner, facts, lambda: asked, lambda: snapshot, data, name, version, remarks)
