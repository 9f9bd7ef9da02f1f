"""What is asked for beside the verdicts: timings of both texts, and what moved a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dbopt.check.baseline import Expected, Key
from dbopt.check.cause import Asked, Side, causes
from dbopt.check.compare import judged
from dbopt.check.model import Check, Checked, overall
from dbopt.check.pairing import Pair
from dbopt.check.sources import Source
from dbopt.check.timing import Pair as TimedPair
from dbopt.check.timing import TimedOutcome, pair_of
from dbopt.shadow.migration import Migration
from dbopt.shadow.snapshot import Snapshot
from dbopt.workload.model import Statement


@dataclass(frozen=True)
class Evidence:
    """A check and the pairs that it judged, in its order; `statements` are those of the workload, with the values that
    they were planned with.
    """

    check: Check
    pairs: Sequence[Pair]
    statements: Sequence[Statement]

    def timeable(self) -> list[TimedPair]:
        """What can be timed: every statement that both sides have, under its place in the check."""
        current = self._current()
        return [
            pair_of(str(number), one.before.text, current[one.after.key])
            for number, one in enumerate(self.pairs)
            if one.before is not None and one.after is not None and one.after.error is None
        ]

    def timed(self, outcomes: Mapping[str, TimedOutcome]) -> Check:
        """The check with what the timings say."""
        statements = [
            self._with_time(one, outcomes.get(str(number))) for number, one in enumerate(self.check.statements)
        ]
        return _of(self.check, statements)

    def _with_time(self, one: Checked, outcome: TimedOutcome | None) -> Checked:
        if outcome is None:
            return one
        return replace(judged(one, (*one.reasons, outcome.reason)), timing=outcome.timed)

    def explained(self, old: Side, new: Side, source: Source) -> Check:
        """The check with what moved each plan that is not as it was."""
        current = self._current()
        asked = {
            number: Asked(
                str(number),
                pair_of("", one.before.text, current[one.after.key]).before,
                current[one.after.key],
                one.before,
                one.after,
            )
            for number, one in enumerate(self.pairs)
            if one.before is not None and one.after is not None and _moved(self.check.statements[number])
        }
        found = causes(old, new, list(asked.values()), _planner(source)) if asked else {}
        statements = [replace(one, cause=found.get(str(n))) for n, one in enumerate(self.check.statements)]
        return replace(self.check, statements=tuple(statements))

    def _current(self) -> dict[Key, Statement]:
        return {(one.id, one.name, "\n".join(one.sql.splitlines())): one for one in self.statements}


def _moved(checked: Checked) -> bool:
    return checked.verdict != "pass" or bool(checked.plan_diff)


def _of(check: Check, statements: Sequence[Checked]) -> Check:
    return replace(check, statements=tuple(statements), verdict=overall(tuple(statements), check.stale))


def _planner(source: Source) -> Callable[[Snapshot, Migration | None, Sequence[Statement]], list[Expected]]:
    """Plans in a shadow of any snapshot, by the limits of this source."""

    def plan(snapshot: Snapshot, migration: Migration | None, statements: Sequence[Statement]) -> list[Expected]:
        with replace(source, snapshot=snapshot, migration=migration, data=None).observer() as observer:
            return [observer.expected(one) for one in observer.completed(statements)]

    return plan
