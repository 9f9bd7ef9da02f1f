"""An Iceberg table of each policy's archived rows, for engines that read such tables; its catalogue is `iceberg.db`, an
SQLite file in the destination, its metadata stand in the policy's folder.

The ledger leads: a batch with `published` false is one that the table does not show as the ledger has it. Its files are
compared with those that the table has, and what is missing or too much changes in one commit; then it is published. So
a run that is killed in between adds nothing twice. A file whose rows were all put back into their PostgreSQL table
leaves the Iceberg table; of one with some such rows a copy without them comes in its place. The ledger knows the copy
as a file of the batch: it expires with it, as no file would that the library writes by itself.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbopt.archive import folders, ledger
from dbopt.archive.extra import imported
from dbopt.archive.files import GROUP_ROWS, arrow_schema
from dbopt.archive.iceberg_types import Columns, united
from dbopt.archive.ledger import Batch, Restored
from dbopt.archive.manifest import ArchivedFile, Manifest
from dbopt.archive.policy import Policy
from dbopt.archive.query.cold import Range, is_within, meets, ranges
from dbopt.archive.store import Folder
from dbopt.archive.work import ICEBERG, Step, read_manifest
from dbopt.errors import DboptError, Interrupted
from dbopt.partition.key import Infinity, Kind, position_of_row
from dbopt.postgres.clock import now_us
from dbopt.postgres.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

CATALOG = "iceberg.db"
NAMESPACE = "dbopt"

_POLICY = "dbopt.policy"
_PROPERTIES = {
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
}
_SETTLED = (ledger.DONE, ledger.EXPIRING, ledger.EXPIRED)
_LEFT_SECONDS = 86_400  # metadata that nothing refers to may be of a commit under way
_SECOND_US = 10**6

OnNote = Callable[[str], None]


@dataclass(frozen=True)
class _Wanted:
    """What the table is to have of a batch: files by their paths below the destination, and their columns."""

    batch: Batch
    paths: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()


def follow(session: Session, policy: Policy, on_note: OnNote | None = None, step: Step = lambda _: None) -> bool:
    """Make the table what the ledger says; whether that worked. Its rows are safe without it, so whatever is wrong is a
    note, and the next time does it. Raises Interrupted, and what a lost connection raises.
    """
    try:
        notes = _follow(session, policy, step)
    except Exception as error:  # the library raises its own, SQLAlchemy's, pyarrow's
        if isinstance(error, Interrupted) or not session.is_open:
            raise
        said = error.message if isinstance(error, DboptError) else f"{type(error).__name__}: {error}"
        notes = (f"the Iceberg table is left as it was: {said}",)
    for note in notes:
        if on_note is not None:
            on_note(f"{policy.name}: {note}")
    return not notes


def identifier(policy: Policy) -> tuple[str, str]:
    """The table's name. A dot in it would need quotes everywhere."""
    return NAMESPACE, policy.name.replace(".", "_")


@contextmanager
def catalog(root: Path) -> Iterator[Any]:
    """The catalogue of a destination, made where it is not there yet. Raises FeatureMissing."""
    sql, address = imported("pyiceberg.catalog.sql"), imported("sqlalchemy.engine").URL
    uri = address.create("sqlite", database=str(root / CATALOG)).render_as_string()
    opened = sql.SqlCatalog(NAMESPACE, uri=uri, warehouse=_uri(root))
    try:
        yield opened
    finally:
        opened.close()


def _follow(session: Session, policy: Policy, step: Step) -> tuple[str, ...]:
    """What the table cannot show."""
    root = Path(policy.destination.address)
    if not policy.has_iceberg:
        return ()
    batches = [one for one in ledger.batches(session, policy.name) if one.state in _SETTLED and one.way != "schema"]
    if all(one.published for one in batches) and (root / CATALOG).exists():
        return ()
    if not ledger.cold(batches) and not (root / CATALOG).exists():
        return ()
    imported("pyiceberg")
    with catalog(root) as opened:
        table = _table(opened, policy)
        pending = [one for one in batches if not one.published or table is None]
        wanted = [_wanted(session, policy, one) for one in pending]
        shown, notes = _compatible(table, wanted)
        if table is None and any(one.paths for one in shown):
            table = _create(opened, root, policy, next(one.types for one in shown if one.paths))
        if table is not None:
            _commit(table, root, shown)
            _tidy(table, root / policy.name / "metadata", now_us(session) - policy.grace.approximate_us)
    step(ICEBERG)
    ledger.publish(session, [one.batch.id for one in shown])
    return notes


