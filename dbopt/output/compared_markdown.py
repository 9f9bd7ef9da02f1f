"""A comparison as Markdown, for a comment on a pull request: the totals, a table, and what changed in each plan."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from dbopt.output import timing, units
from dbopt.output.compared import Source, by_weight, sources
from dbopt.output.html.shares import Shares
from dbopt.output.markdown import LIMIT, code, escaped, fenced, within
from dbopt.output.plan import conditions, title
from dbopt.output.texts import clean, cut, line
from dbopt.timing.model import Comparison, Timings

_MARKS = {"faster": "🟢", "slower": "🔴", "same": "⚪", "inconclusive": "🟡"}
_TABLE_SHARE = 0.5
_CONDITION = 160  # characters of a condition in a plan diff
_TABLE_REMARK = "_{} more statements are left out here: the report would be too long._"
_DETAILS_REMARK = "_The plans of {} statements are left out: the report would be too long._"


def text(comparison: Comparison, before: Timings, after: Timings) -> str:
    """The totals in a heading, the statements in a table, the one that matters most first, and of each whose plan
    changed the difference; cut to what GitHub takes.
    """
    found = sorted(sources(comparison, before, after), key=by_weight)
    head = "\n".join(_head(comparison, before, after))
    table = within(LIMIT * _TABLE_SHARE - len(head), list(_rows(found)), _TABLE_REMARK)
    room = LIMIT - len(head) - len(table)
    details = within(room, [text for one in found if (text := _details(one))], _DETAILS_REMARK)
    return "\n\n".join(part.strip("\n") for part in (head, table, details) if part) + "\n"


def _head(comparison: Comparison, before: Timings, after: Timings) -> Iterator[str]:
    total = comparison.total
    if total.before_ms is None or total.after_ms is None or total.speedup is None:
        yield "## Nothing was measured on both sides\n"
    else:
        sums = f"{units.milliseconds(total.before_ms)} before, {units.milliseconds(total.after_ms)} after"
        yield f"## {sums}: {timing.change(total.before_ms, total.after_ms)}\n"
    servers = " and ".join(dict.fromkeys((before.server_version, after.server_version)))
    yield f"{timing.counts(comparison)}. Medians of the execution time on PostgreSQL {escaped(servers)}.\n"


def _rows(found: list[Source]) -> Iterator[str]:
    if found:
        yield "| | statement | before | after | speedup | |\n| --- | --- | ---: | ---: | ---: | --- |\n"
    for source in found:
        one = source.one
        times = [units.milliseconds(ms) if ms is not None else "" for ms in (one.before_ms, one.after_ms)]
        notes = [text for text in ("plan changed" if one.plan_changed else "", escaped(one.note or "")) if text]
        speedup = units.factor(one.speedup) if one.speedup is not None else ""
        cells = (f"{_MARKS[one.verdict]} {one.verdict}", _name(source), *times, speedup, "; ".join(notes))
        yield f"| {' | '.join(cells)} |\n"


def _name(source: Source) -> str:
    one = source.one
    return code(one.name or units.one_line(one.sql or one.id))


def _details(source: Source) -> str:
    """What changed in the plan, folded; empty where nothing did."""
    found = _difference(source)
    if not found:
        return ""
    sql = f"{fenced('sql', cut(clean(source.one.sql)))}" if source.one.sql else ""
    plan = fenced("diff", cut("\n".join(found)))
    return f"<details><summary>Plan of {_name(source)}</summary>\n\n{plan}{sql}</details>\n\n"


def _difference(source: Source) -> list[str]:
    """The lines of a diff of the plans; without plans, of their shapes."""
    before, after = source.shares
    if before is not None and after is not None:
        return [] if source.same_plan else _diff(_outline(before), _outline(after))
    if source.one.plan_changed and source.before and source.after:
        return [f"-{line(source.before.plan_shape or '')}", f"+{line(source.after.plan_shape or '')}"]
    return []


def _diff(before: list[str], after: list[str]) -> list[str]:
    """Whole plans, without a diff's headers."""
    whole = difflib.unified_diff(before, after, lineterm="", n=max(len(before), len(after)))
    return [text for number, text in enumerate(whole) if number > 2]


def _outline(shares: Shares) -> list[str]:
    """The tree in lines, with conditions but without figures: what changed stands out."""
    found = []
    depths = {0: 0}
    for node in shares.nodes:
        depth = depths[node.number]
        depths |= {child.number: depth + 1 for child in node.children}
        found.append(f"{'  ' * depth}{'-> ' if depth else ''}{line(title(node))}")
        found += [
            f"{'  ' * depth}     {name}: {units.one_line(line(condition), _CONDITION)}"
            for name, condition in conditions(node).items()
        ]
    return found
