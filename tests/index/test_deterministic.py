"""The same snapshot and workload give the same advice, whatever order Python's sets happen to have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dbopt import documents
from dbopt.shadow import snapshot
from dbopt.shadow.take import take
from tests.conftest import SHOP
from tests.index.advising import workload
from tests.servers import Database, Server

STATEMENTS = (
    "SELECT * FROM orders WHERE customer_id = 17 ORDER BY id DESC LIMIT 10",
    "SELECT status, count(*) FROM orders WHERE customer_id IN (1, 2, 3) GROUP BY status",
    "SELECT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id = 5 AND i.quantity = 2",
    "SELECT * FROM items WHERE quantity = 2 AND order_id > 100",
    "SELECT DISTINCT quantity FROM items WHERE order_id = 7",
)


def test_three_hash_seeds_give_the_same_bytes(
    pg18: Server, new_database: Callable[[Server, str], Database], tmp_path: Path
) -> None:
    (tmp_path / "workload.json").write_text(documents.dump(workload(*STATEMENTS)), "utf-8")
    snapshot.save(take(new_database(pg18, SHOP).session), tmp_path / "shop.dbsnap")
    first, *others = [_suggested(tmp_path, seed) for seed in (0, 1, 42)]
    assert '"CREATE INDEX CONCURRENTLY' in first
    assert others == [first, first]


def _suggested(folder: Path, seed: int) -> str:
    """What the command prints in a process of its own, with this seed of str's hash."""
    program = str(Path(sys.executable).with_name("dbopt"))
    command = [program, "suggest", "workload.json", "--snapshot", "shop.dbsnap", "--format", "json", "--quiet"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
