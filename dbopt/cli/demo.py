"""dbopt demo"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.errors import DboptError, FileError, Interrupted, UsageError

if TYPE_CHECKING:
    from dbopt.demo.shop import Size
    from dbopt.postgres.embedded import EmbeddedServer

DATABASE = "shop"
CONNECTIONS = 4
ROUNDS = 12

# What a user would type, in this order; each runs just as if it had been.
STEPS = (
    ("Find the slow statements", "capture statements --min-mean-ms 1 -o workload.json"),
    ("Time them as they are", "measure workload.json -o before.json"),
    ("Look for indexes, on a shadow of the database", "suggest workload.json -o advice.json"),
    ("Build them, without blocking writers", "apply advice.json --yes --undo-file undo.json"),
    ("Time the statements again", "measure workload.json -o after.json"),
)

_REPORT = ["compare", "before.json", "after.json", "--advice", "advice.json", "--html", "report.html", "-q"]

CLOSING = """
Now your own database (the connection string, or PGHOST, PGDATABASE, ... as for psql):

  dbopt doctor -d "host=... dbname=..."
  dbopt capture statements -d "host=... dbname=..." -o workload.json
  dbopt suggest workload.json -d "host=... dbname=..." -o advice.json
  dbopt apply advice.json -d "host=... dbname=..." --dry-run
"""


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.HTML))
    def demo(
        run: Run,
        scale: Annotated[float, typer.Option("--scale", metavar="S", help="Size of the data; 1: 2 M rows.")] = 1.0,
        keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Keep the files of all steps.")] = None,
    ) -> int:
        """Run the whole loop on an embedded PostgreSQL: capture, suggest, apply, compare."""
        if not 0 < scale <= 100:
            raise UsageError("--scale must be over 0 and at most 100")
        started = time.monotonic()
        outputs = [path.absolute() for path in run.outputs]
        folder = None if keep is None else _kept(keep)
        with _shop(run, scale) as server, chdir(folder or server.make_directory("steps")):
            for title, line in STEPS:
                _step(run, title, line.split())
            if keep is not None:
                _step(run, "Keep the report", _REPORT)
            _compare(run, outputs)
        run.note(f"\nThat took {time.monotonic() - started:.0f} s." + (f" The files are in {keep}." if keep else ""))
        run.note(CLOSING)
        return 0


def _kept(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the directory {folder}: {error.strerror}") from None
    return folder


@contextmanager
def _shop(run: Run, scale: float) -> Iterator[EmbeddedServer]:
    """An embedded server with the loaded shop that has been used for a while. DBOPT_DSN leads to it, and goes before
    whatever a dbopt.toml in the current directory names.
    """
    from dbopt.demo import shop
    from dbopt.postgres import embedded

    rows = shop.size(scale)
    run.note("dbopt demo: an embedded PostgreSQL 18, private to this run and gone after it\n")
    with embedded.start(settings={"shared_preload_libraries": "pg_stat_statements", "jit": "off"}) as server:
        with server.connect() as session:
            session.script(f"CREATE DATABASE {DATABASE}")
        with server.connect(DATABASE) as session, _timed(run, f"loaded a shop of {rows.rows:,} rows"):
            shop.load(session, rows, lambda table: run.detail(f"  {table}"))
        _use(run, server, rows)
        with _environment(DBOPT_DSN=server.dsn(DATABASE)):
            yield server


def _use(run: Run, server: EmbeddedServer, rows: Size) -> None:
    from dbopt.demo import application
    from dbopt.postgres.session import connect

    with ExitStack() as stack:
        dsn = server.dsn(DATABASE)
        sessions = [stack.enter_context(connect(dsn, application_name="shop")) for _ in range(CONNECTIONS)]
        kinds = len(application.statements())
        with _timed(run, f"ran its application: {kinds} kinds of statement over {CONNECTIONS} connections"):
            application.run(sessions, rows, ROUNDS)


@contextmanager
def _timed(run: Run, what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    run.note(f"{what} ({time.monotonic() - started:.1f} s)")


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Only these connection variables, for as long as the block runs."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("PG", "DBOPT_")):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _step(run: Run, title: str, arguments: list[str]) -> None:
    """Run one command as the user would, its output on stderr: stdout is for the demo's result."""
    run.note(f"\n# {title}\n$ dbopt {shlex.join(arguments)}")
    with redirect_stdout(sys.stderr):
        _succeed([*arguments, "-q"] if run.quiet else arguments)


def _compare(run: Run, outputs: list[Path]) -> None:
    arguments = ["compare", "before.json", "after.json"]
    run.note(f"\n# Before and after\n$ dbopt {shlex.join(arguments)}")
    formatted = ["--format", run.format.value] if run.format else []
    written = [argument for path in outputs for argument in ("-o", str(path))]
    _succeed([*arguments, *formatted, *written])


def _succeed(arguments: list[str]) -> None:
    """Run a command; findings are no failure here."""
    from dbopt.cli.main import main

    code = main(arguments)
    if code == Interrupted.exit_code:
        raise typer.Exit(code)  # the step has said so
    if code not in (0, 1, 4):
        raise DboptError(f"the step `dbopt {arguments[0]}` ended with exit code {code}")
