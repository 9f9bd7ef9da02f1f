"""The files that hold archived rows of a table, and which of their rows count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbopt import documents
from dbopt.archive import policy as policies
from dbopt.archive.checksum import Checksums
from dbopt.archive.ledger import Batch, Restored
from dbopt.archive.manifest import ArchivedColumn, ArchivedFile, Manifest
from dbopt.archive.policy import Policy
from dbopt.archive.query.positions import can_hold
from dbopt.archive.store import Bucket, Folder, Store, sha256_of, store
from dbopt.errors import ArchiveDamaged, FeatureMissing, FileMissing
from dbopt.partition.key import Kind

_READERS = 8  # of manifests at once
Bounds = tuple[tuple[str, str | None], ...]
Range = tuple[int | None, int | None]


@dataclass(frozen=True)
class Layout:
    """What files that can be read as one have in common. `exact` is None where no value needs it; rows at positions of
    the control column within `restored` do not count.
    """

    destination: str
    columns: tuple[ArchivedColumn, ...]
    exact: str | None
    control: str
    kind: Kind
    restored: tuple[Range, ...]


@dataclass(frozen=True)
class ColdFile:
    file: ArchivedFile
    batch: Batch
    store: Store


@dataclass(frozen=True)
class Cold:
    """The archive of a table: its batches that count, the oldest first, each with its manifest."""

    batches: tuple[tuple[Batch, Manifest, Store], ...]
    restored: tuple[Restored, ...]

    @property
    def newest(self) -> Manifest | None:
        return self.batches[-1][1] if self.batches else None

    @property
    def control(self) -> tuple[str, Kind] | None:
        """The control column, where it is always the same one."""
        found = {(manifest.control, manifest.key) for _, manifest, _ in self.batches}
        return next(((name, Kind(key)) for name, key in found), None) if len(found) == 1 else None

    def layouts(self, bounds: Bounds) -> dict[Layout, list[ColdFile]]:
        """The files that can hold rows within bounds of the control column."""
        found: dict[Layout, list[ColdFile]] = {}
        for batch, manifest, place in self.batches:
            kind = Kind(manifest.key)
            again = ranges(self.restored, batch)
            for file in manifest.files:
                if not can_hold(kind, file.lower, file.upper, bounds) or any(is_within(file, one) for one in again):
                    continue
                exact = manifest.exact if _has_exact(file, manifest) else None
                met = tuple(one for one in again if meets(file, one))
                layout = Layout(batch.destination, manifest.columns, exact, manifest.control, kind, met)
                found.setdefault(layout, []).append(ColdFile(file, batch, place))
        return found


def read(batches: Sequence[Batch], restored: Iterable[Restored], configured: Mapping[str, Policy]) -> Cold:
    """Read the manifests. Raises FileMissing, ArchiveDamaged, CorruptDocument, FeatureMissing."""
    stores: dict[tuple[str, str], Store] = {}
    for batch in batches:
        key = (batch.destination, batch.policy)
        if key not in stores:
            stores[key] = _store(batch, configured.get(batch.policy))
    places = [stores[batch.destination, batch.policy] for batch in batches]
    with ThreadPoolExecutor(_READERS) as pool:
        manifests = list(pool.map(_manifest, batches, places))
    return Cold(tuple(zip(batches, manifests, places, strict=True)), tuple(restored))


def check_sizes(files: Iterable[ColdFile]) -> None:
    """Of files in folders. Raises FileMissing, ArchiveDamaged."""
    for one in files:
        if isinstance(one.store, Folder):
            path = Path(one.store.uri(one.file.path))
            if not path.is_file():
                raise FileMissing(f"there is no file {path}, which the ledger of archived batches names")
            if path.stat().st_size != one.file.bytes:
                raise ArchiveDamaged(f"{path} has {path.stat().st_size:,} bytes, not {one.file.bytes:,}")


def check_contents(files: Iterable[ColdFile]) -> None:
    """Read each file whole. Raises FileMissing, ArchiveDamaged."""
    for one in files:
        if sha256_of(one.store, one.file.path) != one.file.sha256:
            raise ArchiveDamaged(f"{one.store.uri(one.file.path)} has other bytes than were written")


def dataset(files: Sequence[ColdFile], columns: Sequence[ArchivedColumn], exact: str | None) -> Any:
    """The files as one Arrow dataset with these of their columns; it sees to it that pages are what was written."""
    import pyarrow as pa
    from pyarrow import dataset as ds
    from pyarrow import fs

    from dbopt.archive.files import arrow_type

    fields = [pa.field(column.field, arrow_type(column.arrow)) for column in columns]
    schema = pa.schema([*fields, *([pa.field(exact, pa.string())] if exact else [])])
    place = files[0].store
    checked = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    return ds.dataset(
        [_path(one) for one in files],
        schema=schema,
        format=ds.ParquetFileFormat(default_fragment_scan_options=checked),
        filesystem=place.files if isinstance(place, Bucket) else fs.LocalFileSystem(),
    )


def _path(one: ColdFile) -> str:
    return one.store.uri(one.file.path).removeprefix("s3://")


def _store(batch: Batch, policy: Policy | None) -> Store:
    place = policies.destination(batch.destination)
    if not place.is_files:
        raise FeatureMissing(
            f"batch {batch.id} of {batch.table} was archived to {batch.destination}, which is no place of files",
            hint="query the table there",
        )
    return store(place, policy.endpoint if policy else "", policy.region if policy else "")


def _manifest(batch: Batch, place: Store) -> Manifest:
    path = batch.manifest or ""
    with place.reading(path) as file:
        content = file.read()
    if batch.checksum is not None and hashlib.sha256(content).hexdigest() != batch.checksum:
        raise ArchiveDamaged(f"{place.uri(path)} is not what was written")
    return documents.load(Manifest, content.decode("utf-8", "replace"), place.uri(path))


def ranges(restored: Iterable[Restored], batch: Batch) -> list[Range]:
    """Those that were put back into the table of a batch."""
    return [(one.lower, one.upper) for one in restored if one.policy == batch.policy and batch.id <= one.batch]


def meets(file: ArchivedFile, one: Range) -> bool:
    """Whether a file can have rows in it."""
    if file.lower is None or file.upper is None:
        return True
    return (one[0] is None or file.upper >= one[0]) and (one[1] is None or file.lower < one[1])


def is_within(file: ArchivedFile, one: Range) -> bool:
    """Whether all rows of a file are in it."""
    lower, upper = one
    is_after = lower is None or (file.lower is not None and file.lower >= lower)
    return is_after and (upper is None or (file.upper is not None and file.upper < upper))


def _has_exact(file: ArchivedFile, manifest: Manifest) -> bool:
    """Whether a row has a value that has no place in its column."""
    return manifest.exact is not None and file.checksums.get(manifest.exact) != _digest_of_nulls(file.rows)


_digests: dict[int, str] = {}


def _digest_of_nulls(rows: int) -> str:
    import pyarrow as pa

    if rows not in _digests:
        sums = Checksums()
        sums.add(pa.record_batch([pa.nulls(rows, pa.string())], names=["nulls"]))
        _digests[rows] = sums.digests()["nulls"]
    return _digests[rows]
