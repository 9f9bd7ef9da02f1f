"""The wheel, installed where nothing else is, runs the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the sdist, as an installer would get it."""
    out = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(out)], cwd=ROOT)
    unpacked = tmp_path_factory.mktemp("sdist")
    _run(["tar", "-xzf", str(next(out.glob("*.tar.gz"))), "-C", str(unpacked), "--strip-components=1"], cwd=ROOT)
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=unpacked)
    return next(out.glob("*.whl"))


def test_it_carries_the_queries_and_templates(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "dbopt/sql/catalog/relations.sql" in names
    assert "dbopt/templates/demo/shop.sql.j2" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_it_runs_the_demo_from_a_clean_virtual_environment(wheel: Path, tmp_path: Path) -> None:
    _run([sys.executable, "-m", "venv", str(tmp_path / "venv")], cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r",
          str(ROOT / ".lock" / "run.txt")], cwd=tmp_path)  # fmt: skip
    _run(
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", str(wheel)],
        cwd=tmp_path,
    )
    done = _run([str(tmp_path / "venv" / "bin" / "dbopt"), "demo", "--scale", "0.1", "--format", "json"], cwd=tmp_path)
    comparison = json.loads(done.stdout)
    assert comparison["schema"] == "dbopt.comparison/1"
    assert comparison["total"]["speedup"] > 1.4


def _run(line: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTHON"))}
    done = subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done
