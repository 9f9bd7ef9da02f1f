"""Logs whose log_line_prefix was changed while the server ran."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path

import pytest

from dbopt.workload.logs.reading import Reading
from tests.workload.logs import wrapped
from tests.workload.logs.reads import is_whole, read
from tests.workload.logs.test_follow import Following
from tests.workload.logs.written import log

PREFIXES = (
    "%m [%p] ",
    "%m [%p] %q%u@%d ",
    "%t:%r:%u@%d:[%p]:",
    "[%p] %n %c %l ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
)
OLD, NEW = PREFIXES[1], PREFIXES[4]


def counts(reading: Reading) -> dict[str, tuple[int, int]]:
    return {key: (one.calls, one.total_us) for key, one in reading.assembler.totals.statements.items()}


def assert_all_read(reading: Reading, executions: int) -> None:
    [file] = reading.files
    assert (file.account.skipped, reading.assembler.totals.executions) == (0, executions)
    assert is_whole(file.account)


def entries(text: bytes) -> list[bytes]:
    """Each with its further lines."""
    return [b"\n".join(entry) + b"\n" for entry in wrapped.entries(text)]


@pytest.mark.parametrize(("first", "second"), [*pairwise(PREFIXES), *pairwise(reversed(PREFIXES))])
@pytest.mark.parametrize(("before", "after"), [(300, 40), (40, 300), (300, 3)])
def test_both_parts_are_read(first: str, second: str, before: int, after: int, tmp_path: Path) -> None:
    text = log(first, entries=before).text + log(second, entries=after).text
    assert_all_read(read(text, tmp_path), before + after)


def test_it_may_be_changed_and_changed_back(tmp_path: Path) -> None:
    text = b"".join(log(prefix, entries=100).text for prefix in (OLD, NEW, OLD, PREFIXES[3], NEW))
    assert_all_read(read(text, tmp_path), 500)


def test_processes_write_between_each_other_that_have_heard_of_it_and_that_have_not(tmp_path: Path) -> None:
    old, new = (entries(log(prefix, entries=400).text) for prefix in (OLD, NEW))
    half = len(old) // 2
    mixed = chain.from_iterable(zip(old[half:], new[:half], strict=False))
    text = b"".join([*old[:half], *mixed, *new[half:]])
    assert_all_read(read(text, tmp_path), 800)


def test_what_is_read_in_blocks_by_several_processes_is_the_same(tmp_path: Path) -> None:
    """The part that the prefix is found out from ends long before the change."""
    text = b"".join(log(prefix, seed, 30_000).text for seed, prefix in enumerate((OLD, NEW, OLD)))
    one, two = (read(text, tmp_path, jobs=jobs) for jobs in (1, 2))
    assert_all_read(one, 90_000)
    assert_all_read(two, 90_000)
    assert counts(one) == counts(two)


@pytest.mark.parametrize("wrap", [wrapped.syslog, wrapped.cri, wrapped.cloudwatch_json], ids=lambda wrap: wrap.__name__)
def test_it_may_be_wrapped(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    text = log(OLD, entries=300).text + log("%m [%p]: user=%u,db=%d ", entries=100).text
    assert_all_read(read(wrap(text), tmp_path), 400)


def test_it_may_be_followed(tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_bytes(log(OLD, entries=100).text)
    following = Following(file)
    following.poll(8)
    for entry in entries(log(NEW, entries=200).text):
        with file.open("ab") as stream:
            stream.write(entry)
        following.poll()
    following.end()
    assert_all_read(following.reading, 300)


def test_a_prefix_that_is_given_is_taken_at_its_word(tmp_path: Path) -> None:
    old, new = log(OLD, entries=300).text, log(NEW, entries=100).text
    [file] = read(old + new, tmp_path, prefix=OLD).files
    assert file.account.skipped == len(new)


def test_errors_of_other_programs_in_syslog_are_no_entries(tmp_path: Path) -> None:
    foreign = b'Nov 26 15:15:05 db-1 psql[77]: ERROR:  relation "t" does not exist\n'
    text = wrapped.syslog(log("%m [%p] %u@%d ", entries=4000).text)
    own = re.sub(rb"(\[\d+-1\] )\S+ \S+ \S+ \[\d+\] ", rb"\1", text)
    reading = read(own + foreign * 100, tmp_path)
    [file] = reading.files
    assert (reading.assembler.totals.executions, file.account.kinds["error"]) == (4000, 0)
    assert is_whole(file.account)


def test_errors_of_other_programs_are_no_entries(tmp_path: Path) -> None:
    foreign = b'psql:load.sql:12: ERROR:  relation "t" does not exist\nLINE 1: SELECT 1\n'
    own = entries(log(OLD).text)
    text = b"".join(entry + foreign for entry in own)
    [file] = read(text, tmp_path).files
    assert (file.account.skipped, file.account.gaps) == (len(own) * len(foreign), len(own))
    assert is_whole(file.account)
