"""Damaged logs of every format: nothing breaks, and every byte is accounted for."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from dbopt.workload.logs.build import Limits, workload
from tests.workload.logs import wrapped
from tests.workload.logs.reads import is_whole, read
from tests.workload.logs.written import log

STDERR = log("%m [%p] %q%u@%d ", entries=12).text


def csvlog(text: bytes) -> bytes:
    lines = []
    for number, entry in enumerate(wrapped.entries(text), 1):
        message = b"\n".join(entry).split(b"LOG:  ")[-1].replace(b'"', b'""')
        lines.append(
            b'2026-01-01 00:00:00.000 UTC,"u","d",7,"[local]",6b084cf9.1ea4,%d,"SELECT",2026-01-01 00:00:00 UTC,'
            b'5/0,0,LOG,00000,"%s",,,,,,,,,"psql","client backend",,0\n' % (number, message)
        )
    return b"".join(lines)


def jsonlog(text: bytes) -> bytes:
    lines = []
    for number, entry in enumerate(wrapped.entries(text), 1):
        found = {"timestamp": "2026-01-01 00:00:00.000 UTC", "pid": 7, "line_num": number, "error_severity": "LOG"}
        lines.append(json.dumps(found | {"message": b"\n".join(entry).decode().split("LOG:  ")[-1]}) + "\n")
    return "".join(lines).encode()


LOGS = (STDERR, csvlog(STDERR), jsonlog(STDERR), *(wrap(STDERR) for wrap in wrapped.ALL))


def damaged(text: bytes, draw: random.Random) -> bytes:
    """Some bytes changed, removed, doubled or put in."""
    data = bytearray(text)
    for _ in range(draw.randrange(6)):
        start = draw.randrange(len(data) + 1)
        end = min(len(data), start + draw.choice((0, 1, 2, 30, 400)))
        match draw.randrange(4):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end]
            case 2:
                data[start:end] = draw.randbytes(end - start)
            case 3:
                data[start:start] = draw.choice((b"\n", b'"', b"\t", b"\0", b"LOG:  ", b"\r\n", b"\xff", b"{", b"'"))
    return bytes(data)


@settings(deadline=None)
@given(st.sampled_from(LOGS), st.randoms(use_true_random=False), st.booleans())
def test_damage_is_accounted_for(text: bytes, draw: random.Random, is_redacted: bool) -> None:
    data = damaged(text, draw)
    with tempfile.TemporaryDirectory() as folder:
        reading = read(data, Path(folder))
    [file] = reading.files
    assert file.account.size == len(data)
    assert is_whole(file.account)
    workload(reading.assembler.totals, [file.account], Limits(is_redacted=is_redacted))


def test_what_is_not_damaged_is_read_as_a_whole(tmp_path: Path) -> None:
    for text in LOGS:
        [file] = read(text, tmp_path).files
        assert (file.account.skipped, file.account.entries > 15) == (0, True)
