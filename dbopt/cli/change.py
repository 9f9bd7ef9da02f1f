"""What apply and undo share: their options, the question before a change, and the result after it."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Format, Run
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from dbopt.index.apply import Applied
    from dbopt.index.run import Listener, Plan
    from dbopt.index.undo import Undone
    from dbopt.postgres.patience import Limits

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the exact SQL and change nothing.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
LockTimeout = Annotated[
    str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for a lock before a new attempt.")
]
WaitTimeout = Annotated[
    str | None,
    typer.Option(
        "--wait-timeout",
        metavar="TIME",
        help="How long a begun change waits for other transactions; default: for ever.",
    ),
]
Retries = Annotated[int, typer.Option("--retries", min=0, metavar="N", help="New attempts to get a lock.")]


def limits(lock_timeout: str, wait_timeout: str | None, retries: int) -> Limits:
    """Raises UsageError for a text that is not a duration."""
    from dbopt.postgres.patience import Limits
    from dbopt.units import milliseconds

    wait_timeout_ms = round(milliseconds(wait_timeout)) if wait_timeout else 0
    return Limits(max(1, round(milliseconds(lock_timeout))), retries, wait_timeout_ms=wait_timeout_ms)


def check_format(run: Run, dry_run: bool) -> None:
    """A format that the result does not have is refused before anything is changed. Raises UsageError."""
    if dry_run and run.format not in (None, Format.SQL):
        raise UsageError("--dry-run prints SQL and nothing else", hint="leave out --format")
    if not dry_run and run.format in (Format.SQL, Format.HTML):
        raise UsageError(f"this command has no {run.format} output", hint="--dry-run prints the SQL")


def show_script(run: Run, script: str) -> int:
    """Print SQL that would be run."""
    from dbopt.output.report import Report

    dataclasses.replace(run, format=Format.SQL).emit(Report(sql=script))
    return 0


def show(run: Run, plans: Sequence[Plan]) -> int:
    """Print what would be run; 3 where something cannot be."""
    from dbopt.output import apply as output

    dataclasses.replace(run, format=Format.SQL).emit(output.dry_run(plans))
    return 3 if any(plan.error for plan in plans) else 0


def agreed(run: Run, plans: Sequence[Plan], database: str, yes: bool) -> bool:
    """Whether to go on with it; nobody is asked about nothing. Raises ConfirmationRequired."""
    from dbopt.output import apply as output

    if yes or not any(plan.todo.steps for plan in plans):
        return True
    run.note(output.script(plans))
    return run.confirm(f"Run this on database {database}?", yes)


@contextmanager
def listening(run: Run) -> Iterator[Listener]:
    """Show how it goes. A SIGTERM ends it as Ctrl-C does: what is half done is cleaned up."""
    from dbopt.output import apply as output

    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with output.listening(run.note, run.quiet) as listener:
            yield listener
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def naming(run: Run, undo_file: Path) -> Iterator[None]:
    """Should it end early, say where its undo file is."""
    try:
        yield
    except BaseException:
        if undo_file.exists():
            run.note(f"what was done until then: dbopt undo {undo_file}")
        raise


@contextmanager
def ending(run: Run, remark: str) -> Iterator[None]:
    """A SIGTERM ends it as Ctrl-C does; should it end early, say how to go on."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except BaseException:
        run.note(remark)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def finish(run: Run, result: Applied | Undone) -> int:
    """Print the result; 3 if an item failed."""
    from dbopt.output import apply as output

    if not result.outcomes:
        run.note("there is nothing to do")
    run.emit(output.report(result))
    for outcome in result.failed:
        run.note(f"{outcome.index}: {outcome.remark}" + (f"\nhint: {outcome.hint}" if outcome.hint else ""))
    return 3 if result.failed else 0
