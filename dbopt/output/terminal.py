"""Results on a terminal, with Rich."""

from __future__ import annotations

from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from dbopt.output.report import Column, Report, Table


def draw(report: Report, console: Console | None = None) -> None:
    """Print the report: its own picture where it has one, else its tables."""
    out = console or Console(highlight=False)
    if report.terminal is not None:
        out.print(report.terminal())
        return
    for number, table in enumerate(report.tables):
        if number:
            out.print()
        out.print(rich_table(table))
        if table.footer:
            out.print(Text(table.footer, style="bold"))


def rich_table(table: Table) -> RichTable:
    """One table, drawn."""
    drawn = RichTable(
        title=table.title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
    )
    for column in table.columns:
        drawn.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not (column.wrap or column.elastic),
            overflow=_overflow(column),
        )
    for number, cells in enumerate(table.texts()):
        style = table.styles[number] if number < len(table.styles) else ""
        row = zip(table.columns, cells, strict=True)
        drawn.add_row(*(Text(cell, style, no_wrap=column.elastic, overflow=_overflow(column)) for column, cell in row))
    return drawn


def _overflow(column: Column) -> Literal["fold", "ellipsis"]:
    return "fold" if column.wrap else "ellipsis"
