"""Rewrites for people: both forms as one text with the changes marked, and tables; and as a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from dbopt.output.render import as_text
from dbopt.output.report import Column, Report, Table
from dbopt.output.units import comment, cost, one_line, percent
from dbopt.postgres.identifiers import quoted
from dbopt.rewrite.model import Refused, Rewrite, Rewrites
from dbopt.rewrite.text import parse, text
from dbopt.workload.lexer import Kind, parameter_numbers, tokens

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

_SAME, _OLD, _NEW = "  ", "- ", "+ "


@dataclass(frozen=True)
class Line:
    """A line of both forms: `mark` says whose it is. `parts` are its pieces, each with whether the other form lacks
    it.
    """

    mark: str
    parts: tuple[tuple[str, bool], ...]


def report(found: Rewrites, *, verbose: bool = False) -> Report:
    """What is offered, and what was withdrawn; with `verbose`, and of a single statement, also what was refused, and
    what is right and not worth it.
    """
    tables = [_offered(found)]
    every = verbose or found.statements == 1
    refused = tuple(one for one in found.refused if every or one.after_sql is not None)
    if refused:
        tables.append(_refused(refused))
    if verbose and found.not_worthwhile:
        tables.append(_not_worthwhile(found))
    return Report(
        tables=tuple(tables),
        document=found,
        sql=script(found),
        terminal=lambda: _drawn(found, tables, verbose=verbose),
        texts={"markdown": lambda: markdown(found, tables[1:])},
    )


def pretty(sql: str) -> str:
    """The statement, arranged; as it is where it cannot be read."""
    tree = parse(sql)
    return sql.strip() if tree is None else text(tree, pretty=True)


# -- tables ------------------------------------------------------------------------------------------------------------


def _offered(found: Rewrites) -> Table:
    columns = (
        Column("statement"),
        Column("rules", ", ".join, wrap=True),
        Column("cost", cost, right=True),
        Column("rewritten", cost, right=True),
        Column("saved", percent, right=True),
        Column("verified", lambda value: "yes" if value else "no"),
        Column("becomes", lambda sql: one_line(sql, 100), wrap=True),
        Column("remark", wrap=True),
    )
    rows = tuple(
        (one.label, one.rules, one.cost_before, one.cost_after, one.gain, one.verified, _becomes(one), one.evidence)
        for one in found.rewrites
    )
    return Table(columns, rows, title="Rewrites", footer=_footer(found))


def _becomes(one: Rewrite) -> str:
    return one.index_sql or one.after_sql


def _footer(found: Rewrites) -> str:
    made = sum(one.kind == "rewrite" for one in found.rewrites)
    where = f"the planner of {'a shadow' if found.what_if == 'shadow' else 'the server'}"
    parts = [f"{made} of {found.statements} statements rewritten"]
    for kind in ("template", "hint"):
        count = sum(one.kind == kind for one in found.rewrites)
        parts += [f"{count} {kind}{'s' if count > 1 else ''}"] if count else []
    parts.append(f"{len(found.refused)} refused")
    return f"{', '.join(parts)}; {found.planner_calls} calls of {where} ({found.server_version})"


def _refused(refused: Sequence[Refused]) -> Table:
    columns = (Column("statement"), Column("rule"), Column("reason", wrap=True))
    rows = tuple((one.label, one.rule, _reason(one)) for one in refused)
    return Table(columns, rows, title="Refused: the pattern is there, and it would be wrong or is not proven")


def _reason(one: Refused) -> str:
    return f"{one.reason}: {one.counterexample}" if one.counterexample else one.reason


def _not_worthwhile(found: Rewrites) -> Table:
    columns = (
        Column("statement"),
        Column("rules", ", ".join, wrap=True),
        Column("cost", cost, right=True),
        Column("rewritten", cost, right=True),
    )
    rows = tuple((one.id, one.rules, one.cost_before, one.cost_after) for one in found.not_worthwhile)
    return Table(columns, rows, title="Right, and not worth it")


# -- a script ----------------------------------------------------------------------------------------------------------


def script(found: Rewrites) -> str:
    """The statements as they are to be written, for psql. One with parameters is only prepared; a template stands there
    as a comment.
    """
    lines = [f"-- Made by dbopt rewrite ({found.what_if}, PostgreSQL {found.server_version})."]
    for number, one in enumerate(found.rewrites, 1):
        lines += ["", *(f"-- {comment(line)}" for line in _heading(number, one)), *_body(number, one)]
    return "\n".join(lines) + "\n"


def _heading(number: int, one: Rewrite) -> Iterator[str]:
    yield f"{number}. {one.label}: {', '.join(one.rules)}"
    yield f"cost {cost(one.cost_before)} -> {cost(one.cost_after)} ({percent(one.gain)} saved)"
    yield from one.reasons
    yield one.evidence


def _body(number: int, one: Rewrite) -> Iterator[str]:
    if one.index_sql is not None:
        yield f"{one.index_sql};"
        return
    written = one.after_sql.rstrip().rstrip(";")
    if one.kind == "template":
        yield from (f"-- {line}" for line in f"{written};".splitlines())
        return
    prepared = f"PREPARE {quoted(f'rewritten_{number}')} AS\n" if parameter_numbers(written) else ""
    yield f"{prepared}{written};"


# -- for pull requests -------------------------------------------------------------------------------------------------


def markdown(found: Rewrites, tables: Sequence[Table]) -> str:
    """Each rewrite as a diff, then what was refused."""
    parts = [f"{_footer(found)}\n"]
    for one in found.rewrites:
        saved = f"cost {cost(one.cost_before)} → {cost(one.cost_after)}, {percent(one.gain)} saved"
        lines = [f"### {one.label}: {', '.join(one.rules)}", "", f"{saved}. {comment(one.evidence)}.", ""]
        parts.append("\n".join([*lines, *_marked(one)]) + "\n")
    parts += [as_text(Report(tables=(table,)), "markdown") for table in tables]
    return "\n".join(parts)


def _marked(one: Rewrite) -> Iterator[str]:
    if one.index_sql is not None:
        yield from ("```sql", f"{one.index_sql};", "```")
        return
    yield "```diff"
    for line in changes(pretty(one.before_sql), one.after_sql):
        yield line.mark + "".join(written for written, _ in line.parts)
    yield "```"


# -- on a terminal -----------------------------------------------------------------------------------------------------


def changes(before: str, after: str) -> list[Line]:
    """Both texts as one, line by line."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Line(_SAME, ((line, False),)) for line in old[a:b]]
        else:
            found += _replaced(old[a:b], new[c:d])
    return found


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Lines that give way to others, with the words that differ."""
    left, right = _words("\n".join(old)), _words("\n".join(new))
    gone: list[tuple[str, bool]] = []
    come: list[tuple[str, bool]] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        gone.append(("".join(left[a:b]), kind != "equal"))
        come.append(("".join(right[c:d]), kind != "equal"))
    return [*_lines(_OLD, gone, bool(old)), *_lines(_NEW, come, bool(new))]


def _words(written: str) -> list[str]:
    found: list[str] = []
    for token in tokens(written):
        found += token.text.splitlines(keepends=True) if token.kind is Kind.SPACE else [token.text]
    return found


def _lines(mark: str, parts: Sequence[tuple[str, bool]], any_lines: bool) -> list[Line]:
    if not any_lines:
        return []
    rows: list[list[tuple[str, bool]]] = [[]]
    for written, changed in parts:
        for number, piece in enumerate(written.split("\n")):
            if number:
                rows.append([])
            if piece:
                rows[-1].append((piece, changed))
    return [Line(mark, tuple(row)) for row in rows]


def _drawn(found: Rewrites, tables: Sequence[Table], *, verbose: bool) -> Group:
    from rich.console import Group, RenderableType
    from rich.text import Text

    from dbopt.output.terminal import rich_table

    parts: list[RenderableType] = []
    for one in found.rewrites:
        parts += [_one(one), Text()]
    for table in tables[1:]:
        parts += [rich_table(table), Text()]
    if not found.rewrites and not verbose and found.not_worthwhile:
        parts.append(Text(f"{len(found.not_worthwhile)} are right and save too little (--verbose names them)", "dim"))
    parts.append(Text(_footer(found), style="bold"))
    return Group(*parts)


def _one(one: Rewrite) -> Text:
    from rich.text import Text

    saved = "green" if one.kind == "rewrite" else "yellow"
    drawn = Text.assemble((one.label, "bold cyan"), "  ", (", ".join(one.rules), "bold"))
    drawn.append(f"\ncost {cost(one.cost_before)} -> {cost(one.cost_after)}, ").append(
        f"{percent(one.gain)} saved", saved
    )
    for reason in one.reasons:
        drawn.append(f"\n{reason}", "dim")
    drawn.append(f"\n{'verified: ' if one.verified else ''}{one.evidence}", "green" if one.verified else "yellow")
    if one.index_sql is not None:
        return drawn.append(f"\n\n{one.index_sql};\n")
    drawn.append("\n")
    for line in changes(pretty(one.before_sql), one.after_sql):
        _draw_line(drawn, line)
    return drawn


def _draw_line(drawn: Text, line: Line) -> None:
    colour = {_OLD: "red", _NEW: "green"}.get(line.mark, "")
    drawn.append(f"\n{line.mark}", colour)
    for written, changed in line.parts:
        drawn.append(written, f"bold {colour}" if changed else colour)
