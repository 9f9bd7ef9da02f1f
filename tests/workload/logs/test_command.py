"""dbopt capture logs, as it is typed."""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.workload.logs import wrapped
from tests.workload.logs.written import log

Dbopt = Callable[..., tuple[int, str, str]]
PREFIX = "%m [%p] %q%u@%d "


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "pg.log"
    made.write_bytes(log(PREFIX).text)
    return made


def document(dbopt: Dbopt, *arguments: object) -> dict[str, Any]:
    code, out, err = dbopt("capture", "logs", *arguments, "--format", "json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_log_as_a_document(dbopt: Dbopt, file: Path) -> None:
    found = document(dbopt, file)
    assert (found["schema"], found["source"]["kind"]) == ("dbopt.workload/1", "logs")
    assert found["source"]["database"] == "billing,shop,shop-2"
    [one] = [one for one in found["statements"] if one["tables"] == ["t"]]
    assert (one["sql"], one["calls"], one["kind"]) == ("SELECT x\nFROM t WHERE id = $1", 40, "select")
    assert one["parameters_from"] == "captured"
    assert len(one["parameters"]) == 5
    assert one["mean_ms"] == pytest.approx(one["total_ms"] / 40)
    assert found["log"]["bytes"] == file.stat().st_size
    assert found["log"]["skipped_bytes"] == 0


def test_a_log_as_a_table(dbopt: Dbopt, file: Path) -> None:
    code, out, err = dbopt("capture", "logs", file)
    assert code == 0
    assert "SELECT x FROM t WHERE id = $1" in out
    assert "read 1 file, " in err
    assert "60 executions" in err


def test_the_workload_is_read_by_other_commands(dbopt: Dbopt, file: Path, tmp_path: Path) -> None:
    from dbopt.workload.files import load

    workload = tmp_path / "w.json"
    assert dbopt("capture", "logs", file, "-o", workload)[0] == 0
    loaded = load(str(workload))
    assert loaded.log is not None
    assert loaded.statements[0].log is not None


def test_a_given_prefix(dbopt: Dbopt, file: Path) -> None:
    assert document(dbopt, file, "--prefix", PREFIX)["log"]["executions"] == 60


def test_a_wrong_prefix_is_an_error_that_names_the_right_one(dbopt: Dbopt, file: Path) -> None:
    code, out, err = dbopt("capture", "logs", file, "--prefix", "%t:%r:%u@%d:[%p]:")
    assert (code, out) == (3, "")
    assert re.search(r"was recognised as a PostgreSQL log: skipped ([\d,]+) of \1 bytes", err)
    assert f"hint: the lines look as if --prefix '{PREFIX}' had written them" in err


def test_a_prefix_that_no_server_takes_is_wrong_usage(dbopt: Dbopt, file: Path) -> None:
    assert dbopt("capture", "logs", file, "--prefix", "%z")[0] == 2


@pytest.mark.parametrize("content", ["", "no log\nat all\n", "\0\1\2", '{"a": 1}\n', "[]\n"])
def test_what_is_no_log_is_an_error(dbopt: Dbopt, tmp_path: Path, content: str) -> None:
    file = tmp_path / "x"
    file.write_text(content)
    code, out, err = dbopt("capture", "logs", file)
    assert (code, out) == (3, "")
    assert "recognised as a PostgreSQL log" in err
    assert "hint: " in err


def test_what_cannot_be_read_is_an_error_that_names_it(dbopt: Dbopt, tmp_path: Path) -> None:
    name = "x" * 300
    code, _, err = dbopt("capture", "logs", name, "-o", tmp_path / "w.json")
    assert (code, f"cannot read {name}: File name too long" in err) == (3, True)


def test_utf_16_without_its_mark_is_hinted_at(dbopt: Dbopt, file: Path) -> None:
    file.write_bytes(file.read_bytes().decode().encode("utf-16-le"))
    code, _, err = dbopt("capture", "logs", file)
    assert (code, "hint: it looks like UTF-16" in err) == (3, True)


def test_several_names_of_a_file_are_remarked(dbopt: Dbopt, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(file)
    found = dbopt("capture", "logs", file, link)[2]
    assert f"{link}: the same file as {file}" in found
    assert "60 executions" in found


def test_a_cut_file_is_remarked(dbopt: Dbopt, file: Path) -> None:
    packing = zstandard.ZstdCompressor().compressobj()
    packed = packing.compress(file.read_bytes()) + packing.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    for content, expected in ((packed, 0), (packed[:20], 3)):
        file.write_bytes(content)
        code, _, err = dbopt("capture", "logs", file)
        assert (code, f"{file} is damaged" in err) == (expected, True)


def test_a_prefix_that_changes_is_told_of(dbopt: Dbopt, file: Path) -> None:
    file.write_bytes(file.read_bytes() + log("%t [%p] %u %d ", entries=20).text)
    code, _, err = dbopt("capture", "logs", file, "-v")
    assert code == 0
    assert "80 executions" in err
    assert f"{file}: 35 entries have the prefix '%t [%p] %u %d '" in err


def test_skipped_bytes_are_said(dbopt: Dbopt, file: Path) -> None:
    file.write_bytes(b"garbage\n" + file.read_bytes())
    assert f"{file}: skipped 8 of {file.stat().st_size:,} bytes in 1 place" in dbopt("capture", "logs", file)[2]


def test_a_log_without_texts_says_what_to_set(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text("2026-01-01 00:00:00.000 UTC [7] LOG:  duration: 1.000 ms\n" * 3)
    code, _, err = dbopt("capture", "logs", file)
    assert code == 3
    assert "hint: 3 entries have a time and no text (log_duration): log_min_duration_statement = 0" in err


def test_times_without_a_text_beside_others_are_told_of(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    times = ["duration: 1.000 ms"] * 4
    file.write_text(lines(*times, "duration: 200.000 ms  statement: SELECT a FROM t"))
    assert (
        "4 entries have a time and no text (log_duration): log_min_duration_statement"
        in dbopt("capture", "logs", file)[2]
    )
    file.write_text(lines(*times[:2], "execute <unnamed>: SELECT a FROM t", *times[:1]))  # of parse, bind and execute
    assert "no text" not in dbopt("capture", "logs", file)[2]


def lines(*messages: str) -> str:
    """A log of one process; those that start with a label follow the one before."""
    labelled = (text if text.split(":")[0].isupper() else f"LOG:  {text}" for text in messages)
    return "".join(f"2026-01-01 00:00:00.000 UTC [7] u@d {text}\n" for text in labelled)


FAILING = lines(
    "duration: 2.000 ms  statement: SELECT a FROM t WHERE b = 5",
    "ERROR:  canceling statement due to statement timeout",
    "STATEMENT:  SELECT a FROM t WHERE b = 6",
    "ERROR:  canceling statement due to user request",
    "STATEMENT:  select pg_sleep(1), 'x'",
    "duration: 0.100 ms  statement: SELECT 1",
    "ERROR:  division by zero",
    "STATEMENT:  SELECT 1/0",
    "duration: 0.100 ms  statement: VACUUM t",
    "ERROR:  canceling statement due to lock timeout",
    "STATEMENT:  ALTER ROLE r PASSWORD 'secret'",
)


def test_what_failed_or_was_cancelled_is_shown_be_it_a_ping_or_a_command(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(FAILING)
    found = document(dbopt, file)
    [one] = found["statements"]
    assert (one["calls"], one["log"]["errors"], one["log"]["cancelled"]) == (1, 0, 1)
    failed = {one["sql"]: (one["calls"], one["log"]["errors"], one["log"]["cancelled"]) for one in found["failed"]}
    assert failed == {
        "select pg_sleep($1), $2": (0, 0, 1),
        "SELECT $1/$2": (0, 1, 0),
        "ALTER ROLE r PASSWORD $1": (0, 0, 1),
    }
    assert "secret" not in json.dumps(found)
    _, out, err = dbopt("capture", "logs", file)
    titles, _, row, *others = out.splitlines()
    assert titles.split()[4:8] == ["rows", "failed", "cancelled", "parameters"]
    assert row.split()[6:8] == ["1", "captured"]
    assert "failed or cancelled" in others
    assert [line.split()[1:4] for line in others if "SELECT $1/$2" in line] == [["1", "division", "by"]]
    assert "errors: 4; statements that only failed or were cancelled: 3" in err
    assert "left out: 1 x ping\nleft out: 1 x utility command" in err


def test_redacted_no_command_that_failed_is_shown(dbopt: Dbopt, tmp_path: Path) -> None:
    """What looks like a name in a command may be a value: SET a.b = value."""
    file = tmp_path / "pg.log"
    file.write_text(FAILING)
    failed = [one["sql"] for one in document(dbopt, file, "--redact")["failed"]]
    assert sorted(failed) == ["SELECT $1/$2", "select pg_sleep($1), $2"]


def test_a_log_of_nothing_but_failures_is_a_workload_too(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_text(lines("ERROR:  division by zero", "STATEMENT:  SELECT 1/0"))
    found = document(dbopt, file)
    assert (found["statements"], [one["sql"] for one in found["failed"]]) == ([], ["SELECT $1/$2"])
    _, out, _ = dbopt("capture", "logs", file)
    assert out.splitlines()[0] == "failed or cancelled"


@pytest.mark.parametrize(
    ("text", "options", "hint"),
    [
        (lines("duration: 1.000 ms  statement: SELECT 1", "duration: 1.000 ms  statement: BEGIN"), (),
         "all that was found is left out: 1 x ping, 1 x utility command"),
        (lines("duration: 1.000 ms  statement: SELECT a FROM t"), ("--min-calls", "2"),
         "lower --min-calls and --min-mean-ms: they leave out one statement"),
        (lines("duration: 1.000 ms  execute fetch from x/c: SELECT a FROM t"), (),
         "all that was found is left out: 1 x statement that began before the log"),
        (lines("ERROR:  syntax error", "STATEMENT:  SELEC x"), ("--redact",),
         "all that was found is left out: 1 x failed statement, whose text may be no SQL"),
    ],
)  # fmt: skip
def test_nothing_to_show_is_an_error_that_says_why(
    dbopt: Dbopt, tmp_path: Path, text: str, options: tuple[str, ...], hint: str
) -> None:
    file = tmp_path / "pg.log"
    file.write_text(text)
    code, out, err = dbopt("capture", "logs", file, *options)
    assert (code, out) == (3, "")
    assert f"hint: {hint}\n" in err


def test_a_statement_of_which_the_log_tells_no_execution_but_what_it_did(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    spilled = 'temporary file: path "base/pgsql_tmp/pgsql_tmp7.0", size 100'
    waiting = "process 7 still waiting for ShareLock on transaction 9 after 1000.500 ms"
    file.write_text(lines(spilled, "STATEMENT:  SELECT a FROM t ORDER BY a", waiting, "STATEMENT:  UPDATE t SET a = 1"))
    found = document(dbopt, file)
    shown = {one["sql"]: (one["calls"], one["total_ms"], one["log"]) for one in found["statements"]}
    calls, total_ms, logged = shown["SELECT a FROM t ORDER BY a"]
    assert (calls, total_ms, logged["temp_files"], logged["temp_bytes"]) == (None, None, 1, 100)
    calls, total_ms, logged = shown["UPDATE t SET a = $1"]
    assert (calls, total_ms, logged["lock_waits"], logged["lock_wait_ms"]) == (None, None, 1, 1000.5)
    assert dbopt("capture", "logs", file, "--min-calls", "2")[0] == 3


def test_times_that_may_be_of_other_sessions_are_remarked(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    named = lines("statement: SELECT a FROM t", "duration: 1.000 ms") * 5
    remark = "5 times, plans and temporary files on lines of their own may be given to statements of other sessions"
    file.write_text(named)
    assert remark not in dbopt("capture", "logs", file)[2]
    file.write_text(named.replace(" [7]", ""))
    code, _, err = dbopt("capture", "logs", file, "--prefix", "%m %u@%d ")
    assert (code, remark in err) == (0, True)
    file.write_text(lines("duration: 1.000 ms  statement: SELECT a FROM t").replace(" [7]", ""))
    assert "may be given" not in dbopt("capture", "logs", file)[2]


def test_filters(dbopt: Dbopt, file: Path) -> None:
    everything = document(dbopt, file)["log"]["executions"]
    parts = [document(dbopt, file, "--database", name)["log"]["executions"] for name in ("shop", "shop-2", "billing")]
    assert sum(parts) == everything
    assert all(parts)
    assert document(dbopt, file, "--user", "bob_2")["log"]["executions"] == parts[2]
    code, _, err = dbopt("capture", "logs", file, "--database", "none")
    assert code == 3
    assert "hint: it has statements in billing, shop, shop-2" in err


def test_one_log_in_two_formats_is_remarked(dbopt: Dbopt, file: Path) -> None:
    message = '"duration: 1.000 ms  statement: SELECT 1 FROM t"'
    time = "2026-01-01 00:00:00.000 UTC"
    record = f'{time},"u","d",7,"[local]",6b084cf9.1,1,"SELECT",{time},5/0,0,LOG,00000,{message},,,,,,,,,"psql"'
    (file.parent / "pg.csv").write_text(f"{record}\n")
    assert "count several times" in dbopt("capture", "logs", file, file.parent / "pg.csv")[2]
    assert "count several times" not in dbopt("capture", "logs", file.parent)[2]


def test_a_copy_is_remarked(dbopt: Dbopt, file: Path) -> None:
    packed = file.with_name("pg.log.1.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    err = dbopt("capture", "logs", file, packed)[2]
    assert f"{file}, {packed}: they look like one file, whose statements count several times; name one" in err
    packed.write_bytes(gzip.compress(file.read_bytes() + b"2026-01-01 00:00:00.000 UTC [7] LOG:  x\n"))
    assert "look like one file" not in dbopt("capture", "logs", file, packed)[2]


def test_redacted(dbopt: Dbopt, file: Path) -> None:
    found = document(dbopt, file, "--redact")
    assert not any(one["parameters"] for one in found["statements"])


def test_several_processes_read_the_same(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "pg.log"
    file.write_bytes(log(PREFIX, entries=40_000).text)
    one, two = (document(dbopt, file, "--jobs", jobs) for jobs in (1, 2))
    assert one["statements"] == two["statements"]
    assert one["log"] == two["log"]


def test_a_wrapped_log_says_so(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "messages"
    file.write_bytes(wrapped.syslog(log(PREFIX).text))
    code, _, err = dbopt("capture", "logs", file, "-v")
    assert code == 0
    assert f"{file}: stderr with the prefix '{PREFIX}' in syslog" in err


def test_following_ends_with_a_signal_and_the_workload(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "w.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "dbopt", "capture", "logs", str(file), "--follow", "-o", str(out)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "following" in process.stderr.readline()
        file.rename(tmp_path / "pg.log.1")
        file.write_text("2026-01-01 00:00:00.000 UTC [7] u@d LOG:  duration: 1.000 ms  statement: SELECT 1 FROM late\n")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.communicate()
    assert {"t", "late"} <= {table for one in json.loads(out.read_text())["statements"] for table in one["tables"]}


def test_following_for_a_while(dbopt: Dbopt, file: Path) -> None:
    assert document(dbopt, file, "--follow", "--for", "500ms")["log"]["executions"] == 60


def test_compressed_files_cannot_be_followed(dbopt: Dbopt, file: Path) -> None:
    file.write_bytes(gzip.compress(file.read_bytes()))
    code, _, err = dbopt("capture", "logs", file, "--follow")
    assert (code, "compressed files do not grow" in err) == (2, True)


def test_standard_input_cannot_be_followed(dbopt: Dbopt) -> None:
    assert dbopt("capture", "logs", "-", "--follow")[0] == 2
