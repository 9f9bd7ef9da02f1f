"""Statistics of an expression, from what it makes of values that stand for its columns' rows. Pure.

As ANALYZE would have them (src/backend/commands/analyze.c): most common values, a histogram of the rest with equally
many rows between its bounds, the number of different values, and how the order of values follows that of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dbopt.shadow.points import Pair, number

TARGET = 100  # entries of a list, as default_statistics_target has it
_SEEN_OFTEN = 3  # points with the same result are no chance
_CHANGES = 10  # pairs that tell something
_ALIKE = 0.8


@dataclass(frozen=True)
class Result:
    """What became of a point: the expression's value as text (None: NULL), its rank among all, and its bytes.
    `places` are the ranks of the columns' own values.
    """

    share: float
    is_common: bool
    value: str | None
    rank: int | None
    width: int
    places: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class PairResult:
    pair: Pair
    differs: bool


@dataclass(frozen=True)
class Source:
    """What is known of the columns together: `rows` of the table, different values `distinct`, how many of these the
    common ones are and how many buckets the others have; each column's correlation. `possible` is how many values there
    could be, as those seen look; `type` is the expression's.
    """

    rows: float
    distinct: float
    common: int
    buckets: int
    correlations: tuple[float, ...]
    possible: float
    type: str


@dataclass
class _Group:
    """Points with the same result."""

    rank: int
    value: str
    share: float = 0.0
    points: int = 0
    is_common: bool = False


def statistics(results: Sequence[Result], pairs: Sequence[PairResult], source: Source) -> dict[str, Any] | None:
    """Values for shadow/restore_attribute_statistics; None where nothing is known."""
    total = sum(result.share for result in results)
    if total <= 0:
        return None
    null = sum(result.share for result in results if result.value is None) / total
    groups = _groups([result for result in results if result.value is not None], total)
    distinct = _distinct(results, pairs, source, groups)
    common = _common(groups, distinct, 1 - null)
    rest = [group for group in groups if group.rank not in {one.rank for one in common}]
    known: dict[str, Any] = {
        "null_frac": null,
        "avg_width": _width(results),
        "n_distinct": distinct if distinct <= 0.1 * source.rows else -min(1.0, distinct / max(source.rows, 1.0)),
        "correlation": correlation(results, source.correlations),
    }
    if common:
        known["most_common_vals"] = array([group.value for group in common])
        known["most_common_freqs"] = [group.share for group in common]
    if len(rest) > 1:
        known["histogram_bounds"] = array(_bounds(rest))
    return known


def array(values: Sequence[str]) -> str:
    """A one-dimensional array in PostgreSQL's text form."""
    return "{" + ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values) + "}"


def _groups(results: Sequence[Result], total: float) -> list[_Group]:
    """In the order of the results."""
    groups: dict[int, _Group] = {}
    for result in results:
        if result.rank is not None and result.value is not None:
            group = groups.setdefault(result.rank, _Group(result.rank, result.value))
            group.share += result.share / total
            group.is_common |= result.is_common
            group.points += not result.is_common
    return [groups[rank] for rank in sorted(groups)]


def _width(results: Sequence[Result]) -> int:
    present = [(result.share, result.width) for result in results if result.value is not None]
    total = sum(share for share, _ in present)
    return round(sum(share * width for share, width in present) / total) if total else 0


# -- lists ------------------------------------------------------------------------------------------------------------


def _common(groups: Sequence[_Group], distinct: float, present: float) -> list[_Group]:
    """Values that are listed with their frequencies, the most common one first."""
    if len(groups) <= TARGET and distinct <= 1.05 * len(groups):
        listed = list(groups)
    else:
        average = present / max(distinct, 1.0)
        listed = [
            group
            for group in groups
            if group.is_common or (group.points >= _SEEN_OFTEN and group.share > 1.25 * average)
        ]
    return sorted(listed, key=lambda group: (-group.share, group.rank))[:TARGET]


def _bounds(rest: Sequence[_Group]) -> list[str]:
    """Of buckets with equally many rows each; a value that fills several is a bound several times."""
    middles, reached = [], 0.0
    for group in rest:
        middles.append(reached + group.share / 2)
        reached += group.share
    buckets = min(TARGET, len(rest) - 1)
    first, last = middles[0], middles[-1]
    bounds, at = [], 0
    for bucket in range(buckets + 1):
        wanted = first + (last - first) * bucket / buckets
        while at + 1 < len(middles) and abs(middles[at + 1] - wanted) <= abs(middles[at] - wanted):
            at += 1
        bounds.append(rest[at].value)
    return bounds


# -- different values -------------------------------------------------------------------------------------------------


def _distinct(
    results: Sequence[Result], pairs: Sequence[PairResult], source: Source, groups: Sequence[_Group]
) -> float:
    """Different values of the expression among all rows."""
    others = [result for result in results if not result.is_common and result.value is not None]
    fresh = sum(1 for group in groups if not group.is_common)
    times = [group.points for group in groups if group.points]
    seen = len(times)
    if not others or not seen:
        return max(float(len(groups)), 1.0)
    most = max(source.distinct - source.common, float(seen))
    rest = min(most, _rest(others, times, pairs, source, most))
    all_told = len(groups) - fresh + rest * fresh / seen
    seen_too_few = max(1.0, source.distinct / source.possible)  # of what there could be, as the column's own show
    possible_now = possible([group.value for group in groups], source.type) * seen_too_few
    return max(float(len(groups)), min(all_told, possible_now))


