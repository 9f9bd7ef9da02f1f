"""Logs read as they grow, across rotation: renamed and made anew, copied and cut, new files in a directory. Compressed
ones are read once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from dbopt.errors import FileError, UsageError
from dbopt.workload.logs.blocks import Blocks
from dbopt.workload.logs.detect import detect
from dbopt.workload.logs.reading import KEPT, ReadFile, Reading
from dbopt.workload.logs.sources import CHUNK, SAMPLE, UTF_16, Source, found, in_directory, in_order
from dbopt.workload.logs.unpacking import is_compressed

_HEAD = 512  # bytes by which a file is known again
_INTERVAL_SECONDS = 0.2
_PATIENCE = 5  # looks without news until a format is told from what little there is

Key = tuple[int, int]
OnReady = Callable[[], None]


@dataclass
class _Followed:
    """One open file. `waiting` is what came before its format was known."""

    path: Path
    file: BinaryIO
    report: ReadFile
    blocks: Blocks | None = None
    waiting: bytes = b""
    position: int = 0
    head: bytes = b""
    idle: int = 0


@dataclass
class Follower:
    """Follows files and the logs of directories; `poll` reads what is new, `finish` what is left. Raises FileError, and
    UsageError where there is nothing to follow.
    """

    reading: Reading
    paths: list[str]
    _first: list[Source] = field(default_factory=list)  # what is there at the beginning
    _open: dict[Key, _Followed] = field(default_factory=dict)
    _seen: dict[Key, tuple[int, bytes]] = field(default_factory=dict)  # when it was changed, and how it began
    _heads: set[bytes] = field(default_factory=set)
    _packed: dict[Key, tuple[int, int]] = field(default_factory=dict)  # when one was changed, for how many looks

    def __post_init__(self) -> None:
        self._first = in_order(found(self.paths))
        for source in self._first:
            if source.is_stream:
                raise UsageError(f"{source.name} ends by itself: there is nothing to follow", hint="leave out --follow")
        if all(source.is_packed for source in self._first) and not any(Path(path).is_dir() for path in self.paths):
            raise UsageError("compressed files do not grow: there is nothing to follow", hint="leave out --follow")

    def poll(self) -> None:
        """Look for new files and new bytes."""
        first, self._first = self._first, []
        for source in first:
            self._consider(Path(source.path), source)
        for path in self._candidates():
            self._consider(path)
        for key, followed in list(self._open.items()):
            grew = self._read(followed)
            followed.idle = 0 if grew else followed.idle + 1
            if followed.waiting and followed.idle >= _PATIENCE:
                self._decide(followed, final=True)
            if followed.idle >= _PATIENCE and _key(followed.path) != key:
                self._close(key)  # renamed or removed, and nobody writes to it any more

    def finish(self) -> None:
        """Read what is there now and end."""
        for followed in self._open.values():
            self._read(followed)
        for key in list(self._open):
            self._close(key)
        self.reading.assembler.finish()

    def _candidates(self) -> Iterator[Path]:
        for path in map(Path, self.paths):
            try:
                if path.is_dir():
                    yield from in_directory(path)
                elif path.exists():
                    yield path
            except (FileError, OSError):
                continue  # empty, or gone: between two steps of a rotation

    def _consider(self, path: Path, first: Source | None = None) -> None:
        key, changed = _key(path), _changed(path)
        known_change, known_head = self._seen.get(key, (0, b"")) if key is not None else (0, b"")
        if key is None or key in self._open or known_change == changed:
            return
        try:
            file = path.open("rb")
        except OSError:
            return  # gone again: rotated between two looks
        head = file.read(_HEAD)
        if is_compressed(head):
            file.close()
            if first is not None or self._has_settled(key, changed):
                self._seen[key] = changed, head
                self._read_once(first or Source(str(path)))
            return
        if head:  # else look again when there is something in it
            self._seen[key] = changed, head
        if not head or (known_head and head.startswith(known_head)):
            file.close()
            return
        # it is new, even if it has the number of one that was removed
        if len(head) == _HEAD and head in self._heads:
            file.close()  # what rotation made of a file that was read before
            return
        self._heads.add(head)
        file.seek(0)
        report = ReadFile(str(path), None, other_names=tuple(first.other_names) if first is not None else ())
        self.reading.files.append(report)
        self._open[key] = _Followed(path, file, report, head=head)

    def _has_settled(self, key: Key, changed: int) -> bool:
        """Whether a compressed file that is new is whole by now: nobody writes to it."""
        known, looks = self._packed.get(key, (changed, 0))
        self._packed[key] = changed, looks + 1 if known == changed else 0
        return self._packed[key][1] > _PATIENCE

    def _read_once(self, source: Source) -> None:
        """A compressed file, unless it is what rotation made of a file that was read before."""
        try:
            head = source.sample()[:_HEAD]
            if head and head not in self._heads:
                self._heads.add(head)
                self.reading.read_one(source, lambda _: None)
        except FileError:
            return  # gone again

    def _read(self, followed: _Followed) -> bool:
        """Read what is new; whether there was something."""
        if self._was_cut(followed):
            self._rest(followed)
            followed.file.seek(0)
            followed.position = 0
            followed.head = os.pread(followed.file.fileno(), _HEAD, 0)
            self._heads.add(followed.head)
        grew = False
        while data := followed.file.read(CHUNK):
            grew = True
            followed.position += len(data)
            if len(followed.head) < _HEAD:
                followed.head = os.pread(followed.file.fileno(), _HEAD, 0)
                self._heads.add(followed.head)
            self._take(followed, data)
        return grew

    def _was_cut(self, followed: _Followed) -> bool:
        """Whether the file was emptied and is written from its start again."""
        descriptor = followed.file.fileno()
        if os.fstat(descriptor).st_size < followed.position:
            return True
        return os.pread(descriptor, len(followed.head), 0) != followed.head

    def _take(self, followed: _Followed, data: bytes) -> None:
        if followed.blocks is None:
            followed.waiting += data
            self._decide(followed, final=False)
            return
        block = followed.blocks.feed(data, least=1)
        followed.report.form = followed.blocks.form
        if block is not None:
            self.reading.take(followed.report, block)

    def _decide(self, followed: _Followed, *, final: bool) -> None:
        """Tell the format, as soon as there is enough to tell it from; that of the files before is likely."""
        is_enough = len(followed.waiting) >= SAMPLE
        if not is_enough and not final:
            return
        form = detect(followed.waiting[:SAMPLE], self.reading.prefix)
        if form is None and is_enough:
            self._skip(followed)
        if form is None or (b"\n" not in followed.waiting and not is_enough):
            return
        data, followed.waiting = followed.waiting, b""
        followed.report.form = form
        followed.report.sample = data[:KEPT]
        followed.blocks = Blocks(form, followed.report.account, data[:SAMPLE])
        self._take(followed, data)

    def _rest(self, followed: _Followed) -> None:
        if followed.waiting:
            self._decide(followed, final=True)
        if followed.blocks is None:
            self._skip(followed)
        elif rest := followed.blocks.rest():
            followed.report.form = followed.blocks.form
            self.reading.take(followed.report, rest)

    def _skip(self, followed: _Followed) -> None:
        """What waits is in no format that is known."""
        if followed.waiting.startswith(UTF_16):
            followed.report.trouble = f"{followed.path} is in UTF-16, which is read without --follow only"
        account = followed.report.account
        account.size += len(followed.waiting)
        account.lines += followed.waiting.count(b"\n")
        account.skip(followed.waiting)
        followed.waiting = b""

    def _close(self, key: Key) -> None:
        followed = self._open.pop(key)
        self._rest(followed)
        followed.file.close()


def follow(
    reading: Reading, paths: Iterable[str], stop: threading.Event, on_ready: OnReady, seconds: float | None = None
) -> None:
    """Follow until `stop` is set, or for so many seconds. `on_ready` is called when all that was there is read."""
    follower = Follower(reading, list(paths))
    left = seconds
    follower.poll()
    on_ready()
    while not stop.is_set() and (left is None or left > 0):
        stop.wait(_INTERVAL_SECONDS if left is None else min(left, _INTERVAL_SECONDS))
        left = None if left is None else left - _INTERVAL_SECONDS
        follower.poll()
    follower.finish()


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _key(path: Path) -> Key | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
