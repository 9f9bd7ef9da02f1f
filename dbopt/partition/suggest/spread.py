"""How a column's values lie between its least and its greatest, from the planner's statistics. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise

from dbopt.partition.interval import SECOND_US
from dbopt.partition.key import INTEGERS, Infinity, Kind, kinds_of, literal, position

_EPOCHS = (Kind.EPOCH_S, Kind.EPOCH_MS, Kind.EPOCH_US, Kind.EPOCH_NS)
# Between these a number that grows with the time is taken for one: 2001-09-09 (10^9 s) and 2100.
_FROM, _UNTIL = 10**9 * SECOND_US, 4_102_444_800 * SECOND_US
_ULID_LENGTH, _ULID_TIME, _UUID_TIME = 26, 10, 12
_UUIDV7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Statistics:
    """What ANALYZE found of a column: pg_stats' columns, values as text in UTC and ISO style."""

    column: str
    type: str
    null_fraction: float
    n_distinct: float
    common: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cut:
    """The statistics of the rows of one partition: its share of all rows, and those of the key within it."""

    share: float
    common: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    n_distinct: float = 0.0


@dataclass(frozen=True)
class Spread:
    """`common` are the most common values, each with its position and its share of the rows; `bounds` the positions
    that divide the other rows into equal parts.
    """

    kind: Kind
    common: tuple[tuple[int, str, float], ...]
    bounds: tuple[int, ...]
    null_fraction: float
    n_distinct: float

    @cached_property
    def first(self) -> int:
        return min(self._positions)

    @cached_property
    def last(self) -> int:
        return max(self._positions)

    @property
    def _positions(self) -> list[int]:
        return [*(place for place, _, _ in self.common), *self.bounds]

    @cached_property
    def _in_histogram(self) -> float:
        """The share of the rows that the histogram is about."""
        if len(self.bounds) < 2:
            return 0.0
        return max(1 - self.null_fraction - sum(share for _, _, share in self.common), 0.0)

    def share(self, lower: int, upper: int) -> float:
        """Of all rows, NULLs included, those from a position, included, to another, excluded."""
        common = sum(share for place, _, share in self.common if lower <= place < upper)
        return common + self._in_histogram * self._covered(lower, upper)

    def _covered(self, lower: int, upper: int) -> float:
        """The part of the histogram between two positions: linear within a bucket, as the planner takes it."""
        buckets = list(pairwise(self.bounds))
        covered = 0.0
        for number, (low, high) in enumerate(buckets):
            if low >= upper:
                break
            end = high + 1 if number == len(buckets) - 1 else high  # the greatest value is one, too
            if low == high:
                covered += lower <= low < upper
            elif end > lower:
                covered += min((min(end, upper) - max(low, lower)) / (end - low), 1.0)
        return covered / len(buckets) if buckets else 0.0

    def cut(self, lower: int, upper: int) -> Cut:
        """The statistics of the rows between two positions."""
        common = [(text, share) for place, text, share in self.common if lower <= place < upper]
        covered = self._covered(lower, upper)
        rest = self._in_histogram * covered
        whole = rest + sum(share for _, share in common)
        if whole <= 0:
            return Cut(0.0)
        inside = [place for place in self.bounds if lower <= place < upper]
        ends = [max(lower, self.bounds[0]), *inside, min(upper - 1, self.bounds[-1])] if rest else []
        distinct = self.n_distinct
        if distinct >= 0:
            distinct = len(common) + max((distinct - len(self.common)) * covered, 1.0 if rest else 0.0)
        return Cut(
            whole,
            tuple(text for text, _ in common),
            tuple(share / whole for _, share in common),
            tuple(literal(self.kind, place) for place in sorted(set(ends))),
            distinct,
        )


def spread_of(statistics: Statistics, *, is_identifier: bool = False) -> Spread | None:
    """The spread of a column, counted as what its values seem to be; None where they cannot be counted, or none is
    known. `is_identifier`: each value occurs once, so that a number is not taken for a time.
    """
    texts = (*statistics.common, *statistics.bounds)
    kind = _kind(statistics.type, texts, is_identifier=is_identifier)
    if kind is None:
        return None
    common = [
        (place, text, share)
        for text, share in zip(statistics.common, statistics.frequencies, strict=False)
        if (place := position_of(kind, text)) is not None
    ]
    bounds = sorted(place for text in statistics.bounds if (place := position_of(kind, text)) is not None)
    if not common and len(bounds) < 2:
        return None
    return Spread(kind, tuple(common), tuple(bounds), statistics.null_fraction, statistics.n_distinct)


def position_of(kind: Kind, text: str) -> int | None:
    """The position of any value, be it more than a bound can express; None for infinity."""
    if kind is Kind.UUIDV7:
        text = text.replace("-", "")[:_UUID_TIME].ljust(32, "0")
    elif kind is Kind.ULID:
        text = text[:_ULID_TIME]
    elif not text.isdigit() and kind in (Kind.ID, *_EPOCHS):
        try:
            text = str(int(Decimal(text).to_integral_value("ROUND_FLOOR")))
        except (InvalidOperation, ValueError, OverflowError):
            return None
    found = position(kind, text)
    return None if isinstance(found, Infinity) else found


def _kind(type_name: str, texts: Sequence[str], *, is_identifier: bool) -> Kind | None:
    kinds = kinds_of(type_name)
    if not kinds or not texts:
        return None
    if kinds[0] is Kind.UUIDV7:
        return kinds[0] if all(_UUIDV7.fullmatch(text) for text in texts) else None
    if kinds[0] is Kind.ULID:
        is_ulid = all(len(text.rstrip()) == _ULID_LENGTH for text in texts) and _is_recent(Kind.ULID, texts)
        return Kind.ULID if is_ulid else None
    if re.sub(r"\(.*?\)", "", type_name) in INTEGERS and not is_identifier:
        return next((kind for kind in _EPOCHS if _is_recent(kind, texts)), kinds[0])
    return kinds[0]


def _is_recent(kind: Kind, texts: Sequence[str]) -> bool:
    places = [position_of(kind, text) for text in texts]
    return all(place is not None and _FROM <= place < _UNTIL for place in places)
