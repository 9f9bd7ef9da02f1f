"""A shadow: an embedded PostgreSQL 18 that plans as the snapshot's source would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbopt.errors import FeatureMissing, ServerError
from dbopt.postgres import embedded
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import extended, restore, settings, unrestored
from dbopt.shadow.dimensions import index_shapes
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.storage import Storage
from dbopt.shadow.unrestored import Key

_MAJOR = 18


@dataclass(frozen=True)
class Shadow:
    """A running shadow. `unrestored` are relations that are missing or incomplete, with the reason; what is asked about
    them is refused. `remarks` are other differences from the source, for people. `blocks` are the sizes of tables.
    """

    server: EmbeddedServer
    snapshot: Snapshot
    storage: Storage
    unrestored: Mapping[Key, str]
    remarks: tuple[str, ...]
    blocks: Mapping[Key, int]

    @staticmethod
    @contextmanager
    def open(snapshot: Snapshot, *, bin_dir: Path | None = None) -> Iterator[Shadow]:
        """Start a server and restore the snapshot into it (1 to 5 s); stopped and removed at the end. `bin_dir` names
        the programs of a full PostgreSQL 18 in place of the packaged ones. Raises EmbeddedServerError.
        """
        with embedded.start(bin_dir=bin_dir, settings=settings.SERVER_SETTINGS) as server:
            remark = restore.create_database(server, snapshot)
            with server.connect(restore.DATABASE) as session:
                shadow = _restored(server, session, snapshot, (remark,) if remark else ())
            yield shadow

    def connect(self) -> Session:
        """A session that plans as the source's did when the snapshot was taken."""
        session = self.server.connect(restore.DATABASE)
        settings.apply(session, self.snapshot)
        return session

    def administer(self) -> Session:
        """A session of its own for DDL: one that planned would remember files that are changed beneath it."""
        return self.server.connect(restore.DATABASE)

    def why_refused(self, schema: str, name: str) -> str | None:
        """Why the relation is not to be trusted; None if it is."""
        reason = self.unrestored.get((schema, name))
        return None if reason is None else f"{qualified(schema, name)} is not complete in the shadow: {reason}"


def _restored(server: EmbeddedServer, session: Session, snapshot: Snapshot, remarks: tuple[str, ...]) -> Shadow:
    if session.major != _MAJOR:
        raise FeatureMissing(
            f"a shadow is a PostgreSQL {_MAJOR}, and --pg-bin names a {session.server_version}",
            hint="name another with --pg-bin, or leave it out",
        )
    failures = restore.restore(server, session, snapshot)
    failed = extended.restore(session, snapshot.extended_statistics)
    _provide_buffercache(session)
    files = {(row["schema"], row["name"]): row for row in session.rows("shadow/files")}
    shadow = Shadow(
        server=server,
        snapshot=snapshot,
        storage=Storage(server.data),
        unrestored={**failed, **unrestored.find(snapshot, files, failures)},
        remarks=remarks + _ranges_left_out(session),
        blocks={table.key: table.blocks for table in snapshot.tables},
    )
    _size(shadow, session, files)
    return shadow


def _ranges_left_out(session: Session) -> tuple[str, ...]:
    rows = session.rows("shadow/ranges_without_statistics")
    if not rows:
        return ()
    columns = ", ".join(f"{qualified(row['schema'], row['table_name'])}.{quoted(row['column_name'])}" for row in rows)
    return (f"conditions on ranges are guessed, since servers before 17 do not show their statistics: {columns}",)


def _provide_buffercache(session: Session) -> None:
    try:
        session.script("CREATE EXTENSION IF NOT EXISTS pg_buffercache SCHEMA pg_catalog")
    except ServerError as error:
        raise FeatureMissing(
            f"the shadow needs the extension pg_buffercache: {error.message}",
            hint="install the contrib modules of the PostgreSQL that --pg-bin names, or leave it out",
        ) from None


def _size(shadow: Shadow, session: Session, files: Mapping[Key, Row]) -> None:
    """Give every file its source's size. Before that, the server must forget the pages that it read: a stale metapage
    in its cache would be believed.
    """
    session.script("CHECKPOINT")
    forget_pages(session)
    for table in shadow.snapshot.tables:
        if table.key in files and files[table.key]["path"]:
            shadow.storage.resize(files[table.key]["path"], table.blocks)
    present = [index for index in shadow.snapshot.indexes if index.key in files]
    shapes = index_shapes(session, [files[index.key]["oid"] for index in present])
    for index in present:
        file = files[index.key]
        shape = shapes[file["oid"]]
        heap_blocks = shadow.blocks.get((index.schema, index.table or ""), 0)
        shape.write(shadow.storage, file["path"], index.blocks, max(shape.rows, 0.0), heap_blocks)


def forget_pages(session: Session) -> None:
    """Empty the server's cache, what is changed in it written out."""
    schema = session.row("shadow/buffercache")["schema"]
    session.script(f"SELECT {qualified(schema, 'pg_buffercache_evict_all')}()")
