"""Statements whose texts are too long to be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbopt.workload.captured import Captured
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.logs.build import Limits, workload
from dbopt.workload.parameter_sets import LARGEST_SLOWEST
from tests.workload.logs.entries import Entry, jsonlog
from tests.workload.logs.reads import read

VALUE = "x" * 3_000_000
LONG = f"SELECT note FROM shop WHERE note <> '{VALUE}' AND id = 7"
BEGINS_WITH_THE_VALUE = f"SELECT '{VALUE}', count(*) FROM shop"


def captured(folder: Path, *messages: str, jobs: int = 1, redact: bool = False) -> Captured:
    lines = [f"2026-01-01 00:00:00.000 UTC [7] u@d {message}\n" for message in messages]
    reading = read("".join(lines).encode(), folder, jobs=jobs)
    accounts = [file.account for file in reading.files]
    return workload(reading.assembler.totals, accounts, Limits(is_redacted=redact))


def timed(text: str) -> str:
    return f"LOG:  duration: 1.000 ms  statement: {text}"


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("text", [LONG, BEGINS_WITH_THE_VALUE], ids=["value inside", "value first"])
def test_it_is_the_beginning_of_a_statement_and_is_said(text: str, jobs: int, tmp_path: Path) -> None:
    """Of the second, what is kept looks like a ping."""
    found = captured(tmp_path, timed(text), timed(text), timed("SELECT a FROM t"), jobs=jobs)
    [one] = [one for one in found.workload.statements if one.tables != ("t",)]
    assert (one.id, one.calls, one.total_ms, one.truncated, one.parameters) == (fingerprint(text), 2, 2.0, True, ())
    cut = len(text) - LARGEST_SLOWEST
    assert found.notes == (f"without a plan: 1 x text longer than 1,000,000 bytes, of which {cut:,} bytes are cut off",)


def test_where_a_shorter_one_shows_the_text_nothing_is_cut(tmp_path: Path) -> None:
    found = captured(tmp_path, timed(LONG), timed(LONG.replace(VALUE, "y")))
    [one] = found.workload.statements
    assert (one.calls, one.truncated, one.parameters, found.notes) == (2, False, (("y", "7"),), ())


@pytest.mark.parametrize("end", [f"'{VALUE}'", f"7 -- {VALUE}", f"7 /* {VALUE} */"], ids=["value", "line", "comment"])
def test_it_is_whole_where_a_value_or_a_comment_is_all_that_is_cut(end: str, tmp_path: Path) -> None:
    found = captured(tmp_path, timed(f"SELECT note FROM shop WHERE id = {end}"))
    [one] = found.workload.statements
    assert (one.sql, one.truncated, one.parameters) == ("SELECT note FROM shop WHERE id = $1", False, ())
    assert found.notes == ()


def test_jsonlog_is_told_by_a_first_line_of_which_the_sample_holds_no_end(tmp_path: Path) -> None:
    found = read(jsonlog([Entry(f"duration: 1.000 ms  statement: {LONG}", user='"o\\')]), tmp_path)
    assert (found.files[0].account.entries, found.files[0].account.skipped) == (1, 0)
    assert set(found.assembler.totals.statements) == {fingerprint(LONG)}


def test_a_failed_one_is_cut_as_well(tmp_path: Path) -> None:
    found = captured(tmp_path, timed("SELECT a FROM t"), "ERROR:  division by zero", f"STATEMENT:  {LONG}")
    [one] = found.workload.failed
    assert (one.id, one.truncated) == (fingerprint(LONG), True)
    assert "1 x text longer than" in found.notes[0]


def test_without_a_time_a_long_text_is_a_statement_too(tmp_path: Path) -> None:
    text = f"SELECT note FROM shop WHERE note <> '{'x' * 100_000}'"
    found = captured(tmp_path, f"LOG:  statement: {text}")
    assert [(one.calls, one.truncated) for one in found.workload.statements] == [(1, False)]


def test_of_several_statements_in_a_long_text_those_at_the_beginning_are_kept(tmp_path: Path) -> None:
    found = captured(tmp_path, timed(f"SELECT a FROM t; {LONG}; SELECT b FROM u"))
    assert [(one.tables, one.calls, one.truncated) for one in found.workload.statements] == [(("t",), 1, False)]
    assert found.notes[0] == "left out: 2 x text longer than 1,000,000 bytes, of several statements"


@pytest.mark.parametrize("name", ["a", "ab", "abc"])
def test_it_is_cut_between_two_characters(name: str, tmp_path: Path) -> None:
    text = f'SELECT {name} AS "{"€" * 1_000_000}" FROM shop'
    [one] = captured(tmp_path, timed(text)).workload.statements
    assert one.truncated
    assert one.sql.endswith("€")


def test_redacted_it_shows_no_value(tmp_path: Path) -> None:
    [one] = captured(tmp_path, timed(LONG), redact=True).workload.statements
    assert (one.truncated, "xx" in one.sql) == (True, False)
