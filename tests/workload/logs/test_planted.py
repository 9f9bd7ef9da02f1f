"""What `dbopt capture logs --redact` must not let out: nothing of what was planted in a log gets anywhere."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.workload.logs import fuzz, planted, visit_secrets
from tests.workload.logs.entries import FORMATS, Entry
from tests.workload.logs.reading import read

SECRETS = Path(__file__).parent / "secrets"
PLAIN = Entry("duration: 1.000 ms  statement: SELECT 1 FROM plain")


@pytest.mark.parametrize("form", FORMATS)
def test_each_place_in_a_log_of_its_own_kind(form: str, tmp_path: Path) -> None:
    everything = planted.everything(random.Random(1))
    file = tmp_path / f"all.{form}"
    file.write_bytes(FORMATS[form]([PLAIN, *(entry for _, one in everything for entry in one.entries)]))
    found = read(tmp_path, file, "--redact")
    assert found.code == 0, found.err
    assert "from plain" in found.text.lower()
    assert {name: left for name, one in everything if (left := planted.survivors(found.text, one.spellings))} == {}


def test_the_secrets_are_there_without_it(tmp_path: Path) -> None:
    everything = planted.everything(random.Random(1))
    file = tmp_path / "all.log"
    file.write_bytes(FORMATS["log"]([PLAIN, *(entry for _, one in everything for entry in one.entries)]))
    found = read(tmp_path, file)
    assert any(planted.survivors(found.text, one.spellings) for _, one in everything)


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_real_server_wrote(form: str, tmp_path: Path) -> None:
    found = read(tmp_path, SECRETS / f"secrets.{form}.gz", "--redact")
    assert found.code == 0, found.err
    assert found.log["executions"] > 100
    assert planted.survivors(found.text, (visit_secrets.SECRET, visit_secrets.NUMBER)) == []


@pytest.mark.parametrize("arguments", [(), ("--format", "json"), ("--format", "csv"), ("--verbose",), ("--debug",)])
def test_lines_that_are_skipped_are_not_shown(arguments: tuple[str, ...], tmp_path: Path) -> None:
    secret = planted.drawn(random.Random(2))
    file = tmp_path / "odd.log"
    file.write_bytes(f"what is {secret}\n".encode() + FORMATS["log"]([PLAIN]) + f"\0{secret}\n\n{secret}".encode())
    assert planted.survivors(read(tmp_path, file, "--redact", *arguments).text, (secret,)) == []


def test_nor_where_nothing_is_recognised(tmp_path: Path) -> None:
    secret = planted.drawn(random.Random(3))
    file = tmp_path / "odd.log"
    file.write_text(f"login {secret}\n" * 3)
    found = read(tmp_path, file, "--redact")
    assert found.code == 3
    assert planted.survivors(found.text, (secret,)) == []


@pytest.mark.parametrize("seed", range(10))
def test_none_survives_wherever_it_is_planted(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    for number in range(20):
        left = fuzz.leaks(draw, tmp_path)
        assert not left, f"input {number} of seed {seed}"
