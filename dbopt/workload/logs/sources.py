"""The files of a log: found, put in order, unpacked, read in large pieces."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import cast

from dbopt.errors import FileError, FileMissing
from dbopt.workload.logs.unpacking import Reads, damages, unpacked

CHUNK = 1 << 22
SAMPLE = 1 << 18
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE = 1 << 16
_NAMES = re.compile(r".*\.(?:log|csv|json|txt)(?:[.-]?\d+)?(?:\.(?:gz|zst))?|postgresql?[-.].*", re.IGNORECASE)
# the same log in another format stands beside it
_FORMATS = (".json", ".csv", ".log")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?|(?<![\d.])1\d{9}\.\d{3}(?!\d)")


@dataclass
class Source:
    """One file, or standard input as `-`. A stream (a pipe, a terminal) can be read only once. `size` is in bytes as
    stored, None where it is not known; `read_bytes` how far the reading of that is. `trouble` says why a file ended
    early; `other_names` are further paths to the same file. `is_packed` is known once it was opened.
    """

    path: str
    size: int | None = None
    is_stream: bool = False
    read_bytes: int = 0
    trouble: str | None = None
    is_packed: bool = False
    other_names: list[str] = field(default_factory=list)
    first: bytes = field(default=b"", repr=False)
    _file: Reads | None = field(default=None, repr=False)
    _raw: BufferedReader | None = field(default=None, repr=False)
    _decoder: codecs.IncrementalDecoder | None = field(default=None, repr=False)
    _is_at_start: bool = field(default=True, repr=False)
    _was_opened: bool = field(default=False, repr=False)

    @property
    def name(self) -> str:
        return "standard input" if self.path == "-" else self.path

    def sample(self) -> bytes:
        """The first bytes, unpacked. A file is closed again, of a stream they are kept. Raises FileError."""
        self._open()
        if not self.first:
            self.first = self._read(SAMPLE)
        if not self.is_stream:
            first, self.first = self.first, b""
            self.close()
            return first
        return self.first

    def chunks(self) -> Iterator[bytes]:
        """All bytes, unpacked, in pieces. What a damaged file still gives is given, and `trouble` says the rest. Raises
        FileError.
        """
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
        if self._file is not None or (self.is_stream and self._was_opened):
            return
        self._decoder, self._is_at_start, self._was_opened = None, True, True
        if self.path == "-" and sys.stdin is None:
            raise FileError("standard input is closed")
        try:
            opened = sys.stdin.buffer if self.path == "-" else Path(self.path).open("rb")  # noqa: SIM115 - see close()
            self._raw = cast(BufferedReader, opened)
            self._file = unpacked(self._raw)
            self.is_packed = not isinstance(self._file, BufferedReader)
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
        except damages() as error:
            self.trouble = f"{self.name} is damaged: {error}"
            self.close()
        if self._raw is not None and not self.is_stream:
            self.read_bytes = self._raw.tell()
        return self._in_utf8(b"".join(parts), is_last=left > 0)

    def _in_utf8(self, data: bytes, *, is_last: bool) -> bytes:
        """The same text where it is in UTF-16, as some shells of Windows write it."""
        if self._is_at_start and data.startswith(UTF_16):
            self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._is_at_start = False
        return data if self._decoder is None else self._decoder.decode(data, is_last).encode("utf-8", "replace")


# -- which they are ---------------------------------------------------------------------------------------------------


def found(paths: Iterable[str]) -> list[Source]:
    """The sources that these paths name: files, pipes, `-`, and the logs in directories. Where a directory holds a log
    in several formats, one of them is taken; a file with several names is one source. Raises FileError.
    """
    sources: dict[object, Source] = {}
    for path in paths:
        for source, identity in _named(path):
            known = sources.setdefault(identity, source)
            if source.path not in (known.path, *known.other_names):
                known.other_names.append(source.path)
    return list(sources.values())


def _named(path: str) -> list[tuple[Source, object]]:
    """The sources of a path, each with what tells files apart."""
    if path == "-":
        return [(Source("-", is_stream=True), _identity_of_input())]
    try:
        about = Path(path).stat()
        if not S_ISDIR(about.st_mode):
            return [_source(path, about)]
        return [_source(str(file), file.stat()) for file in in_directory(Path(path))]
    except (FileNotFoundError, NotADirectoryError):
        raise FileMissing(f"there is no file or directory {path}") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None


def _source(path: str, about: os.stat_result) -> tuple[Source, object]:
    is_stream = not S_ISREG(about.st_mode)
    return Source(path, None if is_stream else about.st_size, is_stream), _identity(about)


def _identity(about: os.stat_result) -> object:
    return about.st_dev, about.st_ino


def _identity_of_input() -> object:
    try:
        return _identity(os.fstat(sys.stdin.fileno()))
    except (OSError, ValueError):  # it has no number
        return "-"


def in_directory(folder: Path) -> list[Path]:
    """The logs of a directory. Raises FileError where there are none, OSError where it cannot be read."""
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
    """By the first time in each; those without one, and streams, stay behind the one before them. Raises FileError."""
    placed: list[tuple[bytes, int, Source]] = []
    time = b""
    for number, source in enumerate(sources):
        # a stream may not start before the one before it has ended
        match = _TIME.search(source.sample()) if not source.is_stream else None
        time = match[0].replace(b"T", b" ") if match else time
        placed.append((time, number, source))
    return [source for _, _, source in sorted(placed, key=lambda place: place[:2])]
