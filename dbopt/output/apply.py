"""What apply and undo did, and how far they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dbopt.output import units
from dbopt.output.report import Column, Report, Table

if TYPE_CHECKING:
    from dbopt.index.apply import Applied
    from dbopt.index.run import Item, Listener, Outcome, Plan
    from dbopt.index.undo import Undone

_STYLES = {"built": "green", "dropped": "green", "failed": "red", "unchanged": "dim"}


def report(result: Applied | Undone) -> Report:
    """One row per item."""
    columns = (
        Column("#", right=True),
        Column("index", wrap=True),
        Column("state"),
        Column("time", units.milliseconds, right=True),
        Column("size", units.size, right=True),
        Column("remark", wrap=True),
    )
    rows = tuple(
        (own.number, own.index, own.state, own.elapsed_ms, own.size_bytes, own.remark or None)
        for own in result.outcomes
    )
    styles = tuple(_STYLES[own.state] for own in result.outcomes)
    return Report(tables=(Table(columns, rows, styles=styles),), document=result)


def dry_run(plans: Sequence[Plan]) -> Report:
    return Report(sql=script(plans))


def script(plans: Sequence[Plan]) -> str:
    """The SQL that would be run, as a script for psql: what is not to be done stands there as a comment."""
    lines = []
    for plan in plans:
        lines.append(f"-- {plan.item.number}. {units.comment(_heading(plan))}")
        lines += [f"{step.sql};" for step in plan.todo.steps]
    return "\n".join(lines) + "\n"


def _heading(plan: Plan) -> str:
    if plan.error is not None:
        return f"{plan.todo.index} cannot be done: {plan.error.message}"
    return f"{plan.todo.index} {plan.todo.remark}" if plan.todo.remark else plan.todo.index


@contextmanager
def listening(note: Callable[[str], None], quiet: bool) -> Iterator[Listener]:
    """Show how it goes: a bar on a terminal, else a line on stderr for each item that has ended."""
    from dbopt.index.run import Listener

    if quiet:
        yield Listener()
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield Listener(on_end=lambda outcome: note(_line(outcome)))


def _line(outcome: Outcome) -> str:
    remark = f": {outcome.remark}" if outcome.remark else ""
    return f"{outcome.number}. {outcome.index} {outcome.state} ({outcome.elapsed_ms / 1000:.1f} s){remark}"


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from dbopt.index.run import Listener

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[phase]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, phase="")

        def start(item: Item) -> None:
            progress.reset(task, total=None, phase="", description=escape(f"{item.number}. {item.label}"))

        def move(phase: str, done: int, of: int) -> None:
            progress.update(task, completed=done, total=of or None, phase=escape(phase))

        yield Listener(on_start=start, on_progress=move)
