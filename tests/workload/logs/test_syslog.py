"""What rsyslog made of a real server's log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workload.logs.reading import read

SAMPLES = Path(__file__).parent / "syslog"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("template", ["traditional", "iso", "rfc5424"])
@pytest.mark.parametrize("options", [(), ("--prefix", EXPECTED["prefix"])], ids=["detected", "given"])
def test_it_is_read_like_the_log_itself(template: str, options: tuple[str, ...], tmp_path: Path) -> None:
    found = read(tmp_path, SAMPLES / f"{template}.log", *options)
    assert found.code == 0, found.err
    assert found.accounted[0] == found.accounted[1]
    assert found.log["executions"] == EXPECTED["executions"]
    assert found.log["total_ms"] == pytest.approx(EXPECTED["total_ms"], abs=0.001)
    assert found.log["users"] == EXPECTED["users"]
    assert found.log["databases"] == EXPECTED["databases"]


@pytest.mark.parametrize("template", ["traditional", "iso", "rfc5424"])
def test_a_statement_of_several_messages_is_whole(template: str, tmp_path: Path) -> None:
    document = read(tmp_path, SAMPLES / f"{template}.log").document
    assert document
    columns = ", ".join(f"id AS column_number_{number}" for number in range(100))
    assert [one["sql"] for one in document["statements"] if "column_number" in one["sql"]] == [
        f"SELECT {columns} FROM orders LIMIT $1"
    ]
