"""The verdicts: two baselines compared, the old one and the present. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest

from dbopt.check.baseline import Baseline, Expected, Key, Planner
from dbopt.check.case import Case
from dbopt.check.facts import Facts
from dbopt.check.model import Check, Checked, Effect, Reason, Verdict, overall
from dbopt.check.pairing import Pair, pair
from dbopt.check.rules import RULES
from dbopt.check.tables import change

TOLERANCE = 0.10
_UNKNOWN = frozenset({"not-planned", "not-run"})
_WORST_FIRST: tuple[Effect, ...] = ("regression", "inconclusive", "improvement", "note")


@dataclass(frozen=True)
class Comparison:
    """How to compare. `locations` are file:line by the statement's key. `accepted` says that somebody accepted the
    old plans as a baseline: then what it no longer fits makes it stale; else the two sides are meant to differ.
    """

    before: Baseline
    after: Baseline
    tolerance: float = TOLERANCE
    locations: Mapping[Key, str] = field(default_factory=dict)
    accepted: bool = True

    @cached_property
    def pairs(self) -> list[Pair]:
        """The statements of the present in their order, then the removed ones."""
        return pair(self.before.statements, self.after.statements)

    def run(self) -> Check:
        """The check of all statements, in the order of `pairs`."""
        statements = tuple(self._checked(one) for one in self.pairs)
        changed = staleness(self.before, self.after)
        stale, remarks = (changed, ()) if self.accepted else ((), changed)
        return Check(overall(statements, stale), self.after.planner.source_version, statements, stale, remarks)

    def _checked(self, one: Pair) -> Checked:
        if one.after is None:
            assert one.before is not None  # noqa: S101 - a pair has a side
            return _one_sided(one.before, "removed")
        checked = self._judged(one.before, one) if one.before is not None else _new(one.after)
        return replace(checked, location=self.locations.get(one.after.key))

    def _judged(self, before: Expected, one: Pair) -> Checked:
        after = one.after
        assert after is not None  # noqa: S101 - _checked has seen to it
        checked = Checked(
            id=after.id,
            name=after.name,
            verdict="pass",
            reasons=(),
            cost_before=before.cost,
            cost_after=after.cost,
            shape_before=before.shape,
            shape_after=after.shape,
            plan_diff=_diff(before, after),
            was=_was(before, after),
            sql=after.text,
        )
        return judged(checked, self._reasons(before, after, same_text=one.same_text))

    def _reasons(self, before: Expected, after: Expected, *, same_text: bool) -> tuple[Reason, ...]:
        if after.error is not None:
            return (Reason("not-planned", "regression", f"it does not plan: {after.error}"),)
        if before.error is not None:
            return (Reason("not-planned", "note", f"it plans; in the baseline it did not: {before.error}"),)
        found: dict[tuple[str, str], Reason] = {}
        for reason in (*_not_run(before, after), *self._found(before, after, same_text)):
            known = found.get((reason.rule, reason.message))
            if known is None or _rank(reason) < _rank(known):
                found[reason.rule, reason.message] = reason
        return tuple(found.values())

    def _found(self, before: Expected, after: Expected, same_text: bool) -> list[Reason]:
        cases = [
            Case(
                old,
                new,
                self.before.by_table,
                self.after.by_table,
                self.tolerance,
                same_text,
                before.measured,
                after.measured,
            )
            for old, new in _sets(before.by_set, after.by_set)
        ]
        return [reason for case in cases for rule in RULES for reason in rule(case)]


def compare(before: Baseline, after: Baseline, tolerance: float = TOLERANCE) -> Check:
    """Compare the present with a baseline. `tolerance` is the share by which costs and blocks may differ."""
    return Comparison(before, after, tolerance).run()


# -- one statement ----------------------------------------------------------------------------------------------------


def judged(checked: Checked, reasons: Sequence[Reason]) -> Checked:
    """The statement with these reasons and the verdict that follows from them."""
    return replace(checked, reasons=tuple(sorted(reasons, key=_rank)), verdict=_verdict(reasons))


def _rank(reason: Reason) -> int:
    return _WORST_FIRST.index(reason.effect)


def _verdict(reasons: Sequence[Reason]) -> Verdict:
    """The worst of the reasons decides. What does not plan or run is an error: nobody knows how slow it is."""
    effects = {reason.effect for reason in reasons}
    if any(reason.rule in _UNKNOWN and reason.effect == "regression" for reason in reasons):
        return "error"
    for effect in ("regression", "inconclusive", "improvement"):
        if effect in effects:
            return effect
    return "pass"


def _not_run(before: Expected, after: Expected) -> tuple[Reason, ...]:
    """It ran on data and does not any more. One that never did says nothing new."""
    if after.not_run is None:
        return ()
    if before.measured is None:
        return (Reason("not-run", "note", f"it does not run: {after.not_run.reason}"),)
    if after.not_run.in_time:
        return (Reason("not-run", "regression", f"it ran before, and fails now: {after.not_run.reason}"),)
    return (Reason("timeout", "regression", f"it ran before, and does not end in time now: {after.not_run.reason}"),)


def _sets(before: Sequence[Facts], after: Sequence[Facts]) -> list[tuple[Facts, Facts]]:
    """The plans of each parameter set. One that was not asked for before is as good as the dearest that was."""
    dearest = max(before, key=lambda plan: plan.cost)
    return list(zip_longest(before[: len(after)], after, fillvalue=dearest))


def _new(after: Expected) -> Checked:
    if after.error is None:
        return _one_sided(after, "new")
    reason = Reason("not-planned", "regression", f"it does not plan: {after.error}")
    return replace(_one_sided(after, "error"), reasons=(reason,))


def _one_sided(one: Expected, verdict: Verdict) -> Checked:
    gone = verdict == "removed"
    cost, shape = one.cost, one.shape
    return Checked(
        id=one.id,
        name=one.name,
        verdict=verdict,
        reasons=(),
        cost_before=cost if gone else None,
        cost_after=None if gone else cost,
        shape_before=shape if gone else None,
        shape_after=None if gone else shape,
        sql=one.text,
    )


def _diff(before: Expected, after: Expected) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.outline, after.outline, "before", "after", lineterm="", n=10)
    return tuple(lines)


def _was(before: Expected, after: Expected) -> str | None:
    if before.id != after.id:
        return before.id
    return before.name if before.name != after.name else None


# -- the baseline as a whole ------------------------------------------------------------------------------------------


def staleness(before: Baseline, after: Baseline) -> tuple[str, ...]:
    """What the baseline no longer fits, in sentences."""
    found = [*_planners_differ(before.planner, after.planner)]
    for table in after.tables:
        if table.name in before.by_table:
            changed = change(before.by_table[table.name], table)
            if changed is not None and changed.resized:
                found.append(f"the statistics have changed much: {changed.resized}")
    return tuple(found)


def _planners_differ(before: Planner, after: Planner) -> list[str]:
    found = []
    if before.major != after.major:
        found.append(f"PostgreSQL {before.major} planned then, {after.major} plans now")
    if before.source_major != after.source_major:
        found.append(f"the statistics came from PostgreSQL {before.source_major} and come from {after.source_major}")
    for name in sorted(before.settings.keys() | after.settings.keys()):
        old, new = before.settings.get(name, "the default"), after.settings.get(name, "the default")
        if old != new:
            found.append(f"{name} was {old} and is {new}")
    return found
