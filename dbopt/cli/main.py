"""The entry point: registers the commands and turns errors into a message, a hint and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from dbopt import __version__
from dbopt.cli import (
    apply,
    archive,
    capture,
    check,
    compare,
    demo,
    doctor,
    explain,
    measure,
    partition,
    rewrite,
    snapshot,
    suggest,
    tune,
    undo,
)
from dbopt.cli.command import group
from dbopt.errors import DboptError, FileError, Interrupted, UsageError

# Typer's own exceptions: everything a wrong command line raises, and leaving early.
_WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]

app = group("Makes a PostgreSQL database fast and keeps it fast.", completion=True)


def _version(value: bool) -> None:
    if value:
        print(f"dbopt {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Makes a PostgreSQL database fast and keeps it fast."""


apply.register(app)
archive.register(app)
capture.register(app)
check.register(app)
compare.register(app)
demo.register(app)
doctor.register(app)
explain.register(app)
measure.register(app)
partition.register(app)
rewrite.register(app)
snapshot.register(app)
suggest.register(app)
tune.register(app)
undo.register(app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (docs/reference.md)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = app(args=arguments, prog_name="dbopt", standalone_mode=False)
    except (DboptError, _WrongUsage, KeyboardInterrupt, typer.Abort) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        return _complain(_as_ours(error))
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except (BrokenPipeError, SystemExit):  # Typer makes the second of the first: the reader of our output left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # the standard output is full, for example
        return _complain(FileError(f"cannot write the result: {error.strerror}"))
    return int(result or 0)


def _as_ours(error: BaseException) -> DboptError:
    if isinstance(error, DboptError):
        return error
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Interrupted()
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "dbopt"
    return UsageError(error.format_message(), hint=f"{command} --help")  # type: ignore[attr-defined]


def _complain(error: DboptError) -> int:
    print(f"dbopt: error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return error.exit_code
