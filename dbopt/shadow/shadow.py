"""A shadow: an embedded PostgreSQL 18 that plans as the snapshot's source would."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbopt.errors import CorruptDocument, FeatureMissing
from dbopt.postgres import cluster, embedded
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import clock, extended, functions, migrate, restore, roles, settings, unrestored
from dbopt.shadow.dimensions import index_shapes
from dbopt.shadow.limits import Limits, watched
from dbopt.shadow.migrate import Migrated
from dbopt.shadow.migration import Migration
from dbopt.shadow.sizing import forget_pages
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.storage import Storage
from dbopt.shadow.unrestored import Key

_MAJOR = 18
_SMALL_DUMP = 64 * 2**20  # characters; its database takes about as many bytes
_LIMITS = Limits()


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
    def open(
        snapshot: Snapshot,
        *,
        bin_dir: Path | None = None,
        migration: Migration | None = None,
        limits: Limits = _LIMITS,
    ) -> Iterator[Shadow]:
        """Start a server and restore the snapshot into it (1 to 5 s); stopped and removed at the end. `bin_dir` names
        the programs of a full PostgreSQL 18 in place of the packaged ones. `migration` is applied before anything is
        planned; the shadow's own `snapshot` then has the relations that it leaves. Raises EmbeddedServerError, also
        for what goes beyond the limits, CorruptDocument, and MigrationFailed.
        """
        small = len(snapshot.dump) < _SMALL_DUMP
        with embedded.start(
            bin_dir=bin_dir, settings=settings.SERVER_SETTINGS, small=small, superuser=roles.SUPERUSER
        ) as server:
            remark = restore.create_database(server, snapshot)
            with roles.superuser(server) as session:
                _require_major(session)
                roles.create(session)
                clock.install(session)
            with watched(server, limits.of_memory() if cluster.is_in_memory(server.directory) else limits):
                with roles.superuser(server) as session:
                    shadow = _restored(server, session, snapshot, migration, limits, (remark,) if remark else ())
                yield shadow

    def connect(self) -> Session:
        """A session that plans as the source's did when the snapshot was taken, and owns what was restored."""
        session = roles.ordinary(self.server)
        settings.apply(session, self.snapshot)
        return session

    def administer(self) -> Session:
        """A session of its own for DDL: one that planned would remember files that are changed beneath it."""
        return self.connect()

    def supervise(self) -> Session:
        """A superuser's session, for catalogs and the server's cache: it must run nothing of the snapshot's."""
        return roles.superuser(self.server)

    def why_refused(self, schema: str, name: str) -> str | None:
        """Why the relation is not to be trusted; None if it is."""
        reason = self.unrestored.get((schema, name))
        return None if reason is None else f"{qualified(schema, name)} is not complete in the shadow: {reason}"


def _require_major(session: Session) -> None:
    if session.major != _MAJOR:
        raise FeatureMissing(
            f"a shadow is a PostgreSQL {_MAJOR}, and --pg-bin names a {session.server_version}",
            hint="name another with --pg-bin, or leave it out",
        )


def _restored(
    server: EmbeddedServer,
    session: Session,
    snapshot: Snapshot,
    migration: Migration | None,
    limits: Limits,
    remarks: tuple[str, ...],
) -> Shadow:
    failures = restore.restore(server, session, snapshot, limits)
    _require_no_rows(session)
    failed = extended.restore(session, snapshot.extended_statistics)
    reasons = {**failed, **unrestored.find(snapshot, _files(session), failures)}
    remarks = (*remarks, *_unmet(server, snapshot), *_ranges_left_out(session), *unrestored.beyond_role(failures))
    made = Migrated(snapshot, reasons, remarks)
    if migration is not None:
        made = migrate.apply(server, session, made, migration)
    functions.refuse_those_that_read(session, {relation.name for relation in made.snapshot.relations})
    with_policies = [(row["schema"], row["name"]) for row in session.rows("shadow/row_security")]
    storage = Storage(server.data)
    snapshot = _sized(server, session, storage, made)
    return Shadow(
        server=server,
        snapshot=snapshot,
        storage=storage,
        unrestored=made.unrestored,
        remarks=(*made.remarks, *unrestored.policed(key for key in with_policies if key not in made.unrestored)),
        blocks={table.key: table.blocks for table in snapshot.tables},
    )


def _require_no_rows(session: Session) -> None:
    """Files are resized by hand, which rows would not survive."""
    for row in session.rows("shadow/filled_tables"):
        raise CorruptDocument(
            f"the snapshot writes rows into {qualified(row['schema'], row['name'])}",
            hint="`dbopt snapshot -o FILE` writes one that holds none",
        )


def _files(session: Session) -> dict[Key, Row]:
    return {(row["schema"], row["name"]): row for row in session.rows("shadow/files")}


def _unmet(server: EmbeddedServer, snapshot: Snapshot) -> tuple[str, ...]:
    with roles.ordinary(server) as planner:
        settings.apply(planner, snapshot)
        return settings.unmet(planner, snapshot)


def _ranges_left_out(session: Session) -> tuple[str, ...]:
    rows = session.rows("shadow/ranges_without_statistics")
    if not rows:
        return ()
    columns = ", ".join(f"{qualified(row['schema'], row['table_name'])}.{quoted(row['column_name'])}" for row in rows)
    return (f"conditions on ranges are guessed, since servers before 17 do not show their statistics: {columns}",)


def _sized(server: EmbeddedServer, session: Session, storage: Storage, made: Migrated) -> Snapshot:
    """Give every file its source's size; returns the snapshot with those of new indexes. Before that, the server must
    forget the pages that it read: a stale metapage in its cache would be believed.
    """
    snapshot, files = made.snapshot, _files(session)
    session.script("CHECKPOINT")
    forget_pages(session)
    for table in snapshot.tables:
        if table.key in files and files[table.key]["path"]:
            storage.resize(files[table.key]["path"], table.blocks)
        if table.key in files and files[table.key]["toast_path"] and table.toast_blocks:
            storage.resize(files[table.key]["toast_path"], table.toast_blocks)
    if made.new_indexes:
        with roles.ordinary(server) as planner:
            settings.apply(planner, snapshot)
            snapshot = migrate.size_new_indexes(session, planner, snapshot, made.new_indexes)
        forget_pages(session)
    _size_indexes(storage, session, snapshot, files, made.as_made)
    return snapshot


def _size_indexes(
    storage: Storage, session: Session, snapshot: Snapshot, files: Mapping[Key, Row], left_alone: Collection[Key]
) -> None:
    heaps = {table.key: table.blocks for table in snapshot.tables}
    present = [index for index in snapshot.indexes if index.key in files and index.key not in left_alone]
    shapes = index_shapes(session, [files[index.key]["oid"] for index in present])
    for index in present:
        file = files[index.key]
        shape = shapes[file["oid"]]
        heap_blocks = heaps.get((index.schema, index.table or ""), 0)
        shape.write(storage, file["path"], index.blocks, max(shape.rows, 0.0), heap_blocks)
