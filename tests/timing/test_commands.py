"""dbopt measure and dbopt compare, from file to file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]


def written(folder: Path, *statements: str | dict[str, object]) -> str:
    """A workload file of these statements."""
    path = folder / "workload.json"
    entries = [
        {"id": f"{number:016x}", "name": None, "kind": "select", **(one if isinstance(one, dict) else {"sql": one})}
        for number, one in enumerate(statements)
    ]
    source = {"kind": "sql", "server_version": None, "database": None, "captured_at": None}
    path.write_text(json.dumps({"schema": "dbopt.workload/1", "source": source, "statements": entries}))
    return str(path)


def test_a_measurement_compared_with_itself_is_the_same_everywhere(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    workload = written(tmp_path, "SELECT count(*) FROM orders", "SELECT * FROM items WHERE quantity = 2")
    measured = str(tmp_path / "before.json")
    assert dbopt("measure", workload, "-d", shop.dsn, "--runs", "3", "-o", measured)[0] == 0
    code, out, _ = dbopt("compare", measured, measured, "--format", "json")
    comparison = json.loads(out)
    assert code == 0
    assert [one["verdict"] for one in comparison["statements"]] == ["same", "same"]
    assert comparison["total"]["speedup"] == 1
