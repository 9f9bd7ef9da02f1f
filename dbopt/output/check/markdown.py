"""A check as Markdown, for a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbopt.check import catalogue
from dbopt.check.model import Check, Checked
from dbopt.output import units
from dbopt.output.check import lines, words

LIMIT = 60_000
"""Characters. GitHub refuses a comment above 65,536, and the caller may want to add a line of its own."""
_TABLE_SHARE = 0.5
_CELL = 1000
_MARKS = {"regression": "❌", "error": "❌", "inconclusive": "⚠️", "pass": "✅"}
_EDGE = r"(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word is nothing but itself
_SPECIAL = re.compile(rf"([\\`*\[\]|~<>]|{_EDGE})")
_NOT_PLAIN = re.compile(rf"[^\w ./:,()-]|{_EDGE}")


def text(check: Check) -> str:
    """A heading with the verdict, a table of what did not just pass, and the plan diff of each; cut to LIMIT."""
    shown = lines.shown(check, verbose=False)
    head = "\n".join(_head(check))
    table = _within(LIMIT * _TABLE_SHARE - len(head), list(_rows(shown)), _table_remark)
    remedies = "".join(_remedies(shown))
    room = LIMIT - len(head) - len(table) - len(remedies)
    details = _within(room, [_details(one) for one in shown if _has_details(one)], _details_remark)
    return "\n\n".join(part.strip("\n") for part in (head, table, remedies, details) if part) + "\n"


def _head(check: Check) -> Iterator[str]:
    yield f"## {_MARKS.get(check.verdict, '')} dbopt check: {words.summary(check)}\n"
    yield f"{escaped(words.origin(check))}\n"
    yield "".join(f"> **{escaped(warning[:_CELL])}**\n>\n" for warning in words.warnings(check)[:10])


def _rows(shown: list[Checked]) -> Iterator[str]:
    if not shown:
        return
    yield "| verdict | statement | cost before | cost after | reasons |\n| --- | --- | ---: | ---: | --- |\n"
    for one in shown:
        place = f"<br>{code(words.location(one))}" if words.location(one) else ""
        name = f"{code(words.heading(one))}{place}"
        costs = [units.cost(cost) if cost is not None else "" for cost in (one.cost_before, one.cost_after)]
        reasons = "<br>".join(escaped(words.reason_text(reason)[:_CELL]) for reason in one.reasons[:5])
        yield f"| {lines.label(one)} | {' | '.join((name, *costs, reasons))} |\n"


def _remedies(shown: list[Checked]) -> Iterator[str]:
    rules = dict.fromkeys(
        reason.rule
        for one in shown
        if one.verdict in words.FAILING
        for reason in one.reasons
        if reason.effect in words.FAILING
    )
    if rules:
        yield "What to do:\n\n"
    for rule in rules:
        entry = catalogue.entry(rule)
        yield f"- **{rule}**: {escaped(entry.meaning)} {escaped(entry.remedy)}\n"


# -- details -----------------------------------------------------------------------------------------------------------


def _has_details(one: Checked) -> bool:
    return one.verdict not in ("new", "removed") and bool(one.plan_diff or one.sql)


def _details(one: Checked) -> str:
    figures = "".join(f"- {escaped(figure[:_CELL])}\n" for figure in words.figures(one))
    plan = fenced("diff", words.cut("\n".join(lines.diff(one)))) if one.plan_diff else ""
    sql = fenced("sql", words.cut(words.clean(one.sql))) if one.sql else ""
    title = f"<b>{lines.label(one)}</b> {code(words.heading(one))}"
    return f"<details><summary>{title}</summary>\n\n{figures}\n{plan}{sql}</details>\n\n"


def fenced(language: str, content: str) -> str:
    """A block of code that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{content}\n{fence}\n\n"


def _within(room: float, parts: list[str], remark: str) -> str:
    """As many of the parts, in order, as there is room for; a part that alone is too long is left out, too."""
    kept: list[str] = []
    left_out = 0
    room -= len(remark) + 10
    for part in parts:
        if len(part) <= room:
            kept.append(part)
            room -= len(part)
        else:
            left_out += 1
    return "".join(kept) + (f"\n{remark.format(left_out)}\n" if left_out else "")


_table_remark = "_{} more statements are left out here: the report would be too long._"
_details_remark = "_The details of {} statements are left out: the report would be too long._"


# -- escaping ----------------------------------------------------------------------------------------------------------


def escaped(content: str) -> str:
    """Text that is nothing but text: no markup, no cell's end, no formula, nobody called by an @."""
    plain = _SPECIAL.sub(r"\\\1", words.line(content).replace("&", "&amp;"))
    return plain.replace("$", "<span>$</span>").replace("@", "@<!-- -->")


def code(content: str) -> str:
    """Text in a code span, in HTML: Markdown's own cannot hold every character within a table."""
    plain = units.one_line(words.line(content), 200)
    return f"<code>{_NOT_PLAIN.sub(lambda found: _entity(found[0]), plain)}</code>"


def _entity(character: str) -> str:
    return f"&#{ord(character)};" if ord(character) < 128 else character
