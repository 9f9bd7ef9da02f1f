"""What the timing of one statement came to, in a word, a sentence and figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dbopt.check.model import Effect, Reason, Timed
from dbopt.check.timing_verdict import Finding, Rule
from dbopt.errors import LockNotAvailable, ServerError, StatementTimeout, UnsafeStatement
from dbopt.plan import execution
from dbopt.plan.execution import Limits

Outcome = Literal["slower", "faster", "same", "inconclusive", "failed", "untimed"]

_READ_ONLY = "25006"
_EFFECTS: dict[Outcome, Effect] = {
    "slower": "regression",
    "failed": "regression",
    "faster": "improvement",
    "inconclusive": "inconclusive",
    "same": "note",
    "untimed": "note",
}


@dataclass(frozen=True)
class TimedOutcome:
    """`failed`: the baseline's text runs and the current one does not. `untimed`: it must not be run, or there is
    nothing to compare; the sentence says why. `timed` are the figures, None where there are none.
    """

    outcome: Outcome
    sentence: str
    timed: Timed | None = None

    @property
    def reason(self) -> Reason:
        """What it means for the verdict of the gate."""
        return Reason("timing", _EFFECTS[self.outcome], self.sentence)


@dataclass(frozen=True)
class Trial:
    """The first run of one side: how long the slowest of its parameter sets took, or what went wrong."""

    ms: float = 0.0
    error: ServerError | None = None


SAME_TEXT = TimedOutcome("untimed", "not timed: the text is the baseline's, and so is the database")
NO_TIME = TimedOutcome("inconclusive", "not timed: the time for all statements was over")


def measured(finding: Finding, timed: Timed | None, rule: Rule) -> TimedOutcome:
    """The outcome of runs on both sides; `rule` is the one that they were judged by."""
    if timed is None:
        return NO_TIME
    if finding == "undecided":
        sentence = f"the runs are too few or too noisy to tell whether its time changed: {_figures(timed, rule)}"
        return TimedOutcome("inconclusive", sentence, timed)
    if finding == "same":
        return TimedOutcome("same", f"it takes as long as before: {_figures(timed, rule)}", timed)
    return TimedOutcome(finding, f"it runs {finding} than before: {_figures(timed, rule)}", timed)


def one_sided(before: Trial, after: Trial, limits: Limits, tolerance: float) -> TimedOutcome | None:
    """The outcome where a side did not run to its end; None where both did. A run that hit its time limit took at least
    as long as that.
    """
    for error in (after.error, before.error):
        if error is not None and _is_refused(error):
            return TimedOutcome("untimed", error.message)
    if after.error is not None:
        return _broken(before, after.error, limits, tolerance)
    return None if before.error is None else _mended(before.error, after, limits, tolerance)


def interrupted(error: ServerError, limits: Limits) -> TimedOutcome:
    """An error in the midst of runs that had gone well: it is no property of the statement."""
    return TimedOutcome("inconclusive", f"timing it was given up: {execution.reason(error, limits)}")


def _is_refused(error: ServerError) -> bool:
    """It changes something: seen beforehand, or by the server, which ran it read-only."""
    return isinstance(error, UnsafeStatement) or error.sqlstate == _READ_ONLY


def _broken(before: Trial, error: ServerError, limits: Limits, tolerance: float) -> TimedOutcome:
    why = execution.reason(error, limits)
    if before.error is not None:
        there = execution.reason(before.error, limits)
        sentence = f"not timed: neither text ran to its end; before: {there}; after: {why}"
        both = isinstance(error, StatementTimeout) and isinstance(before.error, StatementTimeout)
        return TimedOutcome("inconclusive" if both else "untimed", sentence)
    if isinstance(error, StatementTimeout):
        clear = limits.timeout_ms > before.ms * (1 + tolerance)
        outcome: Outcome = "slower" if clear else "inconclusive"
        return TimedOutcome(outcome, f"it did not end ({why}); before it took {_ms(before.ms)}")
    if isinstance(error, LockNotAvailable):
        return TimedOutcome("inconclusive", f"not timed: {why}")
    return TimedOutcome("failed", f"it fails when it is run, which it did not before: {why}")


def _mended(error: ServerError, after: Trial, limits: Limits, tolerance: float) -> TimedOutcome:
    why = execution.reason(error, limits)
    if isinstance(error, StatementTimeout):
        clear = limits.timeout_ms > after.ms * (1 + tolerance)
        return TimedOutcome(
            "faster" if clear else "inconclusive", f"it takes {_ms(after.ms)}; before it did not end ({why})"
        )
    outcome: Outcome = "inconclusive" if isinstance(error, LockNotAvailable) else "untimed"
    return TimedOutcome(outcome, f"not timed: the baseline's text does not run: {why}")


def _figures(timed: Timed, rule: Rule) -> str:
    interval = f"{100 * rule.confidence:.3g} % interval {timed.ci_low:.2f} to {timed.ci_high:.2f}"
    times = f"{_ms(timed.after_ms)}, {timed.ratio:.2f} times the {_ms(timed.before_ms)} of before"
    return f"{times} ({interval}, {timed.runs} runs each)"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"
