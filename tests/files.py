"""Files that commands read, for tests."""

from __future__ import annotations

import json
from pathlib import Path


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