# -- what is to be there -----------------------------------------------------------------------------------------------


def _wanted(session: Session, policy: Policy, batch: Batch) -> _Wanted:
    if batch.state != ledger.DONE or batch.destination != str(policy.destination) or batch.manifest is None:
        return _Wanted(batch)
    place = Folder(Path(policy.destination.address))
    manifest = read_manifest(place, batch.manifest)
    again = ledger.restored(session)
    paths = [_shown(session, place, batch, manifest, number, again) for number in range(len(manifest.files))]
    return _Wanted(batch, tuple(path for path in paths if path is not None), tuple(manifest.types.items()))


def _shown(
    session: Session, place: Folder, batch: Batch, manifest: Manifest, number: int, again: Iterable[Restored]
) -> str | None:
    """The file, or what stands for it: None where none of its rows counts any more."""
    file = manifest.files[number]
    found = [one for one in ranges(again, batch) if meets(file, one)]
    if not found:
        return file.path
    if any(is_within(file, one) for one in found):
        return None
    path = f"{manifest.policy}/iceberg/{batch.id:08d}-{number}-{len(found)}.parquet"
    if path in batch.paths and place.exists(path):
        return path
    left = _left(place, manifest, file, found)
    if left.num_rows in (0, file.rows):
        return file.path if left.num_rows else None
    ledger.also_writes(session, batch.id, path)
    _write(place, path, left)
    return path


def _left(place: Folder, manifest: Manifest, file: ArchivedFile, found: Sequence[Range]) -> pa.Table:
    """The rows of a file that were not put back."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with place.reading(file.path) as stream:
        parquet = pq.ParquetFile(pa.PythonFile(stream, mode="r"), page_checksum_verification=True)
        batches = [
            batch.filter(pa.array(_counts(batch, manifest, found)))
            for batch in parquet.iter_batches(batch_size=GROUP_ROWS, use_threads=False)
        ]
        return pa.Table.from_batches(batches, parquet.schema_arrow)


def _write(place: Folder, path: str, rows: pa.Table) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with place.writing(path) as stream:
        sink = pa.PythonFile(stream, mode="w")
        pq.write_table(
            rows, sink, compression="zstd", row_group_size=GROUP_ROWS, write_page_checksum=True, write_page_index=True
        )


def _counts(batch: pa.RecordBatch, manifest: Manifest, found: Sequence[Range]) -> list[bool]:
    """Of each row, whether it is outside of all ranges."""
    kind = Kind(manifest.key)
    field = next(column.field for column in manifest.columns if column.name == manifest.control)
    places: list[int | Infinity | None] = list(folders.positions(kind, batch.column(field)))
    exact = batch.column(manifest.exact).to_pylist() if manifest.exact else []
    for row, text in enumerate(exact):
        value = json.loads(text).get(field) if text is not None else None
        if value is not None:
            places[row] = _beyond(kind, value)
    return [not any(_is_in(place, one) for one in found) for place in places]


def _beyond(kind: Kind, text: str) -> int | Infinity:
    """Where a value stands that has no place in its column: the years before 1 are before every bound, those after 9999
    behind.
    """
    found = position_of_row(kind, text)
    return Infinity(-1 if text.startswith("-") or text.endswith("BC") else 1) if found is None else found


def _is_in(place: int | Infinity | None, one: Range) -> bool:
    lower, upper = one
    if lower is None and upper is None:
        return True
    if place is None:
        return False
    if isinstance(place, Infinity):
        return (lower if place.sign < 0 else upper) is None
    return (lower is None or place >= lower) and (upper is None or place < upper)


# -- the table ---------------------------------------------------------------------------------------------------------


def _compatible(table: Any, wanted: Sequence[_Wanted]) -> tuple[list[_Wanted], tuple[str, ...]]:
    """Those whose columns one table can have, and of the others why not."""
    columns: Columns = {} if table is None else {one.name: str(one.field_type) for one in table.schema().fields}
    shown, notes = [], []
    for one in wanted:
        more, problem = united(columns, dict(one.types)) if one.paths else (columns, None)
        columns = more
        if problem is None:
            shown.append(one)
        else:
            notes.append(f"batch {one.batch.id} is not in the Iceberg table: {problem}")
    return shown, tuple(notes)


def _table(opened: Any, policy: Policy) -> Any:
    """None where it is not there yet. Raises DboptError where it is another policy's."""
    name = identifier(policy)
    if not opened.table_exists(name):
        return None
    table = opened.load_table(name)
    if (owner := table.properties.get(_POLICY)) != policy.name:
        raise DboptError(f"{'.'.join(name)} is the table of the policy {owner}")
    return table


