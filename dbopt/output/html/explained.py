"""Plans of a workload, or of one statement, as a page."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.output import page, units
from dbopt.output.html import archive, sql
from dbopt.output.html.bars import Part, bar
from dbopt.output.html.drawn import Drawn, draw
from dbopt.output.html.room import Room, room
from dbopt.output.html.shares import Shares, percent
from dbopt.output.html.totals import Totals, totals
from dbopt.output.plan import title
from dbopt.plan.explain import Explained, Plans

STYLES = ("report/plan.css", "report/statements.css")


@dataclass(frozen=True)
class Statement:
    """One statement: figures for the list, and what it opens to."""

    number: int
    one: Explained
    label: str
    sql: sql.Shown
    drawn: Drawn | None
    totals: tuple[Totals, ...]
    json: str
    elapsed_ms: float | None
    time: str
    cost: str
    top: str


def html(plans: Plans) -> str:
    """The page. JSON of plans stands in it as text where that is short, else all of it in one archive."""
    found = [(one.label, one.plan) for one in plans.statements if one.plan is not None]
    trees = [one.tree for one in plans.statements]
    shares = [None if tree is None else Shares.of(tree) for tree in trees]
    shown = room([one for one in shares if one is not None], [plan for _, plan in found])
    statements = [
        _statement(number, one, own, shown)
        for number, (one, own) in enumerate(zip(plans.statements, shares, strict=True), 1)
    ]
    measured = any(one.elapsed_ms is not None for one in statements)
    statements.sort(key=lambda one: -_value(one, measured=measured))
    whole = sum(_value(one, measured=measured) for one in statements)
    return page.render(
        "report/plans.html",
        STYLES,
        plans=plans,
        statements=statements,
        measured=measured,
        whole=units.milliseconds(whole) if measured else units.cost(whole),
        lane=bar([_part(one, measured=measured) for one in statements], whole) if len(statements) > 1 else (),
        explained=len(found),
        settings=sorted(plans.settings.items()),
        archive="" if shown.json_in_text else archive.archive(found),
        room=shown,
    )


def _statement(number: int, one: Explained, shares: Shares | None, shown: Room) -> Statement:
    elapsed = None if shares is None else shares.plan.execution_ms
    return Statement(
        number=number,
        one=one,
        label=one.name or units.one_line(one.sql) or one.id,
        sql=sql.shown(one.sql),
        drawn=None if shares is None else draw(f"{number}p", shares, one.findings, room=shown),
        totals=() if shares is None else totals([shares], brief=shown.brief),
        json=archive.compact(one.plan) if shown.json_in_text and one.plan is not None else "",
        elapsed_ms=elapsed,
        time=units.milliseconds(elapsed) if elapsed is not None else "",
        cost=units.cost(one.cost) if one.cost is not None else "",
        top="" if shares is None else _top(shares),
    )


def _value(one: Statement, *, measured: bool) -> float:
    """What statements are compared by: time where any was run, else cost."""
    return (one.elapsed_ms if measured else one.one.cost) or 0.0


def _part(one: Statement, *, measured: bool) -> Part:
    title = f"{one.label}: {one.time if measured else one.cost}"
    return Part(one.number, one.label, title, "same", _value(one, measured=measured))


def _top(shares: Shares) -> str:
    """The node that adds most."""
    number = max(range(len(shares.nodes)), key=shares.own)
    return f"{percent(shares.part(number))} {title(shares.nodes[number])}".strip()
