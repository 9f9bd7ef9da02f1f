"""What every step of a run needs: the sessions, the place for files, and what is archived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dbopt
from dbopt import documents
from dbopt.archive import ledger
from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.files import Filing, check, joined
from dbopt.archive.manifest import ArchivedColumn, ArchivedFile, Manifest
from dbopt.archive.policy import Policy, destination
from dbopt.archive.source import Leaf, Source
from dbopt.archive.store import Store, sha256_of, store
from dbopt.errors import (
    ArchiveDamaged,
    CorruptDocument,
    FileError,
    FileMissing,
    Obstructed,
    ServerError,
    UnsupportedDocument,
)
from dbopt.postgres.arrow import ArrowSession, ahead
from dbopt.postgres.governor import Governor
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

Step = Callable[[str], None]
"""Told the name of each step when it is done."""

# The steps, in their order; those of a partition that is detached have WATCHED first.
WATCHED = "watched"  # the partition notes its changes
SNAPSHOT = "snapshot"  # what is to be archived is seen as it is now
ANNOUNCED = "announced"  # the ledger knows the files that will be written
WRITTEN = "written"
DESCRIBED = "described"  # the manifest is written
CHECKED = "checked"  # all was read again
DELETED = "deleted"  # or detached and dropped; not yet committed
COMMITTED = "committed"
ICEBERG = "iceberg"  # of a run, not of a batch: the Iceberg table has it, and the ledger does not know yet
STEPS = (WATCHED, SNAPSHOT, ANNOUNCED, WRITTEN, DESCRIBED, CHECKED, DELETED, COMMITTED)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A run of one policy. `session` holds the transactions, `log` commits to the ledger by the way."""

    policy: Policy
    source: Source
    session: Session
    log: Session
    governor: Governor
    run: int
    step: Step = lambda _: None
    limits: Limits = field(default_factory=Limits)
    on_wait: Callable[[str], None] | None = None

    @contextmanager
    def locked(self, leaf: Leaf, mode: str) -> Iterator[None]:
        """A REPEATABLE READ transaction of the session; committed at the end. The lock comes first: nobody alters the
        table as it is seen. Raises Obstructed where somebody did since it was read.
        """
        with self.session.transaction():
            self.session.script(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
                f" SET LOCAL lock_timeout = {self.limits.lock_timeout_ms}; LOCK TABLE ONLY {leaf.name} IN {mode} MODE"
            )
            self.require_columns(leaf)
            self.session.script(reading())
            yield

    def require_columns(self, leaf: Leaf) -> None:
        """Values of a column that nobody knew of would be lost."""
        if sources.columns_of(self.session, self.source.oid) != self.source.columns:
            raise Obstructed(f"{self.source.name} was altered while {leaf.name} was archived", hint="try again")

    def count(self, rows: int, size_bytes: int) -> None:
        """Inside the transaction that makes a batch done."""
        ledger.count_in_run(self.session, self.run, rows, size_bytes)

    def discard(self, number: int) -> None:
        """Remove what a batch that is not done may have left behind, then the batch itself. Nobody can make it done
        meanwhile. Raises LockNotAvailable where that is about to happen, FileError.
        """
        with self.log.transaction():
            batch = ledger.claim(self.log, number)
            if batch is not None:
                for path in batch.paths:
                    self.store_of(batch).remove(path)
                ledger.forget(self.log, number)

    def store_of(self, batch: ledger.Batch) -> Store:
        """Where it is: the policy may name another place by now."""
        return store(destination(batch.destination), self.policy.endpoint, self.policy.region)


