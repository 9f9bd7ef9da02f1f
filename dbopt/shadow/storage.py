"""The files of the shadow's relations: as long as the source's, and nearly all holes.

The planner asks a relation's file for its size, not pg_class. Blocks of zeroes are valid empty pages, and a sparse
file of a terabyte takes no room. What is written here the server must not have in its cache: see `Shadow`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

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
        with self._segment(path, 0).open("r+b") as file:
            metapage = file.read(BLOCK_SIZE)
            usable = min(height, blocks - 2)
            if usable >= 0 and pages.is_btree_metapage(metapage):
                file.seek(0)
                file.write(pages.btree_metapage(metapage, usable) + pages.btree_skeleton(usable))
        self.resize(path, max(blocks, 1))

    def write_brin(self, path: str, blocks: int, revmap_blocks: int) -> None:
        """Give a new BRIN index that many blocks, so many of them for its range map."""
        with self._segment(path, 0).open("r+b") as file:
            metapage = file.read(BLOCK_SIZE)
            if pages.is_brin_metapage(metapage) and blocks > revmap_blocks:
                file.seek(0)
                file.write(pages.brin_metapage(metapage, revmap_blocks))
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
        if not segment.exists():
            segment.touch(mode=0o600)
            owner = self.data.stat()
            os.chown(segment, owner.st_uid, owner.st_gid)
        os.truncate(segment, size)
