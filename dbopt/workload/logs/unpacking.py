"""Compressed files as what is in them, told by their first bytes."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Generator
from io import BufferedReader, RawIOBase
from typing import BinaryIO, Protocol, cast

GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"  # behind 0x50 to 0x5f: a frame of Zstandard without content, with which pzstd begins
MAGIC_BYTES = 4


class Reads(Protocol):
    """What the three kinds of files have in common."""

    def read1(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def is_compressed(start: bytes) -> bool:
    return start.startswith(GZIP) or is_zstd(start)


def is_zstd(start: bytes) -> bool:
    return start.startswith(_ZSTD) or _is_skippable(start)


def _is_skippable(start: bytes) -> bool:
    return start[1:MAGIC_BYTES] == _SKIPPABLE and 0x50 <= start[0] <= 0x5F


def unpacked(raw: BufferedReader) -> Reads:
    """By the first bytes, whatever the name says."""
    start = raw.peek(MAGIC_BYTES)
    if 0 < len(start) < MAGIC_BYTES:  # a pipe whose writer is slow, or a very short file
        start = raw.read(MAGIC_BYTES)
        raw = BufferedReader(_Rejoined(start, raw))
    if start.startswith(GZIP):
        return gzip.GzipFile(fileobj=raw)
    return Zstandard(raw) if is_zstd(start) else raw


def damages() -> tuple[type[Exception], ...]:
    """What reading a damaged file raises; the error of zstandard once it is in use."""
    if "zstandard" not in sys.modules:
        return EOFError, OSError, zlib.error
    import zstandard

    return EOFError, OSError, zlib.error, zstandard.ZstdError


class _Rejoined(RawIOBase):
    """The bytes that were looked at, and the rest."""

    def __init__(self, first: bytes, rest: BufferedReader) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override] # any writable buffer is one
        data = self._first or self._rest.read1(len(buffer))
        given, self._first = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


class Zstandard:
    """What is in a file of Zstandard's. The library takes a file that was cut for one that ends there: this one raises
    EOFError.
    """

    def __init__(self, raw: BufferedReader) -> None:
        import zstandard  # seldom needed

        self._frames = _Frames(raw)
        source = cast(BinaryIO, self._frames)  # of which it only calls read
        self._reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True, closefd=False)

    def read1(self, size: int, /) -> bytes:
        data: bytes = self._reader.read1(size)
        if not data and not self._frames.are_whole:
            raise EOFError("the file ends before the end of its last frame")
        return data

    def close(self) -> None:
        self._reader.close()  # type: ignore[no-untyped-call]


class _Frames:
    """Passes on what is read, and knows whether that ends with a whole frame."""

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw
        self._is_between = True  # two frames
        self._got = 0  # bytes of those that are asked for
        self._seen = b""
        self._structure = self._walk()
        self._wanted = next(self._structure)

    @property
    def are_whole(self) -> bool:
        return self._is_between and self._got == 0

    def read(self, size: int, /) -> bytes:
        data = self._raw.read(size)
        position = 0
        while True:
            step = min(abs(self._wanted) - self._got, len(data) - position)
            if self._wanted > 0:
                self._seen += data[position : position + step]
            position += step
            self._got += step
            if self._got < abs(self._wanted):
                return data
            seen, self._seen, self._got = self._seen, b"", 0
            self._wanted = self._structure.send(seen)

    def _walk(self) -> Generator[int, bytes, None]:
        """Asks for the bytes of headers, with a negative number for so many that it need not see (RFC 8878, 3.1)."""
        while True:
            self._is_between = True
            magic = yield MAGIC_BYTES
            self._is_between = False
            if _is_skippable(magic):
                yield -int.from_bytes((yield 4), "little")
                continue
            [descriptor] = yield 1
            is_single = descriptor >> 5 & 1  # a segment: no size of a window, but that of the content
            yield -((1 - is_single) + (0, 1, 2, 4)[descriptor & 3] + (is_single, 2, 4, 8)[descriptor >> 6])
            is_last = 0
            while not is_last:
                block = int.from_bytes((yield 3), "little")
                is_last, is_one_byte = block & 1, block >> 1 & 3 == 1
                yield -1 if is_one_byte else -(block >> 3)
            yield -4 if descriptor & 4 else 0  # the checksum
