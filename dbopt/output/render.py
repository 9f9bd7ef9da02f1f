"""Draw a report in a format, on stdout or into a file."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dbopt import documents
from dbopt.errors import UsageError
from dbopt.output.report import Report, Table


def to_stdout(report: Report, format_name: str) -> None:
    """Print the report; a table on a terminal is drawn with Rich."""
    if format_name == "table" and sys.stdout.isatty():
        from dbopt.output import terminal

        terminal.draw(report)
        return
    sys.stdout.write(as_text(report, format_name))


def to_files(report: Report, formats: Mapping[Path, str]) -> None:
    """Write the report, each file whole or not at all, and none where one has no such form."""
    texts = {path: as_text(report, format_name) for path, format_name in formats.items()}
    for path, text in texts.items():
        documents.write_atomically(path, text)


def as_text(report: Report, format_name: str) -> str:
    """The report in that format. Raises UsageError where the report has no such form."""
    own = report.texts.get(format_name)
    if own is not None:
        return own()
    if format_name not in _FORMATS:
        raise _no_form(format_name)
    return _FORMATS[format_name](report)


def _plain(report: Report) -> str:
    return "\n".join(_tabulated(table, "simple") for table in report.tables)


def _markdown(report: Report) -> str:
    return "\n".join(_tabulated(table, "github", heading="### ") for table in report.tables)


def _tabulated(table: Table, style: str, heading: str = "") -> str:
    from tabulate import tabulate

    table = table.without_pictures()
    align = ["right" if column.right else "left" for column in table.columns]
    titles = [column.title for column in table.columns]
    cells = [[_escaped(cell) if style == "github" else cell for cell in row] for row in table.texts()]
    drawn = tabulate(
        cells, titles, style, colalign=align if cells else None, disable_numparse=True, preserve_whitespace=True
    )
    parts = [f"{heading}{table.title}\n" if table.title else "", drawn, f"\n{table.footer}" if table.footer else ""]
    return "\n".join(part for part in parts if part) + "\n"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def _csv(report: Report) -> str:
    """The first table, its raw values: the others are summaries for people."""
    if not report.tables:
        raise _no_form("csv")
    out = io.StringIO()
    table = report.tables[0].without_pictures()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.title for column in table.columns)
    writer.writerows(table.rows)
    return out.getvalue()


def _json(report: Report) -> str:
    if report.document is None:
        raise _no_form("json")
    return documents.dump(report.document)


def _sql(report: Report) -> str:
    if report.sql is None:
        raise _no_form("sql")
    return report.sql


def _html(report: Report) -> str:
    if report.html is None:
        raise _no_form("html")
    return report.html()


def _no_form(format_name: str) -> UsageError:
    return UsageError(f"this command has no {format_name} output", hint="--format table or json")


_FORMATS: dict[str, Callable[[Report], str]] = {
    "table": _plain,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "sql": _sql,
    "html": _html,
}
