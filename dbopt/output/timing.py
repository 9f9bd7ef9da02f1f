"""Measurements and their comparison for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dbopt.output import units
from dbopt.output.report import Column, Report, Table
from dbopt.timing.model import Compared, Comparison, Timing, Timings

if TYPE_CHECKING:
    from dbopt.index.advice import Advice

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_STYLES = {"faster": "green", "slower": "red", "same": "dim", "inconclusive": "yellow"}
ORDER = ("slower", "faster", "same", "inconclusive")
_BAR_WIDTH = 16


def measured(timings: Timings) -> Report:
    """One row per statement."""
    columns = (
        Column("id"),
        Column("statement", units.one_line, elastic=True),
        Column("median", units.milliseconds, right=True),
        Column("runs", units.count, right=True),
        Column("spread", spread, picture=True),
        Column("rows", units.count, right=True),
        Column("hit", units.count, right=True),
        Column("read", units.count, right=True),
        Column("temp", units.count, right=True),
        Column("error", wrap=True),
    )
    rows = tuple(_measured_row(one) for one in timings.statements)
    done = [one.median_ms for one in timings.statements if one.median_ms is not None]
    footer = f"{len(done)} of {len(rows)} statements measured, {units.milliseconds(sum(done))} in all (sum of medians)"
    styles = tuple("red" if one.error else "" for one in timings.statements)
    return Report(tables=(Table(columns, rows, footer=footer, styles=styles),), document=timings)


def _measured_row(one: Timing) -> tuple[object, ...]:
    figures = (one.rows, one.shared_hit_blocks, one.shared_read_blocks, one.temp_blocks)
    return (
        one.id,
        one.name or one.sql,
        one.median_ms,
        len(one.runs_ms) or None,
        one.runs_ms or None,
        *figures,
        one.error,
    )


def spread(runs_ms: tuple[float, ...]) -> str:
    """The runs in their order as a little chart, each against the longest, and how far they lie apart."""
    longest = max(runs_ms)
    if longest <= 0:
        return ""
    chart = "".join(_LEVELS[min(len(_LEVELS) - 1, int(run / longest * len(_LEVELS)))] for run in runs_ms)
    return f"{chart} {100 * (longest - min(runs_ms)) / longest:.0f} %"


def compared(comparison: Comparison, before: Timings, after: Timings, advice: Advice | None = None) -> Report:
    """One row per statement, totals below. The page shows what was advised, too."""
    return Report(
        tables=(comparison_table(comparison),),
        document=comparison,
        html=lambda: html(comparison, before, after, advice),
        texts={"markdown": lambda: _markdown(comparison, before, after)},
    )


def comparison_table(comparison: Comparison) -> Table:
    columns = (
        Column("id"),
        Column("statement", units.one_line, elastic=True),
        Column("before", units.milliseconds, right=True),
        Column("after", units.milliseconds, right=True),
        Column("speedup", units.factor, right=True),
        Column("95 % interval", _interval_text),
        Column("", bar, picture=True),
        Column("verdict"),
        Column("plan"),
        Column("remark", wrap=True),
    )
    rows = tuple(_compared_row(one) for one in comparison.statements)
    styles = tuple(_STYLES[one.verdict] for one in comparison.statements)
    return Table(columns, rows, footer=_footer(comparison), styles=styles)


def _compared_row(one: Compared) -> tuple[object, ...]:
    interval = None if one.ci_low is None and one.ci_high is None else (one.ci_low, one.ci_high)
    plan = "changed" if one.plan_changed else None
    return (
        one.id,
        one.name or one.sql,
        one.before_ms,
        one.after_ms,
        one.speedup,
        interval,
        one.speedup,
        one.verdict,
        plan,
        one.note,
    )


def bar(speedup: float) -> str:
    """Time after as a part of the time before: a full bar is as slow as before, a bar with an arrow slower."""
    part = 1 / speedup if speedup else math.inf
    if part > 1.05:
        return "█" * _BAR_WIDTH + "▶"
    full, eighths = divmod(max(1, round(part * _BAR_WIDTH * 8)), 8)
    return "█" * full + _EIGHTHS[eighths]


def _interval_text(interval: tuple[float | None, float | None]) -> str:
    low, high = (units.factor(end) if end is not None else "?" for end in interval)
    return f"{low} to {high}"


def _footer(comparison: Comparison) -> str:
    total = comparison.total
    if total.before_ms is None or total.after_ms is None or total.speedup is None:
        return f"{counts(comparison)}; nothing was measured on both sides"
    saved = f"{units.factor(total.speedup)}, {change(total.before_ms, total.after_ms)}"
    sums = f"{units.milliseconds(total.before_ms)} before, {units.milliseconds(total.after_ms)} after"
    return f"total (sum of medians): {sums}, {saved}; {counts(comparison)}"


def counts(comparison: Comparison) -> str:
    """3 slower, 19 faster"""
    verdicts = [one.verdict for one in comparison.statements]
    return (
        ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ORDER if verdict in verdicts) or "no statement"
    )


def change(before_ms: float, after_ms: float) -> str:
    """The difference of a time as part of it: "83.1 % less"."""
    if not before_ms:
        return "no change"
    part = 1 - after_ms / before_ms
    return f"{units.percent(abs(part))} {'less' if part >= 0 else 'more'}"


def html(comparison: Comparison, before: Timings, after: Timings, advice: Advice | None = None) -> str:
    """The comparison as one page, with the plans that were kept."""
    from dbopt.output.html.comparison import html as page

    return page(comparison, before, after, advice=advice)


def _markdown(comparison: Comparison, before: Timings, after: Timings) -> str:
    from dbopt.output.compared_markdown import text

    return text(comparison, before, after)
