"""Damaged logs are read as far as they can be, and every byte of them is accounted for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.workload.logs import fuzz


@pytest.mark.parametrize("seed", range(10))
def test_every_byte_is_accounted_for(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    for number in range(20):
        wrong = fuzz.wrong_with_damaged(draw, tmp_path)
        assert not wrong, f"input {number} of seed {seed}: {wrong}"
