"""A check as Markdown, for a comment on a pull request or the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check import catalogue
from dbopt.check.model import Check, Checked
from dbopt.output import units
from dbopt.output.check import lines, words
from dbopt.output.markdown import LIMIT, code, escaped, fenced, within
from dbopt.output.texts import clean, cut

_TABLE_SHARE = 0.5
_CELL = 1000
_TABLE_REMARK = "_{} more statements are left out here: the report would be too long._"
_DETAILS_REMARK = "_The details of {} statements are left out: the report would be too long._"
_MARKS = {"regression": "❌", "error": "❌", "inconclusive": "⚠️", "pass": "✅"}


def text(check: Check) -> str:
    """A heading with the verdict, a table of what did not just pass, and the plan diff of each; cut to LIMIT."""
    shown = lines.shown(check, verbose=False)
    head = "\n".join(_head(check))
    table = within(LIMIT * _TABLE_SHARE - len(head), list(_rows(shown)), _TABLE_REMARK)
    remedies = "".join(_remedies(shown))
    room = LIMIT - len(head) - len(table) - len(remedies)
    details = within(room, [_details(one) for one in shown if _has_details(one)], _DETAILS_REMARK)
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
    plan = fenced("diff", cut("\n".join(lines.diff(one)))) if one.plan_diff else ""
    sql = fenced("sql", cut(clean(one.sql))) if one.sql else ""
    title = f"<b>{lines.label(one)}</b> {code(words.heading(one))}"
    return f"<details><summary>{title}</summary>\n\n{figures}\n{plan}{sql}</details>\n\n"
