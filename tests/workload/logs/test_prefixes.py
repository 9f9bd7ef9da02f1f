"""The log_line_prefix is found in what real servers wrote with it, and so is all that stands in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workload.logs.reading import Reading, read
from tests.workload.logs.settings import PREFIXES, PREFIXES_18, STYLES

SAMPLES = Path(__file__).parent / "prefixes"
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))

AMBIGUOUS = ("dashes", "pganalyze_13")  # nobody can tell `report-ro-crm-eu` apart
ALL = {**PREFIXES, **PREFIXES_18}


def test_there_are_samples_of_all_settings() -> None:
    assert {name: one["prefix"] for name, one in EXPECTED.items() if name not in STYLES} == ALL
    assert len(ALL) >= 40


@pytest.mark.parametrize("name", ALL)
def test_it_is_detected(name: str, tmp_path: Path) -> None:
    _assert_all(name, tmp_path, SAMPLES / f"{name}.log")


@pytest.mark.parametrize("name", ALL)
def test_it_may_be_given(name: str, tmp_path: Path) -> None:
    _assert_all(name, tmp_path, SAMPLES / f"{name}.log", "--prefix", ALL[name])


@pytest.mark.parametrize("name", STYLES)
def test_other_settings_of_the_log(name: str, tmp_path: Path) -> None:
    _assert_counts(name, read(tmp_path, SAMPLES / f"{name}.log"))


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("name", ["default", "local_address"])
def test_the_other_formats_say_the_same(name: str, form: str, tmp_path: Path) -> None:
    _assert_counts(name, read(tmp_path, SAMPLES / f"{name}.{form}"))
    _assert_owners(name, "--user", "users", tmp_path, SAMPLES / f"{name}.{form}")
    _assert_owners(name, "--database", "databases", tmp_path, SAMPLES / f"{name}.{form}")


def _assert_all(name: str, folder: Path, *arguments: str | Path) -> None:
    _assert_counts(name, read(folder, *arguments))
    for escape, option, key in (("u", "--user", "users"), ("d", "--database", "databases")):
        if _has(ALL[name], escape):
            _assert_owners(name, option, key, folder, *arguments)


def _assert_counts(name: str, found: Reading) -> None:
    expected = EXPECTED[name]
    assert found.code == 0, found.err
    assert found.accounted[0] == found.accounted[1]
    assert found.log["skipped_bytes"] == 0
    assert found.log["executions"] == expected["executions"]
    assert found.log["entries_by_kind"].get("temporary file", 0) == expected["temporary_files"]
    for word, (calls, total_ms) in expected["words"].items():
        ours = [one for one in found.statements if one["kind"] == word.lower()]
        if ours:  # utility commands are left out
            assert sum(one["calls"] for one in ours) == calls
            assert sum(one["total_ms"] for one in ours) == pytest.approx(total_ms, abs=0.001)


def _assert_owners(name: str, option: str, key: str, folder: Path, *arguments: str | Path) -> None:
    """Whose executions they are, by reading only those of each."""
    for owner, executions in EXPECTED[name][key].items():
        if name in AMBIGUOUS and "-" in owner:
            continue
        found = read(folder, *arguments, option, owner)
        assert found.log["executions"] == executions, owner


def _has(prefix: str, escape: str) -> bool:
    """Whether an escape is in it, padded or not."""
    return any(piece.lstrip("-0123456789").startswith(escape) for piece in prefix.replace("%%", "").split("%")[1:])
