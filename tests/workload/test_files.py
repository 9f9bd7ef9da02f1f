"""Workload files: numbers that can be summed, whatever wrote the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbopt.errors import CorruptDocument
from dbopt.units import MOST
from dbopt.workload import files
from dbopt.workload.model import Statement
from tests.files import written


def loaded(folder: Path, **numbers: object) -> Statement:
    [statement] = files.load(written(folder, {"sql": "SELECT 1", **numbers})).statements
    return statement


@pytest.mark.parametrize(
    "numbers",
    [{"calls": 10**306}, {"calls": 10**400}, {"calls": -1}, {"rows": 2**63}, {"total_ms": 1e19}, {"mean_ms": -0.5}],
)
def test_what_no_server_counts_is_refused_with_its_place(tmp_path: Path, numbers: dict[str, object]) -> None:
    with pytest.raises(CorruptDocument, match=rf"statements\[0\]: {next(iter(numbers))}: a number"):
        loaded(tmp_path, **numbers)


def test_the_largest_counts_are_taken(tmp_path: Path) -> None:
    assert loaded(tmp_path, calls=MOST, total_ms=9e18, rows=MOST).calls == MOST


@pytest.mark.parametrize(("calls", "weight"), [(None, 1.0), (0, 0.0), (7, 7.0)])
def test_a_statement_counts_with_its_calls_and_once_where_they_are_not_known(
    tmp_path: Path, calls: int | None, weight: float
) -> None:
    assert loaded(tmp_path, calls=calls).weight == weight
