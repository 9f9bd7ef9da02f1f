"""The server of made-up databases: the embedded one, with a snapshot's schema and no rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbopt.postgres import cluster, embedded
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import Name, read_facts
from dbopt.rewrite.proof.made_up import MadeUp
from dbopt.shadow import clock, restore, roles, settings
from dbopt.shadow import limits as restoring
from dbopt.shadow.snapshot import Snapshot

_NOON = "2024-03-31 12:00:00+00"  # the present, where the snapshot names none
_SMALL_DUMP = 64 * 2**20


@contextmanager
def made_up(snapshot: Snapshot, *, bin_dir: Path | None = None) -> Iterator[MadeUp]:
    """Start a server with the snapshot's schema (1 to 5 s); stopped and removed at the end. Nothing of the snapshot is
    run by its superuser, as in a shadow. Raises EmbeddedServerError.
    """
    small = len(snapshot.dump) < _SMALL_DUMP
    wanted = {**settings.SERVER_SETTINGS, "shared_buffers": "64MB"}
    limits = restoring.Limits()
    with embedded.start(bin_dir=bin_dir, settings=wanted, small=small, superuser=roles.SUPERUSER) as server:
        restore.create_database(server, snapshot)
        with roles.superuser(server) as session:
            roles.create(session)
            clock.install(session)
        bound = limits.of_memory() if cluster.is_in_memory(server.directory) else limits
        with restoring.watched(server, bound):
            with roles.superuser(server) as session:
                restore.restore(server, session, snapshot, limits)
            with roles.ordinary(server) as session:
                settings.apply(session, snapshot)
                clock.stop(session, snapshot.as_of or _NOON)
                yield prepared(session)


def prepared(session: Session, *, is_stopped: bool = True) -> MadeUp:
    """A database without rows, of which this is the owner's session, for made-up rows: triggers do not fire."""
    catalog = read_catalog(session)
    written: dict[Name, list[str]] = {}
    for row in session.rows("rewrite/constants"):
        written.setdefault((row["schema"], row["name"]), []).append(row["definition"] or "")
    for relation in catalog.relations:
        if relation.kind in "rp":
            statement = SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(Identifier(*relation.key))
            session.execute(statement)
    texts = {name: tuple(definitions) for name, definitions in written.items()}
    rows = session.rows("rewrite/materialized_views")
    materialized = {(row["schema"], row["name"]): row["definition"] for row in rows}
    return MadeUp(session, read_facts(session, catalog), catalog, texts, is_stopped, materialized)
