"""Two measurements of a workload as a page: totals, and for each statement its verdict, its text, what was found and
advised, and both plans side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.index.advice import Advice, CreateAdvice
from dbopt.output import page, timing, units
from dbopt.output.compared import Source, by_weight, elapsed, sources
from dbopt.output.html import archive, sql
from dbopt.output.html.bars import Part, Piece, bar
from dbopt.output.html.drawn import Drawn, changes_after, changes_before, draw
from dbopt.output.html.room import Room, room
from dbopt.output.html.shares import Shares
from dbopt.output.html.totals import Totals, totals
from dbopt.plan.explain import Plans
from dbopt.timing.model import Compared, Comparison, Timing, Timings, Total

STYLES = ("report/plan.css", "report/statements.css")


@dataclass(frozen=True)
class Serving:
    """An index of the advice that serves a statement, and what it makes of its cost."""

    number: int
    definition: str
    cost_before: str
    cost_after: str


@dataclass(frozen=True)
class End:
    """What became of an index of the advice, by a badge, and why."""

    badge: str
    state: str
    reason: str


@dataclass(frozen=True)
class Side:
    """One plan of a statement; `error` says why there is none."""

    title: str
    drawn: Drawn | None
    error: str
    json: str
    shape: str


@dataclass(frozen=True)
class Statement:
    """A statement as it is drawn. Where both plans are one and the same, `same_plan`, only the second side is shown.
    Widths are per cent of the longer time.
    """

    number: int
    one: Compared
    label: str
    sql: sql.Shown | None
    before_width: float
    after_width: float
    before_time: str
    after_time: str
    speedup: str
    interval: str
    sides: tuple[Side, ...]
    same_plan: bool
    totals: tuple[Totals, ...]
    serving: tuple[Serving, ...]
    not_advised: str


def html(
    comparison: Comparison,
    before: Timings,
    after: Timings,
    plans_before: Plans | None = None,
    plans_after: Plans | None = None,
    advice: Advice | None = None,
    remarks: tuple[str, ...] = (),
    ends: Mapping[str, End] | None = None,
) -> str:
    """The page. Plans are those given, else those that were kept with the measurements. `ends` are by the SQL of the
    advice.
    """
    ordered = sorted(sources(comparison, before, after, plans_before, plans_after), key=by_weight)
    found = [(f"{one.one.label}-{name}", plan) for one in ordered for name, plan in one.documents]
    shown = room([shares for one in ordered for shares in one.shares if shares], [plan for _, plan in found])
    statements = [_statement(number, source, advice, shown) for number, source in enumerate(ordered, 1)]
    verdicts = [one.verdict for one in comparison.statements]
    return page.render(
        "report/comparison.html",
        STYLES,
        statements=statements,
        total=comparison.total,
        change=timing.change,
        counts=[(verdict, verdicts.count(verdict)) for verdict in timing.ORDER if verdict in verdicts],
        lanes=_lanes(statements, comparison.total),
        before=before,
        after=after,
        settings=_changed_settings(before, after),
        advice=advice,
        has_advice=advice is not None and bool(advice.create or advice.drop or advice.maintain),
        remarks=remarks,
        ends=ends or {},
        numbers={one.one.id: one.number for one in statements if not one.one.name},
        archive="" if shown.json_in_text else archive.archive(found),
        room=shown,
    )


def _lanes(statements: Sequence[Statement], total: Total) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Where the time goes before and after, on one scale: of the statements that were measured on both sides."""
    whole = max(total.before_ms or 0.0, total.after_ms or 0.0)
    both = [one for one in statements if one.one.before_ms is not None and one.one.after_ms is not None]
    before = [_part(one, one.one.before_ms or 0.0) for one in both]
    return bar(before, whole), bar([_part(one, one.one.after_ms or 0.0) for one in both], whole)


def _part(one: Statement, elapsed: float) -> Part:
    title = f"{one.label}: {units.milliseconds(elapsed)}, {one.one.verdict}"
    return Part(one.number, one.one.name or f"#{one.number}", title, one.one.verdict, elapsed)


