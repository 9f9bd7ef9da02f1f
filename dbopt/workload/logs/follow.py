"""Logs read as they grow, across rotation: renamed and made anew, copied and cut, new files in a directory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from dbopt.errors import UsageError
from dbopt.workload.logs.detect import Format, detect
from dbopt.workload.logs.reading import Blocks, ReadFile, Reading
from dbopt.workload.logs.sources import CHUNK, SAMPLE, in_directory

_HEAD = 512  # bytes by which a file is known again
_INTERVAL_SECONDS = 0.2
_PATIENCE = 5  # looks without news until a format is told from what little there is
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")

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
    """Follows files and the logs of directories; `poll` reads what is new, `finish` what is left."""

    reading: Reading
    paths: list[str]
    _open: dict[Key, _Followed] = field(default_factory=dict)
    _seen: dict[Key, tuple[int, bytes]] = field(default_factory=dict)  # when it was changed, and how it began
    _heads: set[bytes] = field(default_factory=set)
    _forms: list[Format] = field(default_factory=list)

    def __post_init__(self) -> None:
        if "-" in self.paths:
            raise UsageError("standard input ends by itself: there is nothing to follow", hint="leave out --follow")

    def poll(self) -> None:
        """Look for new files and new bytes."""
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
            if path.is_dir():
                yield from in_directory(path)
            elif path.exists():
                yield path

    def _consider(self, path: Path) -> None:
        key, changed = _key(path), _changed(path)
        known_change, known_head = self._seen.get(key, (0, b"")) if key is not None else (0, b"")
        if key is None or key in self._open or known_change == changed:
            return
        try:
            file = path.open("rb")
        except OSError:
            return  # gone again: rotated between two looks
        head = file.read(_HEAD)
        if head:  # else look again when there is something in it
            self._seen[key] = changed, head
        if not head or (known_head and head.startswith(known_head)):
            file.close()
            return
        # it is new, even if it has the number of one that was removed
        is_copy = len(head) == _HEAD and head in self._heads
        if is_copy or head.startswith(_MAGIC):
            file.close()  # what rotation made of a file that was read before
            return
        self._heads.add(head)
        file.seek(0)
        report = ReadFile(str(path), None)
        self.reading.files.append(report)
        self._open[key] = _Followed(path, file, report, head=head)

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
        if block:
            self.reading.take(followed.report, block)

    def _decide(self, followed: _Followed, *, final: bool) -> None:
        """Tell the format, as soon as there is enough to tell it from; that of the files before is likely."""
        if len(followed.waiting) < SAMPLE and not final:
            return
        form = detect(followed.waiting[:SAMPLE], self.reading.prefix)
        if form is None or b"\n" not in followed.waiting:
            return
        data, followed.waiting = followed.waiting, b""
        followed.report.form = form
        followed.report.sample = data[:SAMPLE]
        guessed_from = data[:SAMPLE] if self.reading.prefix is None else b""
        followed.blocks = Blocks(form, followed.report.account, guessed_from)
        self._take(followed, data)

    def _rest(self, followed: _Followed) -> None:
        if followed.waiting:
            self._decide(followed, final=True)
        account = followed.report.account
        if followed.blocks is None:
            account.size += len(followed.waiting)
            account.skip(followed.waiting)
            followed.waiting = b""
        elif rest := followed.blocks.rest():
            followed.report.form = followed.blocks.form
            self.reading.take(followed.report, rest)

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
