"""What the gate found, in every form: one format, one file."""

from __future__ import annotations

from dbopt.check.model import Check, Checked
from dbopt.output import units
from dbopt.output.report import Column, Report, Table
from dbopt.output.texts import line


def report(check: Check, *, verbose: bool = False) -> Report:
    """The outcome of the gate. With `verbose`, tables on the terminal and in a log list what passed, too."""
    from dbopt.output.check import github, junit, lines, markdown, sarif

    return Report(
        tables=(table(check),),
        document=check,
        terminal=lambda: _drawn(check, verbose),
        texts={
            "table": lambda: lines.text(check, verbose),
            "markdown": lambda: markdown.text(check),
            "junit": lambda: junit.text(check),
            "sarif": lambda: sarif.text(check),
            "github": lambda: github.text(check),
        },
    )


def _drawn(check: Check, verbose: bool) -> object:
    from dbopt.output.check import terminal  # rich is only for terminals

    return terminal.drawn(check, verbose)


def table(check: Check) -> Table:
    """A row per statement, in the document's order, for CSV."""
    columns = (
        Column("id"),
        Column("name"),
        Column("verdict"),
        Column("cost_before", units.cost, right=True),
        Column("cost_after", units.cost, right=True),
        Column("before_ms", units.milliseconds, right=True),
        Column("after_ms", units.milliseconds, right=True),
        Column("rules"),
        Column("reasons"),
        Column("cause"),
        Column("was"),
        Column("location"),
    )
    return Table(columns, tuple(_row(one) for one in check.statements))


def _row(one: Checked) -> tuple[object, ...]:
    """Texts on one line each: not every program that reads CSV knows cells of several."""
    return (
        one.id,
        one.name and line(one.name),
        one.verdict,
        one.cost_before,
        one.cost_after,
        one.timing and one.timing.before_ms,
        one.timing and one.timing.after_ms,
        "; ".join(dict.fromkeys(reason.rule for reason in one.reasons)),
        "; ".join(line(reason.message) for reason in one.reasons),
        one.cause and line(one.cause.message),
        one.was and line(one.was),
        one.location and line(one.location),
    )