def _create(opened: Any, root: Path, policy: Policy, types: Iterable[tuple[str, str]]) -> Any:
    opened.create_namespace_if_not_exists(NAMESPACE)
    return opened.create_table(
        identifier(policy),
        schema=arrow_schema(dict(types)),
        location=_uri(root / policy.name),
        properties={**_PROPERTIES, _POLICY: policy.name},
    )


def _commit(table: Any, root: Path, shown: Sequence[_Wanted]) -> None:
    """All in one commit: a reader sees the table as it was, or as it is to be."""
    ours = {_uri(root / path) for one in shown for path in (*one.paths, *one.batch.paths)}
    have = {task.file.file_path: task.file for task in table.scan().plan_files() if task.file.file_path in ours}
    want = {_uri(root / path) for one in shown for path in one.paths}
    gone, new = [file for path, file in have.items() if path not in want], sorted(want - have.keys())
    if not gone and not new:
        return
    started = time.time()
    with table.transaction() as change:
        for types in dict.fromkeys(one.types for one in shown if one.paths):
            with change.update_schema() as update:
                update.union_by_name(arrow_schema(dict(types)))
        if gone:
            with change.update_snapshot().overwrite() as overwrite:
                for file in gone:
                    overwrite.delete_data_file(file)
        if new:
            change.add_files(new, check_duplicate_files=False)
    _flush(Path(_path(table.metadata_location)).parent, started)


def _flush(folder: Path, since: float) -> None:
    """Make sure that new metadata are still there after a crash: the ledger is about to rely on them."""
    found = [path for path in folder.iterdir() if path.stat().st_mtime >= since - 1]
    for path in (*found, folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(table: Any, folder: Path, before_us: int) -> None:
    """Forget the states of the table from before that time, with the metadata that only they need: these tell the least
    and greatest values of files that are gone.
    """
    current = table.current_snapshot()
    old = [
        one
        for one in table.snapshots()
        if one.timestamp_ms * 1000 < before_us and current is not None and one.snapshot_id != current.snapshot_id
    ]
    if not old:
        return
    moment = datetime.fromtimestamp(before_us / _SECOND_US, UTC).replace(tzinfo=None)
    table.maintenance.expire_snapshots().older_than(moment).commit()
    needed = {_path(one.manifest_list) for one in table.snapshots()}
    needed |= {_path(manifest.manifest_path) for one in table.snapshots() for manifest in one.manifests(table.io)}
    for path in folder.glob("*.avro"):
        if str(path) not in needed and path.stat().st_mtime < time.time() - _LEFT_SECONDS:
            with suppress(OSError):
                path.unlink()


def _uri(path: Path) -> str:
    """As the library reads it: not percent-encoded."""
    return f"file://{path}"


def _path(uri: str) -> str:
    return uri.removeprefix("file://")
