"""The files of a log."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard

from dbopt.errors import FileError, FileMissing
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from dbopt.workload.logs.sources import found, in_order
from tests.workload.logs.reads import is_whole, read, sums
from tests.workload.logs.written import log

TEXT = log("%m [%p] ").text
Pack = Callable[[bytes], bytes]
PACKS: dict[str, Pack] = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
PACKS["zst_in_a_stream"] = lambda data: _streamed(data)


def _streamed(data: bytes) -> bytes:
    """With a checksum, without the size of the content, and in blocks; behind a frame that says nothing, as pzstd's."""
    packing = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    blocks = b"".join(
        packing.compress(data[start : start + 500]) + packing.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for start in range(0, len(data), 500)
    )
    return b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + blocks + packing.flush()


def of(*paths: Path) -> Reading:
    with Reading(Filter()) as reading:
        reading.read(in_order(found([str(path) for path in paths])), lambda _: None)
    return reading


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_compressed_files_are_told_by_their_content(pack: Pack, tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    half = TEXT.index(b"\n", len(TEXT) // 2) + 1
    file.write_bytes(pack(TEXT[:half]) + pack(TEXT[half:]))
    reading = of(file)
    assert sums(reading.assembler) == sums(read(TEXT, tmp_path).assembler)
    assert (reading.files[0].account.size, reading.files[0].trouble) == (len(TEXT), None)


@pytest.mark.parametrize("pack", [PACKS["gz"], PACKS["zst_in_a_stream"]], ids=["gz", "zst"])
def test_a_damaged_file_gives_what_it_still_has_and_says_so(pack: Pack, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    packed = pack(log("%m [%p] ", entries=2000).text)
    file.write_bytes(packed[: len(packed) // 2])
    [read_file] = of(file).files
    assert 500 < read_file.account.entries < 1500
    assert "damaged" in (read_file.trouble or "")


@pytest.mark.parametrize("name", ["gz", "zst", "zst_in_a_stream"])
def test_wherever_a_compressed_file_is_cut_it_is_damaged(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    first = PACKS[name](TEXT)
    packed = first + PACKS[name](TEXT)
    for end in (len(first) // 2, len(first) - 1, len(first) + 3, len(first) + 9, len(packed) - 5, len(packed) - 1):
        file.write_bytes(packed[:end])
        assert "damaged" in (of(file).files[0].trouble or ""), f"cut at {end} of {len(packed)}"
    file.write_bytes(packed)
    assert of(file).files[0].trouble is None


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


def test_a_file_with_several_names_is_read_once(tmp_path: Path) -> None:
    file, link, twin = (tmp_path / name for name in ("pg.log", "current", "twin"))
    file.write_bytes(TEXT)
    link.symlink_to(file)
    twin.hardlink_to(file)
    spelled = f"{tmp_path}/./pg.log"
    [source] = found([str(file), spelled, str(link), str(twin), str(file)])
    assert (source.path, source.other_names) == (str(file), [spelled, str(link), str(twin)])


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        found([str(tmp_path / "none.log")])
    with pytest.raises(FileError, match="no log in"):
        found([str(tmp_path)])


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_what_cannot_be_read_is_an_error_that_names_it() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, closed = Path(name), Path(name) / "closed"
        closed.mkdir()
        (closed / "pg.log").write_bytes(TEXT)
        file = folder / "pg.log"
        file.write_bytes(TEXT)
        folder.chmod(0o755)
        for one in (closed, file):
            one.chmod(0)
        with without_privileges():
            for path in (closed, closed / "pg.log", file):
                with pytest.raises(FileError, match=f"cannot read {path}: Permission denied"):
                    in_order(found([str(path)]))
        closed.chmod(0o755)


# -- what can be read only once ---------------------------------------------------------------------------------------


def through_pipes(folder: Path, *contents: bytes) -> Reading:
    """Named pipes, each written when it is read."""
    pipes = [folder / f"pipe{number}" for number in range(len(contents))]
    for pipe in pipes:
        os.mkfifo(pipe)

    def write_all() -> None:
        for pipe, content in zip(pipes, contents, strict=True):
            with pipe.open("wb", buffering=0) as file:
                file.write(content[:1])  # less than what tells formats apart
                file.write(content[1:])

    writer = threading.Thread(target=write_all)
    writer.start()
    try:
        return of(*pipes)
    finally:
        writer.join()


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pipe_is_read_as_a_file_is(pack: Pack, tmp_path: Path) -> None:
    text = log("%m [%p] ", entries=4000).text
    reading = through_pipes(tmp_path, pack(text))
    assert sums(reading.assembler) == sums(read(text, tmp_path).assembler)
    assert (reading.files[0].account.size, reading.files[0].trouble) == (len(text), None)


def test_pipes_are_read_one_after_the_other_as_they_are_given(tmp_path: Path) -> None:
    """The second is perhaps written only when the first has ended: none is looked at to put them in order."""
    text = log("%m [%p] ", entries=8000).text
    half = text.index(b"\n", len(text) // 2) + 1
    reading = through_pipes(tmp_path, text[half:], text[:half])
    assert [file.account.size for file in reading.files] == [len(text) - half, half]


def test_a_damaged_pipe_gives_what_it_still_has(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT)
    [damaged] = through_pipes(tmp_path, packed[:12]).files
    assert (damaged.account.size, "damaged" in (damaged.trouble or "")) == (0, True)


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0", "-"])
def test_the_names_of_standard_input(path: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "dbopt", "capture", "logs", path, "--format", "json"],
        input=gzip.compress(TEXT), capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert b'"executions": 60' in run.stdout


def test_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(TEXT))))
    monkeypatch.setattr("sys.stdin", stream)
    with Reading(Filter()) as reading:
        reading.read(in_order(found(["-"])), lambda _: None)
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


def test_the_mark_of_utf_8_costs_no_entry(tmp_path: Path) -> None:
    reading = read(b"\xef\xbb\xbf" + TEXT, tmp_path)
    account = reading.files[0].account
    assert (account.skipped, account.recognised + account.continued) == (0, len(TEXT) + 3)
    assert sums(reading.assembler) == sums(read(TEXT, tmp_path).assembler)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_log_in_utf_16_is_read_as_its_text(encoding: str, pack: Pack, tmp_path: Path) -> None:
    text = log("%m [%p] ", entries=4000).text.replace(b"SELECT x", "SELECT 'Käse 🧀', x".encode())
    reading = read(pack(("\ufeff" + text.decode()).encode(encoding)), tmp_path)
    assert sums(reading.assembler) == sums(read(text, tmp_path).assembler)
    assert reading.files[0].account.size == len(text)


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
