"""Parquet files of a batch: written, and read again from where they are kept to see that they are right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from dbopt.archive import folders
from dbopt.archive.checksum import Checksums
from dbopt.archive.columns import Shape
from dbopt.archive.manifest import ArchivedFile
from dbopt.archive.store import Store
from dbopt.errors import ArchiveDamaged
from dbopt.partition.key import Kind

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 65_536
"""Rows of a row group: what is in memory at once for each file that is being written."""
_READ_ROWS = 8192
_REPEATED = 4  # times, on average, that a value must come


@dataclass(frozen=True)
class Filing:
    """How rows become files. `name` is what the files of a batch are called, with a number behind; `announce` is told
    a path before its file is begun.
    """

    store: Store
    shape: Shape
    control: str
    kind: Kind
    folder: str
    name: str
    file_rows: int
    announce: Callable[[str], None]


def write(filing: Filing, batches: Iterable[pa.RecordBatch]) -> tuple[ArchivedFile, ...]:
    """Write rows as they come, each to a file of its folder. Raises FileError, and whatever reading them raises."""
    done: list[ArchivedFile] = []
    schema = arrow_schema(filing.shape.types)
    field = filing.shape.field(filing.control).name
    with ExitStack() as stack:
        open_files: dict[str, _File] = {}
        for batch in batches:
            for folder, rows in folders.split(typed(batch, schema), field, filing.kind):
                if folder not in open_files:
                    open_files[folder] = _File(filing, folder, len(done) + len(open_files), schema, stack)
                open_files[folder].add(rows)
                if open_files[folder].rows >= filing.file_rows:
                    done.append(open_files.pop(folder).end())
        done.extend(file.end() for file in open_files.values())
    return tuple(done)


def check(store: Store, file: ArchivedFile, types: Mapping[str, str]) -> None:
    """Read a file again: its bytes, its rows, its types and the checksum of each column. Raises ArchiveDamaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = store.uri(file.path)
    with store.reading(file.path) as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
        if content != file.sha256:
            raise ArchiveDamaged(f"{where} has other bytes than were written")
        stream.seek(0)
        try:
            parquet = pq.ParquetFile(pa.PythonFile(stream, mode="r"), page_checksum_verification=True, pre_buffer=False)
            _compare(parquet, file, arrow_schema(types), where)
        except (pa.ArrowException, OSError) as error:
            raise ArchiveDamaged(f"{where} cannot be read: {error}") from None


def arrow_schema(types: Mapping[str, str]) -> pa.Schema:
    """Of the names of Arrow types by field."""
    import pyarrow as pa

    return pa.schema([pa.field(name, arrow_type(kind)) for name, kind in types.items()])


def _compare(parquet: Any, file: ArchivedFile, schema: pa.Schema, where: str) -> None:
    found = parquet.schema_arrow
    if found.names != schema.names or found.types != schema.types:
        raise ArchiveDamaged(f"{where} has other columns than were written")
    if parquet.metadata.num_rows != file.rows:
        raise ArchiveDamaged(f"{where} has {parquet.metadata.num_rows} rows, not {file.rows}")
    sums = Checksums()
    for batch in parquet.iter_batches(batch_size=_READ_ROWS, use_threads=False):
        sums.add(batch)
    for name, digest in sums.digests().items():
        if file.checksums.get(name) != digest:
            raise ArchiveDamaged(f"{where}: column {name} has other values than were written")


class _File:
    """A file that is being written."""

    def __init__(self, filing: Filing, folder: str, number: int, schema: pa.Schema, stack: ExitStack) -> None:
        self.path = f"{filing.folder}/data/{folder}/{filing.name}-{number}.parquet"
        self.rows = 0
        self._filing, self._schema = filing, schema
        self._field = filing.shape.field(filing.control).name
        self._sums = Checksums()
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._spans: list[tuple[int | None, int | None]] = []
        filing.announce(self.path)
        self._stack = stack.enter_context(ExitStack())
        self._sink = _Counted(self._stack.enter_context(filing.store.writing(self.path)))
        self._writer: Any = None

    def add(self, batch: pa.RecordBatch) -> None:
        self._sums.add(batch)
        self._spans.append(folders.span(batch.column(self._field), self._filing.kind))
        self._waiting.append(batch)
        self._waiting_rows += len(batch)
        self.rows += len(batch)
        if self._waiting_rows >= GROUP_ROWS:
            self._flush()

    def end(self) -> ArchivedFile:
        """When it is there for good."""
        self._flush()
        self._writing([]).close()
        self._stack.close()
        lower, upper = _joined(self._spans)
        return ArchivedFile(
            self.path, self.rows, self._sink.bytes, self._sink.sha256, lower, upper, self._sums.digests()
        )

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            table = pa.Table.from_batches(self._waiting, self._schema)
            self._writing(self._waiting).write_table(table, row_group_size=GROUP_ROWS)
        self._waiting, self._waiting_rows = [], 0

    def _writing(self, first: Sequence[pa.RecordBatch]) -> Any:
        """The writer, made for what the first rows are like."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(
                pa.PythonFile(self._sink, mode="w"),
                self._schema,
                compression="zstd",
                use_dictionary=_repeating(first),
                write_page_checksum=True,
                write_page_index=True,
            )
        return self._writer


class _Counted:
    """A binary file to write to, that knows what was written."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash, self.bytes = file, hashlib.sha256(), 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: Any) -> int:
        content = bytes(data)
        if self._file.closed:  # given up: what the writer says when it goes is for nobody
            return len(content)
        self._hash.update(content)
        self.bytes += len(content)
        self._file.write(content)
        return len(content)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """The store does that."""

    def tell(self) -> int:
        return self.bytes

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


def _repeating(batches: Sequence[pa.RecordBatch]) -> list[str]:
    """The columns whose values come again so often that a dictionary of them pays."""
    import pyarrow.compute as pc

    if not batches:
        return []
    batch = batches[0]
    return [
        name
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if pc.count_distinct(column).as_py() * _REPEATED < len(batch)
    ]


def typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The rows in the types of the file: the driver hands over numerics as texts."""
    import pyarrow as pa

    columns = [
        column if column.type == field.type else _storage(column).cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _storage(values: pa.Array) -> pa.Array:
    return getattr(values, "storage", values)


def arrow_type(name: str) -> pa.DataType:
    import pyarrow as pa

    if name.startswith("decimal128"):
        precision, scale = name.removeprefix("decimal128(").rstrip(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return {
        "date32[day]": pa.date32(),
        "time64[us]": pa.time64("us"),
        "timestamp[us]": pa.timestamp("us"),
        "timestamp[us, tz=UTC]": pa.timestamp("us", "UTC"),
    }.get(name) or pa.type_for_alias(name)


def _joined(spans: Iterable[tuple[int | None, int | None]]) -> tuple[int | None, int | None]:
    """What all spans lie in; None where one is not known, or there is none."""
    lower, upper = [], []
    for least, greatest in spans:
        if least is None or greatest is None:
            return None, None
        lower.append(least)
        upper.append(greatest)
    return min(lower, default=None), max(upper, default=None)


def joined(files: Iterable[ArchivedFile]) -> tuple[int | None, int | None]:
    """The positions that all files lie in."""
    return _joined((file.lower, file.upper) for file in files)
