"""The files of a log: found, put in order, decompressed, read in large pieces."""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Protocol, cast

from dbopt.errors import FileError, FileMissing

CHUNK = 1 << 22
SAMPLE = 1 << 18
_PIECE = 1 << 16
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_NAMES = re.compile(r".*\.(?:log|csv|json|txt)(?:[.-]?\d+)?(?:\.(?:gz|zst))?|postgresql?[-.].*", re.IGNORECASE)
# the same log in another format stands beside it
_FORMATS = (".json", ".csv", ".log")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?|(?<![\d.])1\d{9}\.\d{3}(?!\d)")


class _Reads(Protocol):
    """What the three kinds of files have in common."""

    def read1(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass
class Source:
    """One file, or standard input as `-`. `size` is in bytes as stored, None where it is not known; `read_bytes` how
    far the reading of that is. `trouble` says why a file ended early.
    """

    path: str
    size: int | None = None
    read_bytes: int = 0
    trouble: str | None = None
    first: bytes = field(default=b"", repr=False)
    _file: _Reads | None = field(default=None, repr=False)
    _raw: BufferedReader | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return "standard input" if self.path == "-" else self.path

    def sample(self) -> bytes:
        """The first bytes, decompressed. A file is closed again, of standard input they are kept. Raises FileError."""
        if self._file is None:
            self._open()
        if not self.first:
            self.first = self._read(SAMPLE)
        if self.path != "-":
            first, self.first = self.first, b""
            self.close()
            return first
        return self.first

    def chunks(self) -> Iterator[bytes]:
        """All bytes, decompressed, in pieces. What a damaged file still gives is given, and `trouble` says the rest.
        Raises FileError.
        """
        if self._file is None:
            self._open()
        try:
            first, self.first = self.first, b""
            if first:
                yield first
            while self._file is not None and (data := self._read(CHUNK)):
                yield data
        finally:
            self.close()

    def close(self) -> None:
        for file in (self._file, self._raw):
            if file is not None and self.path != "-":
                file.close()
        self._file = self._raw = None

    def _open(self) -> None:
        try:
            opened = sys.stdin.buffer if self.path == "-" else Path(self.path).open("rb")  # noqa: SIM115 - see close()
            self._raw = cast(BufferedReader, opened)
            self._file = _decompressed(self._raw, self._raw.peek(4)[:4])
        except FileNotFoundError:
            raise FileMissing(f"there is no file {self.path}") from None
        except OSError as error:
            raise FileError(f"cannot read {self.name}: {error.strerror}") from None

    def _read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end: a pipe gives them as they come."""
        parts: list[bytes] = []
        left = size
        try:
            # read1 gives what there is: of a damaged file, all up to the damage
            while left > 0 and self._file is not None and (data := self._file.read1(min(left, _PIECE))):
                parts.append(data)
                left -= len(data)
        except (EOFError, OSError, *_damaged()) as error:  # type: ignore[misc] # mypy cannot see through the star
            self.trouble = f"{self.name} is damaged: {error}"
            self.close()
        self._progress()
        return b"".join(parts)

    def _progress(self) -> None:
        if self._raw is not None and self.path != "-":
            self.read_bytes = self._raw.tell()


def _decompressed(raw: BufferedReader, start: bytes) -> _Reads:
    """By the first bytes, whatever the name says."""
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=raw)
    if start == _ZSTD:
        import zstandard  # seldom needed

        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False)
    return raw


def _damaged() -> tuple[type[Exception], ...]:
    """What decompressing raises; the error of zstandard once it is in use."""
    if "zstandard" not in sys.modules:
        return (zlib.error,)
    import zstandard

    return zlib.error, zstandard.ZstdError


def found(paths: Iterable[str]) -> list[Source]:
    """The sources that these paths name: files, `-`, and the logs in directories. Where a directory holds a log in
    several formats, one of them is taken. Raises FileError.
    """
    sources: list[Source] = []
    for path in paths:
        place = Path(path)
        if path == "-":
            sources.append(Source("-"))
        elif place.is_dir():
            sources += [_source(str(file)) for file in in_directory(place)]
        elif place.exists():
            sources.append(_source(path))
        else:
            raise FileMissing(f"there is no file or directory {path}")
    return list({source.path: source for source in sources}.values())


def _source(path: str) -> Source:
    place = Path(path)
    return Source(path, place.stat().st_size if place.is_file() else None)


def in_directory(folder: Path) -> list[Path]:
    """The logs of a directory. Raises FileError where there are none."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and _NAMES.fullmatch(file.name))
    if not files:
        raise FileError(f"there is no log in {folder}", hint="name the files, whatever they are called")
    stems = {(stem(file), _format(file)) for file in files}
    return [file for file in files if not any((stem(file), better) in stems for better in _better(_format(file)))]


def stem(file: Path) -> str:
    """The path without what names a format: alike for one log in several formats."""
    return str(file.with_name(re.sub(r"\.(?:log|csv|json)\b", "", file.name, count=1)))


def _format(file: Path) -> str:
    match = re.search(r"\.(?:log|csv|json)\b", file.name)
    return match[0] if match else ""


def _better(name: str) -> tuple[str, ...]:
    return _FORMATS[: _FORMATS.index(name)] if name in _FORMATS else ()


def in_order(sources: Iterable[Source]) -> list[Source]:
    """By the first time in each; those without one stay behind the one before them. Raises FileError."""
    placed: list[tuple[bytes, int, Source]] = []
    time = b""
    for number, source in enumerate(sources):
        match = _TIME.search(source.sample()) if source.path != "-" else None
        time = match[0].replace(b"T", b" ") if match else time
        placed.append((time, number, source))
    return [source for _, _, source in sorted(placed, key=lambda place: place[:2])]
