"""Logs read while they grow, across rotation."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from dbopt.errors import UsageError
from dbopt.workload.logs.follow import Follower
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from tests.workload.logs.reads import is_whole


def entry(number: int) -> str:
    return f"2026-01-01 00:00:01.000 UTC [7] LOG:  duration: 1.000 ms  statement: SELECT {number} FROM t{number % 3}\n"


def entries(numbers: range) -> str:
    return "".join(entry(number) for number in numbers)


def calls(reading: Reading) -> int:
    return sum(one.calls for one in reading.assembler.totals.statements.values())


class Following:
    """A follower of some paths; `end` gives how many executions it saw, each byte accounted for."""

    def __init__(self, *paths: Path) -> None:
        self.reading = Reading(Filter())
        self.follower = Follower(self.reading, [str(path) for path in paths])

    def poll(self, times: int = 1) -> None:
        for _ in range(times):
            self.follower.poll()

    def end(self) -> int:
        self.follower.finish()
        assert all(is_whole(file.account) for file in self.reading.files)
        return calls(self.reading)


def append(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text)


def test_what_is_there_and_what_comes(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(file)
    following.poll()
    append(file, entries(range(5)))
    following.poll()
    append(file, entry(1))
    assert following.end() == 16


def test_a_prefix_is_found_out_anew_when_others_write(tmp_path: Path) -> None:
    """A log that begins with entries of processes without a session shows nothing of what stands behind %q."""
    file = tmp_path / "pg.log"
    file.write_text("2026-01-01 00:00:00.000 UTC [5] LOG:  starting PostgreSQL 18\n" * 3)
    following = Following(file)
    following.poll(8)
    append(file, "".join(entry(number).replace("[7]", "[7] u@d") for number in range(20)))
    following.poll(2)
    assert following.end() == 20
    assert following.reading.files[0].account.skipped == 0


def test_a_line_that_comes_in_parts(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(file)
    following.poll(7)
    for part in (entry(1)[:40], entry(1)[40:60], entry(1)[60:]):
        append(file, part)
        following.poll()
    assert following.end() == 11


def test_a_file_that_is_renamed_and_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(file)
    following.poll()
    file.rename(tmp_path / "pg.log.1")
    append(tmp_path / "pg.log.1", entry(1))  # the writer has not noticed yet
    file.write_text(entries(range(4)))
    following.poll(8)
    append(file, entry(2))
    assert following.end() == 16


def test_a_new_file_with_the_number_of_a_removed_one(tmp_path: Path) -> None:
    file, old = tmp_path / "pg.log", tmp_path / "pg.log.1"
    file.write_text(entries(range(10)))
    following = Following(tmp_path)
    following.poll()
    file.rename(old)
    file.write_text(entries(range(20, 24)))
    following.poll(8)
    with old.open("r+") as same_number:  # as a file system gives it to the next file
        same_number.truncate()
        same_number.write(entries(range(30, 33)))
    following.poll(8)
    assert following.end() == 17


def test_a_file_that_is_copied_and_cut(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(file)
    following.poll(8)
    file.write_text(entries(range(20, 23)))
    following.poll()
    append(file, entry(2))
    assert following.end() == 14


def test_a_file_that_is_cut_and_longer_again_before_anybody_looks(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(file)
    following.poll(8)
    file.write_text(entries(range(20, 50)))
    assert following.end() == 40


def test_new_files_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "pg-1.log").write_text(entries(range(10)))
    following = Following(tmp_path)
    following.poll()
    (tmp_path / "pg-2.log").write_text(entries(range(5)))
    following.poll(8)
    (tmp_path / "pg-3.log").write_text(entries(range(20, 23)))
    following.poll(8)
    assert following.end() == 18


def test_a_copy_that_rotation_made_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(30)))
    following = Following(tmp_path)
    following.poll(8)
    (tmp_path / "pg.log.1").write_text(file.read_text())
    file.write_text(entries(range(50, 53)))
    following.poll(8)
    assert following.end() == 33


# -- compressed files -------------------------------------------------------------------------------------------------

Pack = Callable[[bytes], bytes]
packs = pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gz", "zst"])


@packs
def test_compressed_ones_are_read_once_before_the_one_that_grows(pack: Pack, tmp_path: Path) -> None:
    """In the order of time: a statement at the end of one has its time at the beginning of the next."""
    text = "2026-01-01 00:00:00.000 UTC [8] LOG:  statement: SELECT 1 FROM late\n"
    (tmp_path / "pg.log.2.gz").write_bytes(pack((entries(range(10)) + text).replace("2026", "2025").encode()))
    file = tmp_path / "pg.log"
    file.write_text(text.replace("statement: SELECT 1 FROM late", "duration: 5.000 ms") + entries(range(20, 24)))
    following = Following(tmp_path)
    following.poll(8)
    append(file, entry(1))
    assert following.end() == 16
    assert 5000 in [one.total_us for one in following.reading.assembler.totals.statements.values()]
    assert [Path(report.name).name for report in following.reading.files] == ["pg.log.2.gz", "pg.log"]


@packs
@pytest.mark.parametrize("count", [3, 30])
def test_what_rotation_compresses_is_not_read_again(pack: Pack, count: int, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(count)))
    following = Following(tmp_path)
    following.poll()
    file.rename(tmp_path / "pg.log.1")
    file.write_text(entries(range(50, 53)))
    following.poll(8)
    packed = pack((tmp_path / "pg.log.1").read_bytes())
    for end in (5, len(packed) // 2, len(packed)):  # it takes its time
        (tmp_path / "pg.log.1.gz").write_bytes(packed[:end])
        following.poll(2)
    (tmp_path / "pg.log.1").unlink()
    following.poll(8)
    os.utime(tmp_path / "pg.log.1.gz", (0, 0))  # as gzip sets it
    following.poll(8)
    assert following.end() == count + 3


@packs
def test_a_compressed_one_that_comes_from_elsewhere_is_read_when_it_is_whole(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "pg.log").write_text(entries(range(10)))
    following = Following(tmp_path)
    following.poll(8)
    packed = pack(entries(range(100, 2100)).encode())
    for end in (len(packed) // 2, len(packed)):
        (tmp_path / "pg-old.log.gz").write_bytes(packed[:end])
        following.poll(3)
    following.poll(8)
    assert following.end() == 2010
    assert [file.trouble for file in following.reading.files] == [None, None]


def test_compressed_ones_alone_cannot_be_followed(tmp_path: Path) -> None:
    file = tmp_path / "pg.log.gz"
    file.write_bytes(gzip.compress(entries(range(10)).encode()))
    with pytest.raises(UsageError, match="compressed files do not grow"):
        Following(file)


def test_a_pipe_cannot_be_followed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe ends by itself"):
        Following(tmp_path / "pipe")


# -- what is no log ---------------------------------------------------------------------------------------------------


def test_a_directory_may_be_empty_for_a_moment(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(entries(range(10)))
    following = Following(tmp_path)
    following.poll()
    file.unlink()
    following.poll(8)
    file.write_text(entries(range(20, 24)))
    following.poll()
    assert following.end() == 14


def test_what_is_no_log_is_skipped_as_it_comes(tmp_path: Path) -> None:
    file, other = tmp_path / "pg.log", tmp_path / "other.log"
    file.write_text(entries(range(10)))
    other.write_text("nothing that PostgreSQL writes\n" * 40_000)
    following = Following(tmp_path)
    following.poll()
    assert sum(report.account.skipped for report in following.reading.files) > 0.7 * other.stat().st_size
    append(other, entries(range(3000)))  # it is one after all
    assert following.end() == 3010


def test_utf_16_is_not_followed_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_bytes(entries(range(10)).encode("utf-16"))
    following = Following(file)
    following.poll(8)
    assert following.end() == 0
    assert "UTF-16" in (following.reading.files[0].trouble or "")


def test_a_file_with_two_names_is_followed_once(tmp_path: Path) -> None:
    file, link = tmp_path / "pg.log", tmp_path / "current"
    file.write_text(entries(range(10)))
    link.symlink_to(file)
    following = Following(file, link)
    following.poll()
    append(file, entry(1))
    assert following.end() == 11
    assert [report.other_names for report in following.reading.files] == [(str(link),)]