def _statement(number: int, source: Source, advice: Advice | None, shown: Room) -> Statement:
    one = source.one
    times = (elapsed(one.before_ms, source.before), elapsed(one.after_ms, source.after))
    longest = max(times) or 1.0
    sides, same, sums = _sides(number, source, shown)
    return Statement(
        number=number,
        one=one,
        label=one.name or units.one_line(one.sql or one.id),
        sql=sql.shown(one.sql) if one.sql else None,
        before_width=100 * times[0] / longest,
        after_width=100 * times[1] / longest,
        before_time=_time(one.before_ms, source.before),
        after_time=_time(one.after_ms, source.after),
        speedup=units.factor(one.speedup) if one.speedup is not None else "",
        interval=_interval(one),
        sides=sides,
        same_plan=same,
        totals=sums,
        serving=() if advice is None else tuple(_serving(one.id, advice)),
        not_advised="" if advice is None else next((no.reason for no in advice.not_advised if no.id == one.id), ""),
    )


def _time(median_ms: float | None, timing_: Timing | None) -> str:
    if median_ms is not None:
        return units.milliseconds(median_ms)
    return "timeout" if timing_ is not None and timing_.timeout_ms else "none"


def _interval(one: Compared) -> str:
    if one.ci_low is not None and one.ci_high is not None:
        return f"{units.factor(one.ci_low)} to {units.factor(one.ci_high)}"
    if one.ci_low is not None:
        return "at least"
    return "at most" if one.ci_high is not None else ""


# -- plans ------------------------------------------------------------------------------------------------------------


def _sides(number: int, source: Source, shown: Room) -> tuple[tuple[Side, ...], bool, tuple[Totals, ...]]:
    """The plans, whether they are the same, and sums over them."""
    before, after = source.shares
    if before is None or after is None:
        sides = (_side("Before", number, source, before, {}, shown), _side("After", number, source, after, {}, shown))
        return sides, False, totals([one for one in (before, after) if one is not None])
    old, new, matched = before.plan, after.plan, source.pairs
    if matched is None or source.same_plan:
        return (_side("After", number, source, after, {}, shown),), True, totals([before, after], brief=shown.brief)
    sides = (
        _side("Before", number, source, before, changes_before(matched, old, new), shown),
        _side("After", number, source, after, changes_after(matched, old, new), shown),
    )
    return sides, False, totals([before, after], brief=shown.brief)


def _side(title: str, number: int, source: Source, shares: Shares | None, changes: dict[int, str], shown: Room) -> Side:
    is_before = title == "Before"
    explained, measured = (source.plan_before, source.before) if is_before else (source.plan_after, source.after)
    findings = explained.findings if explained is not None else ()
    plan = explained.plan if explained is not None else None
    return Side(
        title=title,
        drawn=None
        if shares is None
        else draw(f"{number}{'a' if is_before else 'b'}", shares, findings, changes, shown),
        error=(measured.error if measured is not None else None) or "",
        json=archive.compact(plan) if shown.json_in_text and plan is not None else "",
        shape=(measured.plan_shape if measured is not None else None) or "",
    )


# -- advice -----------------------------------------------------------------------------------------------------------


def _serving(statement: str, advice: Advice) -> Sequence[Serving]:
    return [
        Serving(
            number,
            f"{index.table} ({', '.join(index.columns)})",
            units.cost(cost.cost_before),
            units.cost(cost.cost_after),
        )
        for number, index in enumerate(advice.create, 1)
        for cost in _costs(index, statement)
    ]


def _costs(index: CreateAdvice, statement: str) -> list[Any]:
    return [cost for cost in index.statements if cost.id == statement][:1]


def _changed_settings(before: Timings, after: Timings) -> list[tuple[str, str, str]]:
    names = sorted({*before.settings, *after.settings})
    sides = [(name, before.settings.get(name, "default"), after.settings.get(name, "default")) for name in names]
    return [(name, old, new) for name, old, new in sides if old != new]
