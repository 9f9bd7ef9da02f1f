"""Checksums of the columns of Arrow data: the same for the same values in the same order, however they are cut into
batches and laid out in memory.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import pyarrow as pa


class Checksums:
    """CRC-32 of each column, three times: of which values are there, of their lengths where these differ, of their
    bytes. It finds what went wrong on the way into a file and out again; that the file's bytes stay what they are, its
    SHA-256 says.
    """

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self._columns.setdefault(name, _Column()).add(column)

    def digests(self) -> dict[str, str]:
        """By the names of the columns, in hex digits."""
        return {name: column.digest() for name, column in self._columns.items()}


class _Column:
    def __init__(self) -> None:
        self._there = self._lengths = self._content = 0

    def add(self, values: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._there = crc32(_bytes(pc.is_valid(values).cast(pa.uint8())), self._there)
        if values.null_count:
            values = values.fill_null(_nothing(values.type))
        if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
            self._lengths = crc32(_bytes(pc.binary_length(values)), self._lengths)
            self._content = crc32(_text(values), self._content)
        elif pa.types.is_boolean(values.type):
            self._content = crc32(_bytes(values.cast(pa.uint8())), self._content)
        else:
            self._content = crc32(_bytes(values), self._content)

    def digest(self) -> str:
        return f"{self._there:08x}{self._lengths:08x}{self._content:08x}"


def _bytes(values: pa.Array) -> memoryview:
    """The bytes of values of one length each."""
    width = values.type.bit_width // 8
    buffer = values.buffers()[1]
    if buffer is None:
        return memoryview(b"")
    return memoryview(buffer)[values.offset * width : (values.offset + len(values)) * width]


def _text(values: pa.Array) -> memoryview:
    """The bytes of texts, one after another."""
    _, offsets, content = values.buffers()
    if content is None or not len(values):
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(content)[ends[values.offset] : ends[values.offset + len(values)]]


def _nothing(kind: pa.DataType) -> pa.Scalar:
    """What stands where no value is."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.scalar("", kind)
    if pa.types.is_binary(kind):
        return pa.scalar(b"", kind)
    if pa.types.is_decimal(kind):
        return pa.scalar(Decimal(0), kind)
    return pa.scalar(False if pa.types.is_boolean(kind) else 0, kind)