@dataclass(frozen=True, kw_only=True)
class Work(Task):
    """A run that archives to files; `arrow` reads the rows for them."""

    store: Store
    arrow: ArrowSession

    def paced(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What is read, a batch ahead of the files, and no faster than others and the limits allow."""
        for batch in ahead(batches):
            yield batch
            self.governor.end(len(batch), batch.nbytes)
            self.governor.begin()

    def filing(self, batch: int) -> Filing:
        def announce(path: str) -> None:
            self._announce(batch, path)
            self.step(ANNOUNCED)

        return Filing(
            self.store,
            self.source.shape,
            self.policy.control,
            self.source.control,
            self.policy.name,
            f"{batch:08d}",
            self.policy.file_rows,
            announce,
        )

    @contextmanager
    def snapshot(self, leaf: Leaf, mode: str) -> Iterator[None]:
        """As `locked`, and `arrow` sees the same rows."""
        with self.locked(leaf, mode):
            seen = self.session.row("archive/snapshot")["snapshot"]
            with self.arrow.reading(seen):
                self.step(SNAPSHOT)
                yield

    def keep(self, batch: int, way: str, leaf: Leaf, files: tuple[ArchivedFile, ...]) -> tuple[str, str]:
        """Write the manifest, then read everything again: the manifest's path and its checksum. Raises ArchiveDamaged:
        then nothing may be deleted.
        """
        self.step(WRITTEN)
        path = manifest_path(self.policy, batch)
        manifest = self._manifest(batch, way, leaf, files)
        self._announce(batch, path)
        text = documents.dump(manifest)
        with self.store.writing(path) as file:
            file.write(text.encode())
        self.step(DESCRIBED)
        if read_manifest(self.store, path) != manifest:
            raise ArchiveDamaged(f"{self.store.uri(path)} is not what was written")
        for one in files:
            check(self.store, one, manifest.types)
        self.step(CHECKED)
        return path, sha256_of(self.store, path)

    def _announce(self, batch: int, path: str) -> None:
        """A file that is there already is of another database, or of a ledger that is lost."""
        if self.store.exists(path):
            raise FileError(
                f"{self.store.uri(path)} is there already, and not of this database's ledger",
                hint="two databases cannot archive by policies of one name to one destination: change either",
            )
        ledger.will_write(self.log, batch, path)

    def done(self, batch: int, files: tuple[ArchivedFile, ...], **values: object) -> None:
        """Inside the transaction that deletes the rows."""
        ledger.change(self.session, batch, state=ledger.DONE, **_summed(files), **values)
        self.count(sum(file.rows for file in files), sum(file.bytes for file in files))

    def verified(self, batch: int, files: tuple[ArchivedFile, ...], **values: object) -> None:
        """What is in the table still is in the files, too."""
        ledger.change(self.session, batch, state=ledger.VERIFIED, **_summed(files), **values)

    def finished(self, batch: int) -> None:
        """Make a verified batch done, inside the transaction that deletes its rows."""
        ledger.change(self.session, batch, state=ledger.DONE)
        found = ledger.batch(self.session, batch)
        self.count(found.rows or 0, found.bytes or 0)

    def clean(self, batch: int) -> None:
        """After a failure, as far as that can be done; the next run does the rest. Should the commit have come through,
        the batch is done.
        """
        with suppress(ServerError, FileError):
            self.discard(batch)

    def is_right(self, batch: ledger.Batch) -> bool:
        """Whether the files of a verified batch still are what was written, and of the table as it is now."""
        place = self.store_of(batch)
        try:
            if batch.manifest is None or sha256_of(place, batch.manifest) != batch.checksum:
                return False
            manifest = read_manifest(place, batch.manifest)
            if manifest.columns != self._columns():
                return False
            for one in manifest.files:
                check(place, one, manifest.types)
        except (FileMissing, CorruptDocument, UnsupportedDocument, ArchiveDamaged):
            return False
        return True

    def store_of(self, batch: ledger.Batch) -> Store:
        return self.store if batch.destination == str(self.policy.destination) else super().store_of(batch)

    def _manifest(self, batch: int, way: str, leaf: Leaf, files: tuple[ArchivedFile, ...]) -> Manifest:
        shape = self.source.shape
        return Manifest(
            dbopt_version=dbopt.__version__,
            policy=self.policy.name,
            batch=batch,
            database=self.session.database,
            server_version=self.session.server_version,
            table=str(self.source.name),
            relation=str(leaf.name),
            way=way,
            control=self.policy.control,
            key=self.source.control.value,
            time_zone="UTC",
            written_at=datetime.now(UTC).isoformat(timespec="seconds"),
            rows=sum(file.rows for file in files),
            exact=shape.exact,
            columns=self._columns(),
            files=files,
        )

    def _columns(self) -> tuple[ArchivedColumn, ...]:
        return tuple(
            ArchivedColumn(
                one.column.name,
                one.column.type,
                one.name,
                one.arrow,
                one.is_text,
                one.column.not_null,
                one.column.generated,
                one.column.identity,
            )
            for one in self.source.shape.fields
        )


def _summed(files: tuple[ArchivedFile, ...]) -> dict[str, object]:
    lower, upper = joined(files)
    size_bytes = sum(file.bytes for file in files)
    return {"lower": lower, "upper": upper, "rows": sum(file.rows for file in files), "bytes": size_bytes}


def place_of(policy: Policy, batch: ledger.Batch) -> Store:
    """Where the files of a batch are: what the policy says, as long as it says files."""
    place = policy.destination if policy.destination.is_files else destination(batch.destination)
    return store(place, policy.endpoint, policy.region)


def manifest_path(policy: Policy, batch: int) -> str:
    return f"{policy.name}/manifests/{batch:08d}.json"


def read_manifest(store: Store, path: str) -> Manifest:
    """Raises FileMissing, CorruptDocument."""
    with store.reading(path) as file:
        return documents.load(Manifest, file.read().decode("utf-8", "replace"), store.uri(path))
