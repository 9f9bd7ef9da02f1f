"""Logs as syslog, clouds and containers pass them on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.workload.logs import blocks, wrappers
from dbopt.workload.logs.detect import Format
from dbopt.workload.logs.entries import Account
from tests.workload.logs import wrapped
from tests.workload.logs.reads import is_whole, read, sums
from tests.workload.logs.written import log

PREFIX = "%m [%p] %q%u@%d "
PLAIN = log(PREFIX).text


@pytest.mark.parametrize("wrap", wrapped.ALL, ids=lambda wrap: wrap.__name__)
def test_what_is_inside_counts_as_without_the_wrapping(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    expected = read(PLAIN, tmp_path)
    reading = read(wrap(PLAIN), tmp_path)
    account = reading.files[0].account
    assert sums(reading.assembler) == sums(expected.assembler)
    assert (account.entries, account.skipped) == (expected.files[0].account.entries, 0)
    assert is_whole(account)


@pytest.mark.parametrize(
    "wrap", [wrapped.syslog, wrapped.syslog_iso, wrapped.syslog_5424], ids=lambda wrap: wrap.__name__
)
def test_syslog_knows_the_process_where_the_prefix_is_empty(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Then the prefix is usually left empty, and pid and time are syslog's."""
    import re

    bare = re.sub(rb"(\[\d+-1\] ).*?((?:LOG|DETAIL):)", rb"\1\2", wrap(PLAIN))
    reading = read(bare, tmp_path)
    assert sums(reading.assembler, drawn=False) == sums(read(PLAIN, tmp_path).assembler, drawn=False)
    assert reading.assembler.totals.first


def test_heroku_as_it_is_shown(tmp_path: Path) -> None:
    prefix = (
        ' sql_error_code = %e time_ms = "%m" pid="%p" proc_start_time="%s" session_id="%c" vtid="%v" tid="%x" '
        'log_line="%l" database="%d" connection_source="%r" user="%u" application_name="%a" '
    )
    plain = log(prefix.strip(" ") + " ")
    lines = [b" " + b"\n".join(entry) for entry in wrapped.entries(plain.text)]
    text = b"".join(
        b"2026-11-26T15:15:05.123456+00:00 app[postgres.78]: [DATABASE] [%d-1] " % number
        + line.replace(b"\n\t", b"\n2026-11-26T15:15:05.123456+00:00 app[postgres.78]: [DATABASE] [%d-2] \t" % number)
        + b"\n"
        for number, line in enumerate(lines, 1)
    )
    expected = sums(read(plain.text, tmp_path).assembler)
    assert sums(read(text, tmp_path).assembler) == expected
    assert sums(read(text, tmp_path, prefix=prefix).assembler) == expected


def test_chunks_of_different_processes_come_interleaved(tmp_path: Path) -> None:
    lines = [
        b"Nov 26 15:15:05 db postgres[1]: [5-1] LOG:  duration: 1.000 ms  statement: SELECT a\n",
        b"Nov 26 15:15:05 db postgres[2]: [9-1] LOG:  duration: 2.000 ms  statement: SELECT x\n",
        b"Nov 26 15:15:05 db postgres[1]: [5-2] #011FROM b\n",
        b"Nov 26 15:15:05 db postgres[2]: [9-2] #011FROM y\n",
    ]
    samples = [one.samples.chosen[0][0] for one in read(b"".join(lines), tmp_path).assembler.totals.statements.values()]
    assert sorted(samples) == [b"SELECT a\nFROM b", b"SELECT x\nFROM y"]


def test_neither_a_document_without_events_nor_a_line_without_end_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wrappers, "LONGEST_TAIL", 10_000)
    monkeypatch.setattr(blocks, "LONGEST_ENTRY", 10_000)
    for form in (Format("stderr", PREFIX, wrappers.JSON), Format("stderr", PREFIX, "syslog")):
        reading = blocks.Blocks(form, Account())
        waiting = []
        for _ in range(100):
            reading.feed(b'"key": 1, ' * 100)
            waiting.append(reading.waiting_bytes)
        assert max(waiting) < 20_000
        reading.rest()
        assert is_whole(reading.account)


def test_parts_of_an_entry_without_a_first_one_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrappers, "MOST_PARTS", 100)
    unwrapper = wrappers.Unwrapper("syslog", is_marked=True)
    given = unwrapper.unwrapped(b"Nov 26 15:15:05 db postgres[1]: [5-2] #011FROM b\n" * 1000)
    assert given.count(b"FROM") + unwrapper.rest().count(b"FROM") == 1000
    assert given.count(b"FROM") > 850


def test_lines_of_other_programs_are_skipped(tmp_path: Path) -> None:
    foreign = b"Nov 26 15:15:05 db-1 cron[77]: (root) CMD (true)\nwithout any head\n"
    reading = read(wrapped.syslog(PLAIN) + foreign, tmp_path)
    assert is_whole(reading.files[0].account)
    assert 0 < reading.files[0].account.skipped <= len(foreign) + 60
