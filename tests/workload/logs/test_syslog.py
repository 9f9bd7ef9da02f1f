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
    assert found.log["skipped_bytes"] == 0
    for word in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        calls, total_ms = EXPECTED["words"][word]
        ours = [one for one in found.statements if one["kind"] == word.lower()]
        assert sum(one["calls"] for one in ours) == calls
        assert sum(one["total_ms"] for one in ours) == pytest.approx(total_ms, abs=0.001)


@pytest.mark.parametrize("template", ["traditional", "iso", "rfc5424"])
@pytest.mark.parametrize("user", EXPECTED["users"])
def test_users_are_told_apart(template: str, user: str, tmp_path: Path) -> None:
    found = read(tmp_path, SAMPLES / f"{template}.log", "--user", user)
    assert found.log["executions"] == EXPECTED["users"][user]


@pytest.mark.parametrize("template", ["traditional", "iso", "rfc5424"])
def test_a_statement_of_several_messages_is_whole(template: str, tmp_path: Path) -> None:
    found = read(tmp_path, SAMPLES / f"{template}.log")
    columns = ", ".join(f"id AS column_number_{number}" for number in range(100))
    assert [one["sql"] for one in found.statements if "column_number" in one["sql"]] == [
        f"SELECT {columns} FROM orders LIMIT $1"
    ]
