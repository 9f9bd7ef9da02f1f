"""A check on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from dbopt.check.model import Check, Checked, Effect
from dbopt.output.check import lines, words
from dbopt.output.texts import line

_STYLES = {
    "regression": "bold white on red",
    "error": "bold white on red",
    "inconclusive": "bold black on yellow",
    "improvement": "green",
    "new": "cyan",
    "removed": "cyan",
    "pass": "dim",
}
_SUMMARY = {"regression": "bold red", "error": "bold red", "inconclusive": "bold yellow"}
_EFFECTS: dict[Effect, str] = {
    "regression": "bold red",
    "inconclusive": "bold yellow",
    "improvement": "green",
    "note": "dim",
}
_DIFF = {"@": "cyan", "-": "red", "+": "green"}


def drawn(check: Check, verbose: bool) -> Group:
    """The statements worst first, then what is to be said loudly, then the counts."""
    parts: list[RenderableType] = [Text(words.origin(check), "dim")]
    for one in lines.shown(check, verbose):
        parts += [Text(), *_statement(one)]
    parts.append(Text())
    parts += [Text(text, "bold black on yellow") for text in words.warnings(check)]
    hint = lines.passed(check, verbose).rstrip()
    parts += [Text(hint, "dim")] if hint else []
    return Group(*parts, Text(words.summary(check), _SUMMARY.get(check.verdict, "bold green")))


def _statement(one: Checked) -> list[RenderableType]:
    fails = one.verdict in words.FAILING
    heading = Text.assemble((f" {lines.label(one)} " if fails else lines.label(one), _STYLES[one.verdict]), "  ")
    heading.append(words.heading(one), "bold" if fails else "")
    if words.location(one):
        heading.append(f"  {words.location(one)}", "dim")
    figures = [Text(figure) for figure in words.figures(one)]
    reasons = [
        Text.assemble((reason.rule, _EFFECTS[reason.effect]), f": {line(reason.message)}") for reason in one.reasons
    ]
    plan = [Text(line, _DIFF.get(line[:1], "dim")) for line in lines.diff(one)]
    return [
        heading,
        *(Padding(part, (0, 0, 0, 2)) for part in figures + reasons),
        *(Padding(part, (0, 0, 0, 4)) for part in plan),
    ]
