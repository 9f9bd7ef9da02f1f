"""`dbopt archive restore`: archived rows of a range go back into their table or into one beside it, in one transaction.

Each file is checked, goes into a temporary table, is read out of that again and compared with its checksums. What the
table then takes is compared with what it was given, by a hash of each row. A restore into the own table tells the
ledger that the archive does not hold these rows any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbopt.archive import ledger
from dbopt.archive.checksum import Checksums
from dbopt.archive.columns import READING, Column, Field, restored
from dbopt.archive.files import check
from dbopt.archive.iceberg import OnNote, follow
from dbopt.archive.ledger import Batch, Restored
from dbopt.archive.manifest import ArchivedColumn, ArchivedFile, Manifest
from dbopt.archive.policy import Policy
from dbopt.archive.restored import Asked, RestoredRows
from dbopt.archive.shelf import restore as shelf_restore
from dbopt.archive.shelf.restore import ShelfPlan
from dbopt.archive.store import Store, store
from dbopt.archive.target import altered, position, refused, target
from dbopt.archive.work import read_manifest
from dbopt.errors import ArchiveDamaged, NothingToDo, QueryFailed, UsageError
from dbopt.partition.key import Kind, literal
from dbopt.partition.model import Name
from dbopt.postgres import identifiers
from dbopt.postgres.arrow import ArrowSession, arrow_session
from dbopt.postgres.exclusive import exclusive, key_of
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Asked", "OnFile", "Plan", "RestoredRows", "plan", "restore", "statements"]

_STAGING = "dbopt_restored"


@dataclass(frozen=True)
class Plan:
    """What is to be done: `target` exists or is made by `create`; `lost` are columns that it does not have, `gained`
    those that the archive does not have.
    """

    policy: Policy
    kind: Kind
    lower: int | None
    upper: int | None
    target: Name
    is_own: bool
    create: str | None
    columns: tuple[Column, ...]
    batches: tuple[Batch, ...]
    manifests: tuple[Manifest, ...]
    already: tuple[Restored, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Of the batches that have rows in the range: no more than so many are restored."""
        return sum(batch.rows or 0 for batch in self.batches)


def plan(session: Session, policy: Policy, asked: Asked) -> Plan | ShelfPlan:
    """Raises NothingToDo where the archive has no such rows, UsageError, FileError, Obstructed."""
    return _plan(session, policy, asked) if policy.destination.is_files else shelf_restore.plan(session, policy, asked)


def _plan(session: Session, policy: Policy, asked: Asked) -> Plan:
    batches = tuple(batch for batch in ledger.cold(ledger.batches(session, policy.name)) if batch.in_files)
    if not batches:
        raise NothingToDo(f"archive policy {policy.name} has no archived rows")
    place = store(policy.destination, policy.endpoint, policy.region)
    newest = read_manifest(place, batches[-1].manifest or "")
    kind = Kind(newest.key)
    control = next(Column(one.name, one.type) for one in newest.columns if one.name == newest.control)
    lower, upper = (position(session, control, kind, text) for text in (asked.lower, asked.upper))
    if lower is not None and upper is not None and lower >= upper:
        raise UsageError("--from is not before --to")
    chosen = tuple(batch for batch in batches if _overlaps(batch, lower, upper))
    if not chosen:
        raise NothingToDo(f"archive policy {policy.name} has no rows in this range")
    manifests = tuple(read_manifest(place, batch.manifest or "") for batch in chosen)
    last = tuple(Column(one.name, one.type) for one in manifests[-1].columns)
    table, columns, create = target(session, policy, asked.into, last)
    archived = [column.name for column in manifests[-1].columns]
    have = {column.name for column in columns}
    return Plan(
        policy=policy,
        kind=kind,
        lower=lower,
        upper=upper,
        target=table,
        is_own=asked.into is None,
        create=create,
        columns=columns,
        batches=chosen,
        manifests=manifests,
        already=tuple(one for one in ledger.restored(session) if one.policy == policy.name),
        lost=tuple(name for name in archived if name not in have),
        gained=tuple(column.name for column in columns if column.name not in archived),
    )


