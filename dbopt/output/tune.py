"""What a tuning did, for people."""

from __future__ import annotations

from dbopt.output import timing, units
from dbopt.output.report import Column, Report, Table
from dbopt.tune.model import State, Tuning

_STYLES = {"kept": "green", "undone": "dim", "unchanged": "dim", "failed": "red"}
_BADGES = {"kept": "faster", "undone": "inconclusive", "unchanged": "same", "failed": "slower"}


def report(tuning: Tuning) -> Report:
    """The indexes with their fates, then the statements before and after."""
    tables = (_indexes(tuning),) if tuning.indexes else ()
    return Report(tables=(*tables, timing.comparison_table(tuning.comparison)), document=tuning)


def _indexes(tuning: Tuning) -> Table:
    columns = (
        Column("#", right=True),
        Column("index", wrap=True),
        Column("action"),
        Column("state"),
        Column("size", units.size, right=True),
        Column("saves", units.milliseconds, right=True),
        Column("reason", wrap=True),
    )
    rows = tuple(
        (number, one.index, one.action, one.state, one.size_bytes, one.saved_ms, one.reason)
        for number, one in enumerate(tuning.indexes, 1)
    )
    styles = tuple(_STYLES[one.state] for one in tuning.indexes)
    return Table(columns, rows, title="Indexes", footer=_footer(tuning), styles=styles)


def _footer(tuning: Tuning) -> str:
    return f"{_counts(tuning)}; saves: time times calls"


def _counts(tuning: Tuning) -> str:
    size = sum(one.size_bytes for one in tuning.kept if one.action == "create")
    counts = [sum(one.state == state for one in tuning.indexes) for state in _STYLES]
    said = [f"{number} {state}" for state, number in zip(_STYLES, counts, strict=True) if number]
    return f"{', '.join(said)}; new indexes take {units.size(size)}"


def html(tuning: Tuning, end: State) -> str:
    """The result as one page: the comparison with the plans that were kept, what was advised, and what became of it."""
    from dbopt.output.html.comparison import End
    from dbopt.output.html.comparison import html as page

    after = end.after or end.before
    return page(
        tuning.comparison,
        end.before.timings,
        after.timings,
        advice=end.advice,
        remarks=(f"Of the advice, {_counts(tuning)}.",) if tuning.indexes else (),
        ends={one.sql: End(_BADGES[one.state], one.state, one.reason) for one in tuning.indexes},
    )
