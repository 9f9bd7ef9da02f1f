"""Which lines go on with an entry: those that the server moved in by a tab, and no other program's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.workload.logs.reading import Reading
from tests.workload.logs import wrapped
from tests.workload.logs.reads import is_whole, read, sums
from tests.workload.logs.written import Backend, Writer, log

PREFIX = "%m [%p] %q%u@%d "
PLAIN = log(PREFIX).text  # with statements of two lines
TRACE = b"  File worker.py, line 3, in run\n    raise Empty\n"
FOREIGN = {
    "moved in": TRACE,
    "with a first line": b"Traceback (most recent call last):\n" + TRACE,
    "by one blank": b" no space left\n",
    "empty": b"\n",
}


def one_line_each() -> bytes:
    writer = Writer(PREFIX)
    for number in range(60):
        client = Backend(5120 + number % 3, "alice", "shop")
        writer.say(client, "LOG", f"duration: 1.000 ms  statement: SELECT x FROM t WHERE id = {number}")
    return writer.text


def between(text: bytes, foreign: bytes) -> tuple[bytes, int]:
    """The lines of another program behind every fifth entry, and how many bytes these are."""
    entries = [b"\n".join(entry) + b"\n" for entry in wrapped.entries(text)]
    mixed = b"".join(entry + (foreign if number % 5 == 0 else b"") for number, entry in enumerate(entries))
    return mixed, len(mixed) - len(text)


def assert_read_as(reading: Reading, text: bytes, skipped: int, folder: Path) -> None:
    account = reading.files[0].account
    assert sums(reading.assembler) == sums(read(text, folder).assembler)
    assert (account.skipped, is_whole(account)) == (skipped, True)


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("text", [PLAIN, one_line_each()], ids=["of two lines", "of one line"])
@pytest.mark.parametrize("prefix", [None, PREFIX], ids=["detected", "given"])
def test_lines_of_another_program_are_no_part_of_a_statement(
    prefix: str | None, text: bytes, foreign: bytes, tmp_path: Path
) -> None:
    mixed, skipped = between(text, foreign)
    assert_read_as(read(mixed, tmp_path, prefix=prefix), text, skipped, tmp_path)


@pytest.mark.parametrize("blanks", [b" ", b"    ", b"        "], ids=len)
@pytest.mark.parametrize("prefix", [None, PREFIX], ids=["detected", "given"])
def test_what_made_blanks_of_tabs_loses_nothing(prefix: str | None, blanks: bytes, tmp_path: Path) -> None:
    reading = read(PLAIN.replace(b"\t", blanks), tmp_path, prefix=prefix)
    account = reading.files[0].account
    assert (account.skipped, reading.assembler.totals.executions) == (0, 60)
    assert reading.assembler.totals.statements.keys() == read(PLAIN, tmp_path).assembler.totals.statements.keys()


@pytest.mark.parametrize("wrap", [wrapped.journal, wrapped.cri, wrapped.compose], ids=lambda wrap: wrap.__name__)
def test_so_it_is_where_another_program_wraps_each_line(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    mixed, skipped = between(PLAIN, TRACE)
    reading = read(wrap(mixed), tmp_path)
    account = reading.files[0].account
    assert sums(reading.assembler) == sums(read(PLAIN, tmp_path).assembler)
    assert (account.skipped, is_whole(account)) == (skipped, True)
    blanks = read(wrap(PLAIN.replace(b"\t", b"        ")), tmp_path)
    assert (blanks.files[0].account.skipped, blanks.assembler.totals.executions) == (0, 60)


@pytest.mark.parametrize(
    ("wrap", "foreign"),
    [
        (wrapped.compose, b"shop-1  | \tat com.example.Shop.main(Shop.java:7)\n"),
        (wrapped.journal, b"Nov 26 15:15:05 db-1 java[77]: \tat com.example.Shop.main(Shop.java:7)\n"),
    ],
    ids=["compose", "journal"],
)
def test_a_line_with_a_tab_of_another_writer_is_skipped(
    wrap: Callable[[bytes], bytes], foreign: bytes, tmp_path: Path
) -> None:
    lines = wrap(one_line_each()).splitlines(keepends=True)
    reading = read(b"".join(line + foreign for line in lines), tmp_path)
    assert_read_as(reading, one_line_each(), len(lines) * len(foreign), tmp_path)


def test_entries_of_processes_without_what_the_prefix_begins_with_are_read(tmp_path: Path) -> None:
    """Of `%h %m ...`, only a blank is left of %h."""
    writer = Writer("%h %m [%p] %q%u@%d ")
    for number in range(40):
        writer.say(Backend(7, "alice", "shop"), "LOG", f"duration: 1.000 ms  statement: SELECT\n{number} FROM t")
        if number % 10 == 0:
            writer.say(Backend(5, kind="checkpointer"), "LOG", "checkpoint starting: time")
    reading = read(writer.text, tmp_path)
    assert (reading.files[0].account.skipped, reading.files[0].account.entries) == (0, 44)
    assert len(reading.assembler.totals.statements) == 1
