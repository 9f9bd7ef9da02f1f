"""What reports of a comparison are made of: for each statement its verdict, both measurements and both plans. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dbopt.output.html.shares import Shares
from dbopt.plan.explain import Explained, Plans
from dbopt.plan.pairs import Pairs, pair
from dbopt.timing.compare import keyed, pairs
from dbopt.timing.model import Compared, Comparison, Timing, Timings

_Key = tuple[str, str | None, int]


@dataclass(frozen=True)
class Source:
    """One statement."""

    one: Compared
    before: Timing | None
    after: Timing | None
    plan_before: Explained | None
    plan_after: Explained | None

    @property
    def documents(self) -> Iterator[tuple[str, Any]]:
        """EXPLAIN's JSON of each plan by the side it stands on."""
        for name, side in (("before", self.plan_before), ("after", self.plan_after)):
            if side is not None and side.plan is not None:
                yield name, side.plan

    @cached_property
    def shares(self) -> tuple[Shares | None, Shares | None]:
        """Both plans, None where there is none."""
        return _shares(self.plan_before), _shares(self.plan_after)

    @cached_property
    def pairs(self) -> Pairs | None:
        """Which node is which, None unless there are two plans."""
        before, after = self.shares
        return None if before is None or after is None else pair(before.plan, after.plan)

    @property
    def same_plan(self) -> bool:
        """Whether both plans are one and the same."""
        before, after = self.shares
        found = self.pairs
        return (
            before is not None and after is not None and found is not None and found.all_same(before.plan, after.plan)
        )


def sources(
    comparison: Comparison,
    before: Timings,
    after: Timings,
    plans_before: Plans | None = None,
    plans_after: Plans | None = None,
) -> list[Source]:
    """The statements in their order. Plans are those given, else those that were kept with the measurements."""
    earlier, later = _keyed(plans_before or kept(before)), _keyed(plans_after or kept(after))
    keys = {**keyed(before.statements), **keyed(after.statements)}
    return [
        Source(one, *side, earlier.get(key), later.get(key))
        for one, side, key in zip(comparison.statements, pairs(before, after), keys, strict=True)
    ]


def kept(timings: Timings) -> Plans | None:
    """The plans that were kept with a measurement, None where there are none."""
    found = tuple(_explained(one) for one in timings.statements)
    return Plans(timings.server_version, timings.settings, found) if any(one.plan for one in found) else None


def by_weight(source: Source) -> tuple[int, float]:
    """A key to sort by: what became slower first, then by the time saved; what was not measured last."""
    one = source.one
    if one.speedup is None:
        return (2, 0.0)
    saved = elapsed(one.before_ms, source.before) - elapsed(one.after_ms, source.after)
    return (0 if one.verdict == "slower" else 1, -saved)


def elapsed(median_ms: float | None, timing: Timing | None) -> float:
    """The median, or the limit that was hit."""
    return median_ms or (timing.timeout_ms if timing and timing.timeout_ms else 0.0)


def _keyed(plans: Plans | None) -> dict[_Key, Explained]:
    return {} if plans is None else keyed(plans.statements)


def _shares(explained: Explained | None) -> Shares | None:
    tree = None if explained is None else explained.tree
    return None if tree is None else Shares.of(tree)


def _explained(one: Timing) -> Explained:
    executed = one.plan is not None and one.error is None
    return Explained(
        one.id, one.name, one.sql, one.plan, one.plan_shape, None, executed, one.error, None, one.hint, one.findings
    )