def statements(plan: Plan | ShelfPlan) -> tuple[str, ...]:
    """What a restore runs, for --dry-run."""
    if isinstance(plan, ShelfPlan):
        return shelf_restore.statements(plan)
    found = [plan.create] if plan.create else []
    for batch, manifest in zip(plan.batches, plan.manifests, strict=True):
        found += [_insert(plan, batch, manifest) for _ in manifest.files]
    return (*found, *([_told(plan, 0)] if plan.is_own else []))


OnFile = Callable[[int, int, str], None]


def restore(
    session: Session,
    policy: Policy,
    asked: Asked,
    on_file: OnFile | None = None,
    on_note: OnNote | None = None,
) -> RestoredRows:
    """Raises AlreadyRunning, ArchiveDamaged, ServerError, and what `plan` raises: then nothing is changed."""
    with exclusive(session, key_of("archive", policy.name), f"archives by the policy {policy.name} in"):
        todo = plan(session, policy, asked)
        if isinstance(todo, ShelfPlan):
            return shelf_restore.restore(session, todo)
        place = store(policy.destination, policy.endpoint, policy.region)
        with arrow_session(session, {**READING, "search_path": "pg_catalog, pg_temp"}) as arrow:
            rows = _Restore(arrow, place, todo, on_file).run()
        follow(session, policy, on_note)
    files = [file for manifest in todo.manifests for file in manifest.files]
    return RestoredRows(
        policy.name,
        str(todo.target),
        None if todo.lower is None else literal(todo.kind, todo.lower),
        None if todo.upper is None else literal(todo.kind, todo.upper),
        rows,
        len(files),
        sum(file.bytes for file in files),
        todo.lost,
        todo.gained,
    )


