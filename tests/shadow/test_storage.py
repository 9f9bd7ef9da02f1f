"""Files of the shadow: only its own are touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dbopt.errors import EmbeddedServerError
from dbopt.shadow.pages import BLOCK_SIZE
from dbopt.shadow.storage import SEGMENT_BLOCKS, Storage


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "base").mkdir(parents=True)
    (tmp_path / "data" / "base" / "1").write_bytes(b"")
    return tmp_path / "data"


def test_a_file_becomes_as_long_as_asked_in_segments(data: Path) -> None:
    Storage(data).resize("base/1", SEGMENT_BLOCKS + 3)
    sizes = [(data / "base" / name).stat().st_size // BLOCK_SIZE for name in ("1", "1.1")]
    assert sizes == [SEGMENT_BLOCKS, 3]


@pytest.mark.parametrize("link", ["symbolic", "hard", "directory"])
def test_a_link_to_a_foreign_file_is_refused(data: Path, tmp_path: Path, link: str) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "1").write_text("precious")
    (data / "base" / "1").unlink()
    if link == "directory":
        (data / "base").rmdir()
        (data / "base").symlink_to(foreign)
    elif link == "hard":
        os.link(foreign / "1", data / "base" / "1")
    else:
        (data / "base" / "1").symlink_to(foreign / "1")
    with pytest.raises(EmbeddedServerError):
        Storage(data).resize("base/1", 4)
    assert (foreign / "1").read_text() == "precious"