def _rest(
    others: Sequence[Result], times: Sequence[int], pairs: Sequence[PairResult], source: Source, most: float
) -> float:
    """Different results of the values that are not common ones, of which `others` are a sample; `times` is how often
    each was met.
    """
    seen = len(times)
    if _is_monotone(others):
        found = _changes(pairs, source.buckets)
        if found is not None:
            return max(found, float(seen))
        if seen < 0.9 * len(others):
            return float(seen)
    return most if seen >= len(others) else drawn_from(times)


def _is_monotone(others: Sequence[Result]) -> bool:
    """Whether one column's order is that of the results, or the reverse."""
    if any(len(result.places) != 1 for result in others):
        return False
    ordered = [result.rank or 0 for result in sorted(others, key=lambda result: result.places[0] or 0)]
    steps = [after - before for before, after in pairwise(ordered)]
    return all(step >= 0 for step in steps) or all(step <= 0 for step in steps)


def _changes(pairs: Sequence[PairResult], buckets: int) -> float | None:
    """How often the results change over the whole range, counted on the finest scale on which enough of them do."""
    scales: dict[float, list[bool]] = {}
    for one in pairs:
        scales.setdefault(one.pair.parts, []).append(one.differs)
    for parts in sorted(scales, reverse=True):
        if sum(scales[parts]) >= min(_CHANGES, len(scales[parts])):
            return buckets * parts * sum(scales[parts]) / len(scales[parts])
    return None


def drawn_from(times: Sequence[int]) -> float:
    """Number of values of which draws show some so many times each. If some are met far more often than equally
    frequent ones would be, frequencies fall as 1/rank (Zipf).
    """
    drawn, seen = sum(times), len(times)
    even = occupied(drawn, seen)
    alike = sum(count * (count - 1) for count in times)
    if alike >= 2 * _CHANGES and drawn * (drawn - 1) / alike < _ALIKE * even:
        return _solved(lambda values: _zipf_seen(drawn, values), seen)
    return even


def occupied(drawn: int, seen: int) -> float:
    """Number of equally frequent values of which so many draws show so many (inverse of Cardenas 1975)."""
    if seen >= drawn:
        return math.inf
    if seen == 1:
        return 1.0
    return _solved(lambda values: -values * math.expm1(drawn * math.log1p(-1 / values)), seen)


def _zipf_seen(drawn: int, values: float) -> float:
    """Different values among draws, if frequencies are as 1/rank; ranks in ever larger steps."""
    weight = 1 / (math.log(values) + 0.5772)
    found, rank = 0.0, 1.0
    while rank <= values:
        step = min(max(1.0, rank / 8), values - rank + 1)
        found -= step * math.expm1(-drawn * weight / (rank + (step - 1) / 2))
        rank += step
    return found


def _solved(seen_of: Callable[[float], float], seen: int) -> float:
    """The number of values of which that many are seen."""
    low, high = float(seen), 1e9
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if seen_of(middle) < seen else (low, middle)
    return low


def combinations(distinct: Sequence[float], rows: float) -> float:
    """Different combinations of independent columns' values that so many rows show (Cardenas 1975)."""
    every = math.prod(max(number, 1.0) for number in distinct)
    if len(distinct) == 1 or every <= 1:
        return min(every, rows)
    return -every * math.expm1(rows * math.log1p(-1 / every))


def possible(values: Sequence[str], type_name: str) -> float:
    """The most different values that there can be, as those seen look: whole steps between the ends; letters that are
    met at each place of short texts.
    """
    try:
        numbers = [found for value in values if (found := number(value, type_name)) is not None]
    except (ValueError, ArithmeticError):
        return math.inf
    if numbers:
        if not all(found.is_finite() for found in numbers) or any(
            found != found.to_integral_value() for found in numbers
        ):
            return math.inf
        whole = sorted(int(found) for found in numbers)
        step = math.gcd(*(found - whole[0] for found in whole)) or 1
        return (whole[-1] - whole[0]) / step + 1
    if type_name not in ("text", "character varying") or len(values) < _CHANGES:
        return math.inf
    longest = max(len(value) for value in values)
    return math.prod(float(len({value[place : place + 1] for value in values})) for place in range(min(longest, 40)))


# -- order ------------------------------------------------------------------------------------------------------------


def correlation(results: Sequence[Result], correlations: Sequence[float]) -> float:
    """Each column's correlation with the rows' order, as far as the expression keeps the column's order."""
    found = 0.0
    for column, own in enumerate(correlations):
        both = [
            (float(place), float(result.rank))
            for result in results
            if result.rank is not None and (place := result.places[column]) is not None
        ]
        found += own * _pearson(both)
    return max(-1.0, min(1.0, found))


def _pearson(both: Sequence[tuple[float, float]]) -> float:
    if len(both) < 2:
        return 0.0
    x_mean, y_mean = (sum(values) / len(both) for values in zip(*both, strict=True))
    xy = sum((x - x_mean) * (y - y_mean) for x, y in both)
    xx, yy = sum((x - x_mean) ** 2 for x, _ in both), sum((y - y_mean) ** 2 for _, y in both)
    return xy / math.sqrt(xx * yy) if xx and yy else 0.0