class _Restore:
    """One transaction of the Arrow session."""

    def __init__(self, arrow: ArrowSession, place: Store, todo: Plan, on_file: OnFile | None) -> None:
        self._arrow, self._place, self._plan, self._on_file = arrow, place, todo, on_file

    def run(self) -> int:
        self._arrow.execute("BEGIN")
        try:
            rows = self._all()
            self._arrow.execute("COMMIT")
        except BaseException:
            self._arrow.abandon()
            raise
        return rows

    def _all(self) -> int:
        todo, rows = self._plan, 0
        if todo.create:
            self._arrow.execute(todo.create)
        pairs = [
            (batch, manifest, file)
            for batch, manifest in zip(todo.batches, todo.manifests, strict=True)
            for file in manifest.files
        ]
        for number, (batch, manifest, file) in enumerate(pairs):
            if self._on_file is not None:
                self._on_file(number, len(pairs), file.path)
            rows += self._file(batch, manifest, file)
        if todo.is_own:
            self._arrow.execute(_told(todo, rows))
        return rows

    def _file(self, batch: Batch, manifest: Manifest, file: ArchivedFile) -> int:
        check(self._place, file, manifest.types)
        with self._place.reading(file.path) as stream:
            self._stage(manifest, file, stream)
        given = self._summed(_insert_sum(self._plan, batch, manifest))
        try:
            taken = self._summed(_insert(self._plan, batch, manifest))
        except QueryFailed as error:
            raise refused(error, self._plan.target) from None
        if given != taken:
            raise altered(self._plan.target)
        self._arrow.execute(f"DROP TABLE pg_temp.{_STAGING}")
        return int(given[0])

    def _stage(self, manifest: Manifest, file: ArchivedFile, stream: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        parquet = pq.ParquetFile(pa.PythonFile(stream, mode="r"), pre_buffer=False)
        plain = pa.schema([(field.name, _ingestible(field.type)) for field in parquet.schema_arrow])
        batches = (_as(batch, plain) for batch in parquet.iter_batches())
        self._arrow.ingest(_STAGING, pa.RecordBatchReader.from_batches(plain, batches))
        sums = Checksums()
        for batch in self._arrow.batches(f"SELECT * FROM pg_temp.{_STAGING}"):  # noqa: S608 - a name of ours
            sums.add(_as(batch, parquet.schema_arrow))
        if sums.digests() != {name: file.checksums[name] for name in manifest.types}:
            raise ArchiveDamaged(f"{self._place.uri(file.path)} did not reach the server as it is")

    def _summed(self, query: str) -> tuple[str, str]:
        row = self._arrow.row(query)
        return row["rows"], row["sum"]


def _insert(plan: Plan, batch: Batch, manifest: Manifest) -> str:
    pairs = _pairs(plan, manifest)
    return render(
        "archive/restore_insert.sql",
        table=str(plan.target),
        names=", ".join(quoted(column.name) for column, _ in pairs),
        values=_values(pairs, manifest),
        staging=f"pg_temp.{_STAGING}",
        condition=_condition(plan, batch, manifest),
    )


def _insert_sum(plan: Plan, batch: Batch, manifest: Manifest) -> str:
    return render(
        "archive/restore_sum.sql",
        values=_values(_pairs(plan, manifest), manifest),
        staging=f"pg_temp.{_STAGING}",
        condition=_condition(plan, batch, manifest),
    )


def _pairs(plan: Plan, manifest: Manifest) -> list[tuple[Column, ArchivedColumn]]:
    """The columns that both have, but those that the table computes itself."""
    archived = {column.name: column for column in manifest.columns}
    return [(one, archived[one.name]) for one in plan.columns if one.name in archived and not one.generated]


def _values(pairs: Sequence[tuple[Column, ArchivedColumn]], manifest: Manifest) -> str:
    return ", ".join(f"{_value(one, manifest, column.type)} AS {quoted(column.name)}" for column, one in pairs)


def _value(archived: ArchivedColumn, manifest: Manifest, type_name: str) -> str:
    column = Column(archived.name, type_name)
    has_exact = manifest.exact is not None and not archived.is_text
    field = Field(column, archived.field, archived.arrow, archived.is_text, fits="true" if has_exact else None)
    return restored(field, manifest.exact)


def _condition(plan: Plan, batch: Batch, manifest: Manifest) -> str:
    """The range, without what was put back before."""
    control = next(column for column in manifest.columns if column.name == manifest.control)
    value = _value(control, manifest, control.type)
    parts = _within(value, plan.kind, plan.lower, plan.upper) or ["true"]
    for one in plan.already:
        if batch.id <= one.batch:
            parts.append(f"({' AND '.join(_within(value, plan.kind, one.lower, one.upper)) or 'true'}) IS NOT TRUE")
    return " AND ".join(parts)


def _within(value: str, kind: Kind, lower: int | None, upper: int | None) -> list[str]:
    found = []
    if lower is not None:
        found.append(f"{value} >= {identifiers.literal(literal(kind, lower))}")
    if upper is not None:
        found.append(f"{value} < {identifiers.literal(literal(kind, upper))}")
    return found


def _told(plan: Plan, rows: int) -> str:
    return render(
        "archive/restore_ledger.sql",
        policy=plan.policy.name,
        lower=plan.lower,
        upper=plan.upper,
        batch=plan.batches[-1].id,
        rows=rows,
    )


def _overlaps(batch: Batch, lower: int | None, upper: int | None) -> bool:
    is_after = upper is not None and batch.lower is not None and batch.lower >= upper
    is_before = lower is not None and batch.upper is not None and batch.upper < lower
    return not is_after and not is_before


def _ingestible(kind: pa.DataType) -> pa.DataType:
    """Decimals travel as texts: the driver's own way into numeric is not exact."""
    import pyarrow as pa

    return pa.string() if pa.types.is_decimal(kind) else kind


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
