"""Where the bounds of a range-partitioned set stand: one after another, an interval apart. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from dbopt.errors import UsageError
from dbopt.partition.interval import DAY_US, SECOND_US, Interval, microseconds_of, moment_of
from dbopt.partition.key import Kind, is_exact

Span = tuple[int, int]
"""Positions from the first, included, to the second, excluded."""

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_RECENT = 5


@dataclass(frozen=True)
class Grid:
    """`step` is an Interval for a key that carries a time, a number for one that does not. `zone` is where months and
    days begin: UTC, unless an existing set has them elsewhere. `anchor` is a position where a bound stands; None lets
    bounds stand where people expect them (`floor`).
    """

    kind: Kind
    step: Interval | int
    zone: tzinfo = UTC
    anchor: int | None = None

    def floor(self, position: int) -> int:
        """The bound at or before a position. Without an anchor: years begin on 1 January, quarters and months on their
        first, weeks on Monday, days at midnight, hours on the hour; other multiples count from year 0, from Monday
        5 January 1970, or from midnight (from 1970, if they do not fill a day).
        """
        if isinstance(self.step, int):
            start = self.anchor or 0
            return start + (position - start) // self.step * self.step
        start = self.anchor if self.anchor is not None else self._origin(self.step, position)
        return self._walked(self.step, start, position)

    def following(self, position: int, times: int = 1) -> int:
        """So many bounds after the bound at a position; before it, if negative. Raises UsageError past the calendar."""
        if isinstance(self.step, int):
            return position + self.step * times
        try:
            return microseconds_of(self.step.after(moment_of(position, self.zone), times))
        except OverflowError:
            raise UsageError(f"partitions of {self.step} would run out of the calendar") from None

    def spans(self, start: int, end: int) -> Iterator[Span]:
        """What lies between two positions, cut at the bounds."""
        origin, number = self.floor(start), 0
        lower = start
        while lower < end:
            number += 1
            upper = min(self.following(origin, number), end)
            if upper > lower:
                yield lower, upper
                lower = upper

    def _origin(self, step: Interval, position: int) -> int:
        """A bound not far before or after a position."""
        moment = moment_of(position, self.zone)
        if step.months:
            month = (moment.year * 12 + moment.month - 1) // step.months * step.months
            year, index = divmod(max(month, 12), 12)
            return microseconds_of(datetime(year, index + 1, 1, tzinfo=self.zone))
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if step.days:
            days = (midnight.replace(tzinfo=UTC) - _MONDAY).days
            back = days % step.days
            return microseconds_of((midnight.replace(tzinfo=None) - timedelta(days=back)).replace(tzinfo=self.zone))
        if DAY_US % step.microseconds == 0:
            return microseconds_of(midnight)
        return position // step.microseconds * step.microseconds

    def _walked(self, step: Interval, start: int, position: int) -> int:
        """The last of start, start + step, ... at or before a position, backwards too."""
        times = (position - start) // step.approximate_us
        while self.following(start, times) > position:
            times -= 1
        while self.following(start, times + 1) <= position:
            times += 1
        return self.following(start, times)


def check(grid: Grid) -> Grid:
    """The grid, if its step can be kept: not zero, not months and days at once, not finer than the key.

    Raises UsageError.
    """
    step = grid.step
    if isinstance(step, int):
        if grid.kind.is_time:
            raise UsageError(f"--interval {step}: a key of kind {grid.kind} takes an interval as in 1 month")
        if step < 1:
            raise UsageError(f"--interval {step}: a partition holds at least one number")
        return grid
    if not grid.kind.is_time:
        raise UsageError(f"--interval {step}: a key of numbers takes a number, as in --interval 1000000")
    if sum(map(bool, (step.months, step.days, step.microseconds))) != 1:
        raise UsageError(f"--interval {step}: months, days and hours do not mix", hint='as in "1 month" or "7 days"')
    if step.approximate_us < SECOND_US or not is_exact(grid.kind, step.microseconds):
        raise UsageError(f"--interval {step} is finer than a key of kind {grid.kind} can be divided")
    return grid


def inferred(kind: Kind, spans: Sequence[Span], zones: Sequence[tzinfo] = (UTC,)) -> Grid | None:
    """The grid that most of the newest spans of a set follow, in the zone in which most do; of equals that in which its
    days begin at midnight, then the first. None where no more than half do: an odd one among them, such as a merged
    partition, does not matter.
    """
    recent = sorted(spans)[-_RECENT:]
    best: Grid | None = None
    most = (len(recent) // 2, True)
    for zone in zones:
        steps = [_step(kind, span, zone) for span in recent]
        for step, count in Counter(steps).most_common(1):
            last = max(upper for (_, upper), own in zip(recent, steps, strict=True) if own == step)
            fit = (count, isinstance(step, Interval) and not step.microseconds and _is_midnight(last, zone))
            if fit > most:
                best, most = Grid(kind, step, zone, last), fit
    return best


def _is_midnight(position: int, zone: tzinfo) -> bool:
    moment = moment_of(position, zone)
    return not (moment.hour or moment.minute or moment.second or moment.microsecond)


def _step(kind: Kind, span: Span, zone: tzinfo) -> Interval | int:
    """The interval between two moments: months between equal days of the month, else days between equal times of the
    day, else time that passes.
    """
    if not kind.is_time:
        return span[1] - span[0]
    lower, upper = (moment_of(position, zone) for position in span)
    months = (upper.year - lower.year) * 12 + upper.month - lower.month
    if lower.day == upper.day and months > 0 and Interval(months).after(lower) == upper:
        return Interval(months)
    days = (upper.replace(tzinfo=None) - lower.replace(tzinfo=None)).days
    if days > 0 and Interval(days=days).after(lower) == upper:
        return Interval(days=days)
    return Interval(microseconds=span[1] - span[0])
