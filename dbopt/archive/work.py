"""What every step of a run needs: the sessions, the place for files, and what is archived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import dbopt
from dbopt import documents
from dbopt.archive import ledger
from dbopt.archive.columns import reading
from dbopt.archive.files import Filing, check, joined
from dbopt.archive.ledger import Batch
from dbopt.archive.manifest import ArchivedColumn, ArchivedFile, Manifest
from dbopt.archive.policy import Policy
from dbopt.archive.source import Leaf, Source
from dbopt.archive.store import Store, sha256_of
from dbopt.errors import ArchiveDamaged, FileError, ServerError
from dbopt.postgres.arrow import ArrowSession
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session

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
STEPS = (WATCHED, SNAPSHOT, ANNOUNCED, WRITTEN, DESCRIBED, CHECKED, DELETED, COMMITTED)


@dataclass(frozen=True)
class Work:
    """A run of one policy. `session` holds the transactions, `log` commits to the ledger by the way, `arrow` reads."""

    policy: Policy
    source: Source
    store: Store
    session: Session
    log: Session
    arrow: ArrowSession
    run: int
    step: Step = lambda _: None
    limits: Limits = field(default_factory=Limits)
    on_wait: Callable[[str], None] | None = None

    def filing(self, batch: int) -> Filing:
        def announce(path: str) -> None:
            ledger.will_write(self.log, self.policy.name, batch, (path, manifest_path(self.policy, batch)))
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
    def snapshot(self) -> Iterator[None]:
        """A REPEATABLE READ transaction of the session, in which `arrow` sees the same rows; committed at the end."""
        with self.session.transaction():
            self.session.script(
                f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {reading()};"
                f" SET LOCAL lock_timeout = {self.limits.lock_timeout_ms}"
            )
            seen = self.session.row("archive/snapshot")["snapshot"]
            with self.arrow.reading(seen):
                self.step(SNAPSHOT)
                yield

    def keep(self, number: int, way: str, leaf: Leaf, files: tuple[ArchivedFile, ...]) -> Batch:
        """Write the manifest, then read everything again: the batch, verified. Raises ArchiveDamaged: then nothing may
        be deleted.
        """
        self.step(WRITTEN)
        path = manifest_path(self.policy, number)
        manifest = self._manifest(number, way, leaf, files)
        with self.store.writing(path) as file:
            file.write(documents.dump(manifest).encode())
        self.step(DESCRIBED)
        if read_manifest(self.store, path) != manifest:
            raise ArchiveDamaged(f"{self.store.uri(path)} is not what was written")
        for one in files:
            check(self.store, one, manifest.types)
        self.step(CHECKED)
        lower, upper = joined(files)
        return Batch(
            id=number,
            policy=self.policy.name,
            table=self.source.name,
            relation=leaf.name,
            oid=leaf.oid,
            way=way,
            state=ledger.VERIFIED,
            destination=str(self.policy.destination),
            paths=(*(file.path for file in files), path),
            manifest=path,
            checksum=sha256_of(self.store, path),
            lower=lower,
            upper=upper,
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
        )

    def done(self, batch: Batch) -> None:
        """Record a batch as done, inside the transaction that deletes its rows."""
        ledger.record(self.session, replace(batch, state=ledger.DONE))
        ledger.count_in_run(self.session, self.run, batch.rows or 0, batch.bytes or 0)

    def finished(self, batch: Batch) -> None:
        """Make a verified batch done, inside the transaction that deletes its rows."""
        ledger.change(self.session, batch.id, state=ledger.DONE)
        ledger.count_in_run(self.session, self.run, batch.rows or 0, batch.bytes or 0)

    def discard(self, number: int) -> None:
        """After a failure, as far as that can be done; the next run does the rest. A batch that is done stays: its
        transaction may have come through although nobody was told.
        """
        if not self.session.is_open:
            return
        with suppress(ServerError, FileError):
            found = ledger.find(self.log, number)
            if found is None or found.state == ledger.VERIFIED:
                paths = ledger.left_behind(self.log, self.policy.name).get(number, ()) if found is None else found.paths
                discard(self.log, self.store, self.policy.name, number, paths)

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
            columns=tuple(
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
                for one in shape.fields
            ),
            files=files,
        )


def manifest_path(policy: Policy, batch: int) -> str:
    return f"{policy.name}/manifests/{batch:08d}.json"


def read_manifest(store: Store, path: str) -> Manifest:
    """Raises FileMissing, CorruptDocument."""
    with store.reading(path) as file:
        return documents.load(Manifest, file.read().decode("utf-8", "replace"), store.uri(path))


def discard(log: Session, store: Store, policy: str, number: int, paths: Sequence[str]) -> None:
    """Remove what a batch that is not done may have left behind, then the batch itself."""
    for path in paths:
        store.remove(path)
    ledger.forget(log, number)
    ledger.written(log, policy, number)
