"""What a command has to say, before it is drawn: a document for programs, tables for people, SQL for psql."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column of a table. `show` makes a cell's text; numbers stand to the right."""

    title: str
    show: Callable[[Any], str] = str
    right: bool = False
    wrap: bool = False  # may be folded when the terminal is narrow
    elastic: bool = False  # one line, cut first when the terminal is narrow
    picture: bool = False  # drawn on terminals only


@dataclass(frozen=True)
class Table:
    """Rows of raw values, one per column. A style is a Rich style by row number, for terminals only."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""
    footer: str = ""
    styles: tuple[str, ...] = ()

    def without_pictures(self) -> Table:
        """The table as text can show it."""
        kept = [number for number, column in enumerate(self.columns) if not column.picture]
        columns = tuple(self.columns[number] for number in kept)
        return replace(self, columns=columns, rows=tuple(tuple(row[number] for number in kept) for row in self.rows))

    def texts(self) -> list[list[str]]:
        """The cells as text; None is empty."""
        return [
            ["" if value is None else column.show(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Report:
    """A result. `document` is a dataclass with a SCHEMA, written as JSON; `sql` is a script; `html` a whole page.
    `texts` are forms of its own by the name of the format, in place of what would be made of the tables.
    """

    tables: tuple[Table, ...] = ()
    document: Any = None
    sql: str | None = None
    html: Callable[[], str] | None = None
    terminal: Callable[[], Any] | None = None  # a Rich renderable in place of the tables
    texts: Mapping[str, Callable[[], str]] = field(default_factory=dict)
