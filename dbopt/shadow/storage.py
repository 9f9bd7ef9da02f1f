"""The files of the shadow's relations: as long as the source's, and nearly all holes.

The planner asks a relation's file for its size, not pg_class. Blocks of zeroes are valid empty pages, and a sparse
file of a terabyte takes no room. What is written here the server must not have in its cache: see `Shadow`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dbopt.errors import EmbeddedServerError
from dbopt.index.inverted import GinSize
from dbopt.shadow import pages
from dbopt.shadow.pages import BLOCK_SIZE

SEGMENT_BLOCKS = 131072  # 1 GB: a relation's file is cut there


@dataclass(frozen=True)
class Storage:
    """The data directory of a running shadow. Paths are those of pg_relation_filepath()."""

    data: Path

    def resize(self, path: str, blocks: int) -> None:
        """Give the relation's file that many blocks. Segments that are no longer needed are emptied, not removed: a
        session may hold them open.
        """
        number = 0
        while True:
            segment = self._segment(path, number)
            wanted = min(max(blocks - number * SEGMENT_BLOCKS, 0), SEGMENT_BLOCKS)
            if not wanted and not segment.exists():
                return
            self._truncate(segment, wanted * BLOCK_SIZE)
            number += 1

    def write_btree(self, path: str, blocks: int, height: int) -> None:
        """Give a new B-tree that many blocks and that height, as far as they suffice for a chain of pages."""
        with self._opened(self._segment(path, 0)) as file:
            metapage = file.read(BLOCK_SIZE)
            usable = min(height, blocks - 2)
            if usable >= 0 and pages.is_btree_metapage(metapage):
                file.seek(0)
                file.write(pages.btree_metapage(metapage, usable) + pages.btree_skeleton(usable))
        self.resize(path, max(blocks, 1))

    def write_brin(self, path: str, blocks: int, revmap_blocks: int) -> None:
        """Give a new BRIN index that many blocks, so many of them for its range map."""
        with self._opened(self._segment(path, 0)) as file:
            metapage = file.read(BLOCK_SIZE)
            if pages.is_brin_metapage(metapage) and blocks > revmap_blocks:
                file.seek(0)
                file.write(pages.brin_metapage(metapage, revmap_blocks))
        self._grow(path, blocks)

    def write_gin(self, path: str, blocks: int, parts: GinSize) -> None:
        """Give a new GIN index that many blocks, and tell it what they are: the planner reads that."""
        with self._opened(self._segment(path, 0)) as file:
            metapage = file.read(BLOCK_SIZE)
            if pages.is_gin_metapage(metapage):
                file.seek(0)
                file.write(pages.gin_metapage(metapage, blocks, parts.entry_pages, parts.data_pages, parts.entries))
        self._grow(path, blocks)

    def write_other(self, path: str, blocks: int) -> None:
        """Give a new index of another kind at least that many blocks; the pages it was made with stay."""
        self._grow(path, blocks)

    def _grow(self, path: str, blocks: int) -> None:
        present = self._segment(path, 0).stat().st_size // BLOCK_SIZE
        self.resize(path, max(blocks, present))

    def _segment(self, path: str, number: int) -> Path:
        return self.data / (f"{path}.{number}" if number else path)

    def _truncate(self, segment: Path, size: int) -> None:
        with self._opened(segment, create=not segment.exists()) as file:
            file.truncate(size)

    @contextmanager
    def _opened(self, segment: Path, *, create: bool = False) -> Iterator[BinaryIO]:
        """A file of the server's own, for writing. dbopt may be root and the snapshot from anywhere, so links are not
        followed, and what belongs to somebody else is not touched. Raises EmbeddedServerError.
        """
        owner = self.data.stat()
        if not segment.parent.resolve().is_relative_to(self.data.resolve()):
            raise _foreign(segment)
        try:
            descriptor = os.open(segment, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT | os.O_EXCL if create else 0), 0o600)
        except OSError:
            raise _foreign(segment) from None
        with os.fdopen(descriptor, "r+b") as file:
            if create:
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != owner.st_uid or status.st_nlink != 1:
                raise _foreign(segment)
            yield file


def _foreign(segment: Path) -> EmbeddedServerError:
    return EmbeddedServerError(f"{segment} is no file of the shadow's own", hint="is the snapshot to be trusted?")
