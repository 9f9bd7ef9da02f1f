"""Checksums of the columns of Arrow data: the same for the same values in the same order, however they are cut into
batches and laid out in memory.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Checksums:
    """SHA-256 of each column: of which values are there, of their lengths where these differ, and of their bytes."""

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
        self._parts = tuple(hashlib.sha256() for _ in range(3))

    def add(self, values: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        there, lengths, content = self._parts
        there.update(_bytes(pc.is_valid(values).cast(pa.uint8())))
        if values.null_count:
            values = values.fill_null(_nothing(values.type))
        if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
            lengths.update(_bytes(pc.binary_length(values)))
            content.update(_text(values))
        elif pa.types.is_boolean(values.type):
            content.update(_bytes(values.cast(pa.uint8())))
        else:
            content.update(_bytes(values))

    def digest(self) -> str:
        return hashlib.sha256(b"".join(part.digest() for part in self._parts)).hexdigest()


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
