"""The files of a log."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
import zstandard

from dbopt.errors import FileError, FileMissing
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from dbopt.workload.logs.sources import Source, found, in_order
from tests.workload.logs.reads import is_whole, read, sums
from tests.workload.logs.written import log

TEXT = log("%m [%p] ").text


def of(*paths: Path) -> Reading:
    with Reading(Filter()) as reading:
        reading.read(in_order(found([str(path) for path in paths])), lambda _: None)
    return reading


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: zstandard.ZstdCompressor().compress(data)], ids=["gz", "zst"]
)
def test_compressed_files_are_told_by_their_content(pack: object, tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    half = TEXT.index(b"\n", len(TEXT) // 2) + 1
    file.write_bytes(pack(TEXT[:half]) + pack(TEXT[half:]))  # type: ignore[operator]
    reading = of(file)
    assert sums(reading.assembler) == sums(read(TEXT, tmp_path).assembler)
    assert reading.files[0].account.size == len(TEXT)


def test_a_damaged_file_gives_what_it_still_has_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.log.gz"
    packed = gzip.compress(log("%m [%p] ", entries=2000).text)
    file.write_bytes(packed[: len(packed) // 2])
    [read_file] = of(file).files
    assert 500 < read_file.account.entries < 1500
    assert "damaged" in (read_file.trouble or "")


def test_rotated_files_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    """A statement at the end of one file has its time at the beginning of the next."""
    (tmp_path / "pg.log.1").write_bytes(b"2026-01-01 00:00:01.000 UTC [7] LOG:  statement: SELECT 1 FROM t\n")
    (tmp_path / "pg.log").write_bytes(b"2026-01-01 00:00:02.000 UTC [7] LOG:  duration: 5.000 ms\n")
    reading = of(tmp_path / "pg.log", tmp_path / "pg.log.1")
    assert [Path(file.name).name for file in reading.files] == ["pg.log.1", "pg.log"]
    assert [one.total_us for one in reading.assembler.totals.statements.values()] == [5000]


def test_of_one_log_in_several_formats_a_directory_gives_one(tmp_path: Path) -> None:
    for name in ("pg-1.log", "pg-1.csv", "pg-1.json", "pg-2.log", "README.md"):
        (tmp_path / name).write_text("x")
    assert [Path(source.path).name for source in found([str(tmp_path)])] == ["pg-1.json", "pg-2.log"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "pg.log").write_bytes(TEXT)
    assert len(found([str(tmp_path), str(tmp_path / "pg.log")])) == 1


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        found([str(tmp_path / "none.log")])
    with pytest.raises(FileError, match="no log in"):
        found([str(tmp_path)])


def test_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(TEXT))))
    monkeypatch.setattr("sys.stdin", stream)
    with Reading(Filter()) as reading:
        reading.read(in_order([Source("-")]), lambda _: None)
    assert sums(reading.assembler) == sums(read(TEXT, tmp_path).assembler)


@pytest.mark.parametrize(
    "text",
    [
        TEXT[:-20],  # the last line is cut
        TEXT.replace(b"SELECT x", b"SELECT \xff\xfe\xc3x"),
        TEXT.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + TEXT,
        b"garbage\n" + TEXT + b"more of it",
        TEXT.replace(b"LOG:", b"\0LOG:", 3),
    ],
)
def test_every_byte_is_accounted_for(text: bytes, tmp_path: Path) -> None:
    [read_file] = read(text, tmp_path).files
    assert read_file.account.size == len(text)
    assert is_whole(read_file.account)
    assert read_file.account.entries > 30


def test_lines_of_windows_say_the_same(tmp_path: Path) -> None:
    text = TEXT + b"2026-09-21 23:00:00.000 UTC [9] LOG:  statement: SELECT a\n\tFROM t\n"
    text += b"2026-09-21 23:00:00.000 UTC [9] LOG:  duration: 1.000 ms\n"
    assert sums(read(text.replace(b"\n", b"\r\n"), tmp_path).assembler) == sums(read(text, tmp_path).assembler)


def test_a_long_beginning_without_sessions_does_not_mislead(tmp_path: Path) -> None:
    beginning = b"2026-01-01 00:00:00.000 UTC [5] LOG:  checkpoint starting: time\n" * 6000
    rest = b"2026-01-01 00:00:01.000 UTC [7] u@d LOG:  duration: 1.000 ms  statement: SELECT 1 FROM t\n" * 60_000
    reading = read(beginning + rest, tmp_path)
    assert (reading.files[0].account.skipped, reading.assembler.totals.executions) == (0, 60_000)


def test_skipped_bytes_are_counted_to_the_byte(tmp_path: Path) -> None:
    garbage = b"nothing that PostgreSQL writes\n"
    [read_file] = read(garbage + TEXT + garbage, tmp_path).files
    assert (read_file.account.skipped, read_file.account.gaps) == (2 * len(garbage), 2)
