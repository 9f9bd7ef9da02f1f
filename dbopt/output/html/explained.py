"""Plans of a workload, or of one statement, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.output import page, units
from dbopt.output.html import archive, sql
from dbopt.output.html.bars import Part, Piece, bar
from dbopt.output.html.drawn import Drawn, draw
from dbopt.output.html.room import Room, room
from dbopt.output.html.shares import Shares, percent
from dbopt.output.html.totals import Totals, totals
from dbopt.output.plan import title
from dbopt.plan.explain import Explained, Plans

_Known = tuple[Explained, Shares | None]
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
    time: str
    cost: str
    top: str


def html(plans: Plans) -> str:
    """The page. JSON of plans stands in it as text where that is short, else all of it in one archive."""
    found = [(one.label, one.plan) for one in plans.statements if one.plan is not None]
    trees = [one.tree for one in plans.statements]
    shares = [None if tree is None else Shares.of(tree) for tree in trees]
    shown = room([one for one in shares if one is not None], [plan for _, plan in found])
    measured = any(one is not None and one.plan.execution_ms is not None for one in shares)
    ordered = sorted(zip(plans.statements, shares, strict=True), key=lambda pair: -_value(*pair, measured=measured))
    statements = [_statement(number, one, own, shown) for number, (one, own) in enumerate(ordered, 1)]
    whole = sum(_value(one, own, measured=measured) for one, own in ordered)
    return page.render(
        "report/plans.html",
        STYLES,
        plans=plans,
        statements=statements,
        measured=measured,
        whole=units.milliseconds(whole) if measured else units.cost(whole),
        lane=_lane(statements, ordered, whole, measured=measured),
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
        time=units.milliseconds(elapsed) if elapsed is not None else "",
        cost=units.cost(one.cost) if one.cost is not None else "",
        top="" if shares is None else _top(shares),
    )


def _value(one: Explained, shares: Shares | None, *, measured: bool) -> float:
    """What statements are compared by: time where any was run, else cost."""
    if not measured:
        return one.cost or 0.0
    return (shares.plan.execution_ms if shares is not None else None) or 0.0


def _lane(
    statements: Sequence[Statement], ordered: Sequence[_Known], whole: float, *, measured: bool
) -> tuple[Piece, ...]:
    """What each statement takes of the whole; nothing for a single one."""
    if len(statements) < 2:
        return ()
    values = (_value(one, own, measured=measured) for one, own in ordered)
    return bar([_part(one, value, measured=measured) for one, value in zip(statements, values, strict=True)], whole)


def _part(one: Statement, value: float, *, measured: bool) -> Part:
    title = f"{one.label}: {one.time if measured else one.cost}"
    return Part(one.number, one.one.name or f"#{one.number}", title, "same", value)


def _top(shares: Shares) -> str:
    """The node that adds most."""
    number = max(range(len(shares.nodes)), key=shares.own)
    return f"{percent(shares.part(number))} {title(shares.nodes[number])}".strip()
