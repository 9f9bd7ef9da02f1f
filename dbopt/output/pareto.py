"""The curve of cost against storage: a plot and a table for a terminal, text when piped, a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbopt.index.pareto import Pareto, Point
from dbopt.output import chart, page, render, units
from dbopt.output.report import Column, Report, Table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, Group, RenderableType

_WIDEST, _HEIGHT = 100, 17
_PIPED_WIDTH = 80


def report(pareto: Pareto) -> Report:
    """A plot in plain characters and a table when piped, a drawn plot on a terminal."""
    tables = (_table(pareto),)
    plain = Report(tables=tables)
    return Report(
        tables=tables,
        document=pareto,
        html=lambda: html(pareto),
        terminal=lambda: _drawn(pareto),
        texts={"table": lambda: f"{_plain_plot(pareto)}{render.as_text(plain, 'table')}"},
    )


def _table(pareto: Pareto) -> Table:
    columns = (
        Column("#", right=True),
        Column("budget", units.size, right=True),
        Column("storage", units.size, right=True),
        Column("cost", units.percent, right=True),
        Column("indexes", units.count, right=True),
        Column("", str),
        Column("change", wrap=True),
    )
    rows = tuple(
        (
            number,
            point.budget_bytes,
            point.storage_bytes,
            point.relative_cost,
            len(point.indexes),
            "knee" if number == pareto.knee else "",
            ", ".join(steps(pareto, number)),
        )
        for number, point in enumerate(pareto.points)
    )
    styles = tuple("bold magenta" if number == pareto.knee else "" for number in range(len(rows)))
    return Table(columns, rows, title="What storage buys", footer=footer(pareto), styles=styles)


def steps(pareto: Pareto, number: int) -> list[str]:
    """What the set of a point has more than that of the point before, and what it no longer has."""
    if number == 0:
        return []
    before, now = pareto.points[number - 1].indexes, pareto.points[number].indexes
    return [
        *(f"+{short(index)}" for index in now if index not in before),
        *(f"-{short(index)}" for index in before if index not in now),
    ]


def short(definition: str) -> str:
    return definition.replace(" USING btree", "", 1)


def footer(pareto: Pareto) -> str:
    if len(pareto.points) == 1:
        return f"No index is worth building ({pareto.what_if}, {units.count(pareto.planner_calls)} plans)"
    asked = f"{pareto.what_if}, {units.count(pareto.planner_calls)} plans"
    if pareto.knee is None:
        return f"no knee: the curve does not flatten ({asked})"
    point = pareto.points[pareto.knee]
    return (
        f"knee: {units.size(point.storage_bytes)} leave {units.percent(point.relative_cost)} of the cost ({asked}); "
        f"dbopt suggest --budget {budget_option(point)}"
    )


def budget_option(point: Point) -> str:
    """The budget as the option takes it: whole kilobytes, rounded up."""
    return f"{-(-point.budget_bytes // 1024)}kB"


# -- the plot ---------------------------------------------------------------------------------------------------------


def _plot(pareto: Pareto, width: int, *, ascii_only: bool) -> list[list[chart.Piece]]:
    points = [(float(point.storage_bytes), point.relative_cost) for point in pareto.points]
    axes = chart.Axes(points, x_text=units.size, y_text=chart.percent)
    return chart.staircase(axes, pareto.knee, width, _HEIGHT, ascii_only=ascii_only)


def _plain_plot(pareto: Pareto) -> str:
    if len(pareto.points) < 2:
        return ""
    rows = ("".join(text for text, _ in line).rstrip() for line in _plot(pareto, _PIPED_WIDTH, ascii_only=True))
    return "cost of the workload against storage\n\n" + "\n".join(rows) + "\n\n"


def _drawn(pareto: Pareto) -> Group:
    from rich.console import Group
    from rich.text import Text

    from dbopt.output.terminal import rich_table

    table = _table(pareto)
    parts: list[RenderableType] = []
    if len(pareto.points) > 1:
        parts += [Text("Cost of the workload against storage", "bold"), Text(), _Plot(pareto), Text()]
    return Group(*parts, rich_table(table), Text(table.footer, "bold"))


@dataclass(frozen=True)
class _Plot:
    pareto: Pareto

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.text import Text

        plain = options.ascii_only or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        width = min(options.max_width, _WIDEST)
        for line in _plot(self.pareto, width, ascii_only=plain or console.is_dumb_terminal):
            yield Text.assemble(*line, no_wrap=True)


# -- the page ---------------------------------------------------------------------------------------------------------


def html(pareto: Pareto) -> str:
    """The curve as one page."""
    return page.render(
        "report/pareto.html",
        ("report/pareto.css",),
        pareto=pareto,
        picture=chart.picture([(float(one.storage_bytes), one.relative_cost) for one in pareto.points], units.size),
        steps=[steps(pareto, number) for number in range(len(pareto.points))],
        short=short,
        knee=pareto.points[pareto.knee] if pareto.knee is not None else None,
        budget_option=budget_option,
        last=pareto.points[-1],
    )
