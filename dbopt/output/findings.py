"""Findings for people: below a plan's tree on a terminal, else a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dbopt.output.report import Column, Table
from dbopt.output.units import percent
from dbopt.plan.explain import Explained
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node

if TYPE_CHECKING:
    from rich.console import RenderableType

Titles = Callable[[Node], str]
_STATEMENT = "the statement"


def names(one: Explained) -> str:
    """The rules that found something, the gravest first."""
    return ", ".join(dict.fromkeys(finding.rule for finding in one.findings))


def table(one: Explained, title: Titles) -> Table:
    """All findings of a statement, with what to do."""
    columns = (
        Column("finding"),
        Column("node", wrap=True),
        Column("share", percent, right=True),
        Column("what is wrong", wrap=True),
        Column("what to do", wrap=True),
        Column("SQL", wrap=True),
    )
    rows = tuple(
        (
            finding.rule,
            _place(one, finding, title),
            finding.share,
            finding.message,
            finding.remedy,
            " ".join(f"{sql};" for sql in finding.sql),
        )
        for finding in one.findings
    )
    return Table(columns, rows, title=f"Findings in {one.label}")


def drawn(one: Explained, title: Titles) -> Iterator[RenderableType]:
    """The same on a terminal: a paragraph each, SQL on lines of its own."""
    from rich.padding import Padding
    from rich.text import Text

    for finding in one.findings:
        share = f" {percent(finding.share)}" if finding.share is not None else ""
        place = _place(one, finding, title)
        yield Text.assemble(("▲ ", "magenta"), (finding.rule, "bold magenta"), share, (f"  {place}", "bold"))
        yield Padding(Text(finding.message), (0, 0, 0, 2))
        yield Padding(Text(finding.remedy, "dim"), (0, 0, 0, 2))
        for sql in finding.sql:
            yield Padding(Text(f"{sql};", "cyan"), (0, 0, 0, 4))


def _place(one: Explained, finding: Finding, title: Titles) -> str:
    tree = one.tree
    nodes = tree.nodes if tree is not None else ()
    inside = finding.node is not None and finding.node < len(nodes)
    return title(nodes[finding.node]) if inside and finding.node is not None else _STATEMENT
