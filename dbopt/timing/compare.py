"""Before and after: a verdict per statement, and totals. Pure.

The speedup is the ratio of the medians, before / after, with a 95 % bootstrap interval. Changes of up to 5 % either way
count as none (a region of practical equivalence, Kruschke 2018):

- same: the medians differ by less than 5 % and the interval does not reach beyond 15 %; or they differ by less than
  0.05 ms; or the runs are identical.
- faster, slower: the whole interval lies beyond 5 % and the Mann-Whitney test agrees (p < 0.05). Fewer than four runs a
  side cannot reach that p: then all runs of one side must beat all of the other, by a factor of two in the median.
- inconclusive: everything else, and statements that were not measured on both sides. Also a difference of less than
  half between runs of the same plan that gave the same rows from the same blocks: it is the machine's, and a machine's
  slow minute is no news about a statement.

A run that hit its time limit took at least that long: where one side timed out and the other finished, the speedup is a
bound (of a timeout before: at least so much faster), its other end open (null), and the verdict follows from the bound.
The side that timed out has no median (null) and no part in the totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from dbopt.timing.model import Compared, Comparison, Timing, Timings, Total, Verdict
from dbopt.timing.statistics import median, rank_sum_p, ratio_interval

SAME_WITHIN = 1.05
UNCERTAIN_WITHIN = 1.15
SAME_BELOW_MS = 0.05
SIGNIFICANT = 0.05
CLEAR_FACTOR = 2.0
DRIFT_FACTOR = 1.5
_SMALLEST_MS = 0.001  # EXPLAIN's resolution: a run is never shorter, so that ratios exist


T = TypeVar("T", bound="Labelled")


def compare(before: Timings, after: Timings) -> Comparison:
    """Compare two measurements of the same workload: first the statements of `before`, then those only in `after`."""
    compared = tuple(_compare(one, other) for one, other in pairs(before, after))
    return Comparison(compared, _total(compared))


def pairs(before: Timings, after: Timings) -> list[tuple[Timing | None, Timing | None]]:
    """What belongs together: by id and, since files may hold several statements that differ in literals only, by name
    and place among those that share both.
    """
    earlier, later = keyed(before.statements), keyed(after.statements)
    return [(earlier.get(key), later.get(key)) for key in {**earlier, **later}]


class Labelled(Protocol):
    """Something about a statement."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str | None: ...


def keyed(found: Iterable[T]) -> dict[tuple[str, str | None, int], T]:
    """By id, name and place among those that share both."""
    seen: Counter[tuple[str, str | None]] = Counter()
    by_key = {}
    for one in found:
        name = (one.id, one.name)
        by_key[*name, seen[name]] = one
        seen[name] += 1
    return by_key


def _compare(before: Timing | None, after: Timing | None) -> Compared:
    either = before or after
    if either is None:
        raise ValueError("nothing to compare")
    blank = Compared(
        id=either.id,
        before_ms=_median(before),
        after_ms=_median(after),
        speedup=None,
        ci_low=None,
        ci_high=None,
        verdict="inconclusive",
        plan_changed=bool(before and after and _shapes_differ(before, after)),
        name=either.name,
        sql=either.sql,
    )
    if before is None or after is None:
        return replace(blank, note=f"only measured {'after' if before is None else 'before'}")
    if _never_finished(before) or _never_finished(after):
        return _bounded(blank, before, after)
    if not before.runs_ms or not after.runs_ms:
        side, error = ("before", before.error) if not before.runs_ms else ("after", after.error)
        return replace(blank, note=f"{side}: {error or 'not measured'}")
    measured = _measured(blank, _floored(before.runs_ms), _floored(after.runs_ms))
    return _doubted(measured) if _same_work(before, after) else measured


def _never_finished(timing: Timing) -> bool:
    """Every run hit the time limit: a lower bound is all there is to know."""
    return bool(timing.timeout_ms) and not timing.runs_ms


