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

ALL = {**PREFIXES, **PREFIXES_18}


def test_there_are_samples_of_all_settings() -> None:
    assert {name: one["prefix"] for name, one in EXPECTED.items() if name not in STYLES} == ALL
    assert len(ALL) >= 40


@pytest.mark.parametrize("name", ALL)
def test_it_is_detected(name: str, tmp_path: Path) -> None:
    _assert_read(name, read(tmp_path, SAMPLES / f"{name}.log"))


@pytest.mark.parametrize("name", ALL)
def test_it_may_be_given(name: str, tmp_path: Path) -> None:
    _assert_read(name, read(tmp_path, SAMPLES / f"{name}.log", "--prefix", ALL[name]))


@pytest.mark.parametrize("name", STYLES)
def test_other_settings_of_the_log(name: str, tmp_path: Path) -> None:
    _assert_counts(name, read(tmp_path, SAMPLES / f"{name}.log"))


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("name", ["default", "local_address"])
def test_the_other_formats_say_the_same(name: str, form: str, tmp_path: Path) -> None:
    found = read(tmp_path, SAMPLES / f"{name}.{form}")
    _assert_counts(name, found)
    assert found.log["users"] == EXPECTED[name]["users"]
    assert found.log["databases"] == EXPECTED[name]["databases"]


def _assert_read(name: str, found: Reading) -> None:
    _assert_counts(name, found)
    for escape, key in (("u", "users"), ("d", "databases")):
        known = EXPECTED[name][key] if _has(ALL[name], escape) else {}
        assert _certain(name, found.log[key]) == _certain(name, known)


def _assert_counts(name: str, found: Reading) -> None:
    expected = EXPECTED[name]
    assert found.code == 0, found.err
    assert found.accounted[0] == found.accounted[1]
    assert found.log["skipped_bytes"] == 0
    assert found.log["executions"] == expected["executions"]
    assert found.log["total_ms"] == pytest.approx(expected["total_ms"], abs=0.001)
    assert found.log["temporary_files"] == expected["temporary_files"]


def _certain(name: str, counts: dict[str, int]) -> dict[str, int]:
    """Without the names with a dash where dashes divide: nobody can tell `report-ro-crm-eu` apart."""
    if name not in ("dashes", "pganalyze_13"):
        return counts
    return {key: counts[key] for key in counts if key in ("alice", "app_rw", "shop")}


def _has(prefix: str, escape: str) -> bool:
    """Whether an escape is in it, padded or not."""
    return any(piece.lstrip("-0123456789").startswith(escape) for piece in prefix.replace("%%", "").split("%")[1:])
