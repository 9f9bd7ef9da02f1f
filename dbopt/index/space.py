"""Whether there is room for a new index, where that can be known: on a server of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Space:
    """Room where the server keeps new indexes. `sort_bytes` is the memory that a build may use before its sort goes to
    disk as well.
    """

    directory: Path
    free_bytes: int
    sort_bytes: int

    def needed_for(self, size_bytes: int) -> int:
        """Bytes on disk while an index of that size is built: the index, and its sort once more if it spills."""
        return size_bytes if size_bytes <= self.sort_bytes else 2 * size_bytes

    def suffices(self, size_bytes: int) -> bool:
        return self.needed_for(size_bytes) <= self.free_bytes


def free_space(session: Session) -> Space | None:
    """The room on the server's disk; None where it cannot be known: the server is on another machine (or in a
    container), or the role may not know where its files are.
    """
    if not session.is_local:
        return None
    row = session.row("apply/space")
    directory = row["directory"] or row["data_directory"]
    if directory is None:
        return None
    try:
        disk = os.statvfs(directory)
    except OSError:
        return None
    return Space(Path(directory), disk.f_bavail * disk.f_frsize, row["sort_bytes"])
