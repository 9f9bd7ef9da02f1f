"""What interleaved runs of two texts say: slower, faster, the same, or nothing. Pure, and written for noisy machines.

A sample is the quickest of a few runs in a row: load only ever adds to a run, so the quickest of them is the one that
was disturbed least. A look judges all samples so far:

- slower, faster: the ratio of the lower quartiles, after over before, lies beyond the tolerance with its whole
  bootstrap interval, and the Mann-Whitney test agrees. The claim then has to be confirmed: as many new samples, taken
  over new connections and judged alone, must come to the same verdict.
- same: the whole interval lies within the tolerance, which is the test for equivalence by two one-sided tests
  (D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987).
- undecided: more samples are taken until the next look; after the last one the verdict is inconclusive.

Who looks again and again finds something in the end, so the rate of errors, 1 %, is shared out among the looks:
Bonferroni's inequality, which holds however the looks depend on each other; on why it is needed, S. J. Pocock,
Biometrika 64 (1977). The confirmation comes on top, and so does that the interval must lie beyond the tolerance, not
only beyond 1: room for what the tests do not know of, such as bursts of load and connections that differ in speed.

Slow changes of the machine are taken out first: every eight samples of both sides together are brought to the level of
all, by their lower quartile. That leaves the difference of the sides as it is, and 15 of 16 degrees of freedom.

A difference of less than 0.05 ms is none, whatever the ratio: nobody would notice, and the clock hardly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dbopt.check.model import Timed
from dbopt.timing.compare import SAME_BELOW_MS
from dbopt.timing.statistics import lower_quartile, rank_sum_p, ratio_interval

Finding = Literal["slower", "faster", "same", "undecided"]
Samples = tuple[list[float], list[float]]
Draw = Callable[[int], Samples]
"""Takes so many new samples a side, in ms, before and after; fewer where the time is over."""

ERROR_RATE = 0.01
"""Of false claims, over all looks at one statement."""
FIRST_LOOK = 8
"""Samples a side. With fewer, no order of the samples would be improbable enough for the Mann-Whitney test."""
MAX_SAMPLES = 64
SAMPLE_MS = 50.0
MAX_REPEATS = 8
_SMALLEST_MS = 0.001  # EXPLAIN's resolution: a run is never shorter, so that ratios exist


def looks(max_samples: int) -> tuple[int, ...]:
    """After how many samples a side to look: 8, then twice as many each time, and at last after `max_samples`."""
    numbers = []
    number = FIRST_LOOK
    while number < max_samples:
        numbers.append(number)
        number *= 2
    return (*numbers, max_samples)


def repeats(run_ms: float) -> int:
    """Runs in a sample: as many as take about 50 ms, at most 8. One that takes longer averages over bursts itself."""
    return max(1, min(MAX_REPEATS, round(SAMPLE_MS / max(run_ms, _SMALLEST_MS))))


def is_before(place: int) -> bool:
    """Whose turn it is: the Thue-Morse sequence, ABBA BAAB BAAB ABBA ..., in which neither side is favoured by a drift,
    be it linear or bent, or by a load that comes and goes in a rhythm.
    """
    return place.bit_count() % 2 == 0


@dataclass(frozen=True)
class Rule:
    """When a difference counts: `tolerance` is a share, `level` the rate of errors that one look may have."""

    tolerance: float
    level: float

    @property
    def confidence(self) -> float:
        return 1 - self.level

    def find(self, before: Sequence[float], after: Sequence[float]) -> tuple[Finding, Timed]:
        """Judge the samples, in ms, of both sides; each needs one."""
        old, new = _levelled(_floored(before), _floored(after))
        low, high = ratio_interval(new, old, self.confidence, lower_quartile)
        first, second = lower_quartile(old), lower_quartile(new)
        p = rank_sum_p(old, new)
        timed = Timed(first, second, second / first, low, high, p, len(after))
        return self._finding(timed), timed

    def _finding(self, timed: Timed) -> Finding:
        margin = 1 + max(self.tolerance, SAME_BELOW_MS / min(timed.before_ms, timed.after_ms))
        if timed.p < self.level and timed.ci_low > margin:
            return "slower"
        if timed.p < self.level and timed.ci_high < 1 / margin:
            return "faster"
        return "same" if 1 / margin < timed.ci_low and timed.ci_high < margin else "undecided"


@dataclass
class Decision:
    """Samples on their way to a verdict. `draw` gives new ones, each time over new connections."""

    draw: Draw
    tolerance: float
    max_samples: int = MAX_SAMPLES
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        return Rule(self.tolerance, ERROR_RATE / len(looks(self.max_samples)))

    def reach(self) -> tuple[Finding, Timed | None]:
        """Look, and look again, until something is found; undecided where nothing is, or the time is over. No figures
        without a sample.
        """
        rule = self.rule
        for number in looks(self.max_samples):
            if number > len(self.before):
                finding = self._look(rule, number - len(self.before))
                if finding != "undecided":
                    return finding, rule.find(self.before, self.after)[1]
        return "undecided", rule.find(self.before, self.after)[1] if self.before else None

    def _look(self, rule: Rule, count: int) -> Finding:
        if not self._took(self.draw(count), count):
            return "undecided"
        claim = rule.find(self.before, self.after)[0]
        return self._confirmed(rule, claim) if claim in ("slower", "faster") else claim

    def _confirmed(self, rule: Rule, claim: Finding) -> Finding:
        count = len(self.before)
        again = self.draw(count)
        return claim if self._took(again, count) and rule.find(*again)[0] == claim else "undecided"

    def _took(self, samples: Samples, count: int) -> bool:
        """Keep the samples; whether they are as many as were asked for."""
        self.before += samples[0]
        self.after += samples[1]
        return len(samples[0]) == count


def _floored(samples: Sequence[float]) -> list[float]:
    return [max(sample, _SMALLEST_MS) for sample in samples]


def _levelled(before: list[float], after: list[float]) -> Samples:
    """The samples as if the machine had been equally fast all the time; what is left over after the last eight belongs
    to them.
    """
    level = lower_quartile(before + after)
    levelled: Samples = ([], [])
    starts = range(0, max(1, len(before) - FIRST_LOOK + 1), FIRST_LOOK)
    for start in starts:
        end = len(before) if start == starts[-1] else start + FIRST_LOOK
        factor = level / lower_quartile(before[start:end] + after[start:end])
        for side, samples in zip(levelled, (before, after), strict=True):
            side += [sample * factor for sample in samples[start:end]]
    return levelled
