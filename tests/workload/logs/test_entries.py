"""The entries that tests make up are read by Python as a server's are."""

from __future__ import annotations

import json
from pathlib import Path

from tests.workload.logs import oracle
from tests.workload.logs.entries import Entry, csvlog, jsonlog, stderr

SAMPLES = Path(__file__).parent / "prefixes"
ENTRIES = [
    Entry("duration: 1.250 ms  statement: SELECT 'a \"b\"',\n  2"),
    Entry("division by zero", "ERROR", "22012", context="one\ntwo", statement="SELECT 1 / 0"),
]


def test_csvlog_has_a_servers_columns(tmp_path: Path) -> None:
    file = tmp_path / "made.csv"
    file.write_bytes(csvlog(ENTRIES))
    made, real = list(oracle.rows(file)), list(oracle.rows(SAMPLES / "default.csv"))
    assert {len(row) for row in made} == {len(row) for row in real} == {26}
    assert made[0][13] == ENTRIES[0].message
    assert (made[1][11:14], made[1][18], made[1][19]) == (
        ["ERROR", "22012", "division by zero"],
        "one\ntwo",
        "SELECT 1 / 0",
    )


def test_jsonlog_has_a_servers_keys() -> None:
    real = {key for line in (SAMPLES / "default.json").read_text("utf-8").splitlines() for key in json.loads(line)}
    made = [json.loads(line) for line in jsonlog(ENTRIES).splitlines()]
    assert {key for one in made for key in one} <= real
    assert (made[0]["message"], made[1]["statement"]) == (ENTRIES[0].message, "SELECT 1 / 0")


def test_stderr_begins_further_lines_with_a_tab() -> None:
    assert stderr(ENTRIES).decode() == (
        "2026-03-01 10:00:00.000 UTC [4711] app@shop LOG:  duration: 1.250 ms  statement: SELECT 'a \"b\"',\n\t  2\n"
        "2026-03-01 10:00:00.007 UTC [4711] app@shop ERROR:  division by zero\n"
        "2026-03-01 10:00:00.007 UTC [4711] app@shop CONTEXT:  one\n\ttwo\n"
        "2026-03-01 10:00:00.007 UTC [4711] app@shop STATEMENT:  SELECT 1 / 0\n"
    )