def _measured(blank: Compared, before: list[float], after: list[float]) -> Compared:
    low, high = ratio_interval(before, after)
    speedup = median(before) / median(after)
    return replace(blank, speedup=speedup, ci_low=low, ci_high=high, verdict=_verdict(before, after, low, high))


def _doubted(measured: Compared) -> Compared:
    """The comparison of two measurements of the same work: only a big difference is one."""
    low, high = measured.ci_low or 0.0, measured.ci_high or 0.0
    if measured.verdict not in ("faster", "slower") or low > DRIFT_FACTOR or high < 1 / DRIFT_FACTOR:
        return measured
    return replace(measured, verdict="inconclusive", note="same plan, same blocks: the machine made the difference")


def _same_work(before: Timing, after: Timing) -> bool:
    def work(timing: Timing) -> tuple[object, ...]:
        blocks = (timing.shared_hit_blocks or 0) + (timing.shared_read_blocks or 0)
        return (timing.plan_shape, timing.rows, blocks, timing.temp_blocks)

    return before.plan_shape is not None and work(before) == work(after)


def _verdict(before: list[float], after: list[float], low: float, high: float) -> Verdict:
    if before == after or abs(median(before) - median(after)) < SAME_BELOW_MS:
        return "same"
    alike = 1 / SAME_WITHIN < median(before) / median(after) < SAME_WITHIN
    if alike and low > 1 / UNCERTAIN_WITHIN and high < UNCERTAIN_WITHIN:
        return "same"
    if low > SAME_WITHIN and _certain(before, after):
        return "faster"
    if high < 1 / SAME_WITHIN and _certain(after, before):
        return "slower"
    return "inconclusive"


def _certain(longer: list[float], shorter: list[float]) -> bool:
    if rank_sum_p(longer, shorter) < SIGNIFICANT:
        return True
    return min(longer) > max(shorter) and median(longer) >= CLEAR_FACTOR * median(shorter)


def _bounded(blank: Compared, before: Timing, after: Timing) -> Compared:
    """At least one side hit its time limit."""
    if before.timeout_ms and not after.timeout_ms and after.runs_ms:
        bound = before.timeout_ms / median(_floored(after.runs_ms))
        verdict: Verdict = "faster" if bound > SAME_WITHIN else "inconclusive"
        note = f"before: {before.error}; the speedup is at least this"
        return replace(blank, before_ms=None, speedup=bound, ci_low=bound, verdict=verdict, note=note)
    if after.timeout_ms and not before.timeout_ms and before.runs_ms:
        bound = median(_floored(before.runs_ms)) / after.timeout_ms
        verdict = "slower" if bound < 1 / SAME_WITHIN else "inconclusive"
        note = f"after: {after.error}; the speedup is at most this"
        return replace(blank, after_ms=None, speedup=bound, ci_high=bound, verdict=verdict, note=note)
    notes = [f"{side}: {one.error}" for side, one in (("before", before), ("after", after)) if one.error]
    return replace(blank, before_ms=None, after_ms=None, note="; ".join(notes))


def _total(compared: tuple[Compared, ...]) -> Total:
    both = [(one.before_ms, one.after_ms) for one in compared if one.before_ms is not None and one.after_ms is not None]
    if not both:
        return Total(None, None, None)
    before, after = sum(pair[0] for pair in both), sum(pair[1] for pair in both)
    return Total(before, after, max(before, _SMALLEST_MS) / max(after, _SMALLEST_MS))


def _median(timing: Timing | None) -> float | None:
    return median(timing.runs_ms) if timing is not None and timing.runs_ms else None


def _floored(runs_ms: tuple[float, ...]) -> list[float]:
    return [max(run, _SMALLEST_MS) for run in runs_ms]


def _shapes_differ(before: Timing, after: Timing) -> bool:
    return None not in (before.plan_shape, after.plan_shape) and before.plan_shape != after.plan_shape
