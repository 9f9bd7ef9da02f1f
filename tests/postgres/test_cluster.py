"""Clusters: copied from one that initdb made, wherever that can be kept, and made anew wherever it cannot."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import EmbeddedServerError
from dbopt.postgres import cluster, embedded


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(cluster, "cache_directory", lambda: folder)
    return folder


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in the place of the machine's memory, fit for clusters."""
    with tempfile.TemporaryDirectory(prefix="dbopt-memory-", dir="/tmp") as name:
        Path(name).chmod(0o777)
        monkeypatch.setattr(cluster, "_MEMORY", Path(name))
        monkeypatch.setattr(cluster, "_LEAST_FREE_BYTES", 0)
        monkeypatch.setattr(cluster, "_SYSTEMD", Path(name) / "none")
        monkeypatch.delenv("TMPDIR", raising=False)
        yield Path(name)


def answers() -> bool:
    with embedded.start() as server, server.connect() as session:
        return session.fetch(sql.SQL("SELECT 1 AS one")) == [{"one": 1}]


def test_the_second_is_a_copy_of_the_first(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers()
    monkeypatch.setattr(cluster, "_initdb", None)
    assert answers()


def test_a_copy_is_private(cache: Path) -> None:
    assert answers()
    with embedded.start() as server:
        assert server.data.stat().st_mode & 0o777 == 0o700
        assert not any(path.stat().st_mode & 0o077 for path in server.data.rglob("*") if path.is_dir())


def test_a_damaged_template_is_made_anew(cache: Path) -> None:
    assert answers()
    (template,) = cache.iterdir()
    whole = template.read_bytes()
    template.write_bytes(whole[:1_000_000])
    assert answers()
    assert template.stat().st_size == len(whole)
    assert answers()


def test_a_template_that_does_not_start_is_forgotten(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        embedded.start(settings={"no_such_setting": "1"})
    assert list(cache.iterdir()) == []


def test_where_nothing_can_be_kept_each_is_made_anew(cache: Path) -> None:
    cache.write_text("in the way")
    assert answers()
    assert answers()


def test_old_templates_go(cache: Path) -> None:
    cache.mkdir()
    old = cache / "cluster-0123456789abcdef.tar"
    old.touch()
    os.utime(old, (0, 0))
    assert answers()
    assert not old.exists()


def test_a_small_one_is_kept_in_memory(memory: Path) -> None:
    with embedded.start(small=True) as server:
        assert server.directory.parent == memory
        assert cluster.is_in_memory(server.directory)
    assert list(memory.iterdir()) == []


def test_another_is_kept_on_disk(memory: Path) -> None:
    with embedded.start() as server:
        assert not cluster.is_in_memory(server.directory)


def test_where_memory_is_short_a_small_one_is_kept_on_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_LEAST_FREE_BYTES", 2**62)
    with embedded.start(small=True) as server:
        assert not cluster.is_in_memory(server.directory)


def test_tmpdir_is_obeyed(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/tmp")
    with embedded.start(small=True) as server:
        assert not cluster.is_in_memory(server.directory)
