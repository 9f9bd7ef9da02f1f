"""Which partitions a set lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from dbopt.errors import Obstructed, UsageError
from dbopt.partition import grid as grids
from dbopt.partition import interval, naming
from dbopt.partition.bound import Bound, Default, Hash, Range, Values
from dbopt.partition.create.options import Group, Level
from dbopt.partition.grid import Grid, Span
from dbopt.partition.interval import microseconds_of, moment_of
from dbopt.partition.key import Kind, kind_of, literal
from dbopt.partition.model import NEGATIVE, POSITIVE, Name, PartitionSet, gaps, span_of

MOST = 10_000
"""Partitions in one run: more are a slip of the pen, and PostgreSQL plans slowly with them."""


@dataclass(frozen=True)
class Cut:
    """A level, made sure to fit its column. `kind` and `now` are those of a range: `now` is the position at which rows
    are written, the clock's or the greatest number.
    """

    level: Level
    type: str
    kind: Kind | None = None
    now: int = 0


@dataclass(frozen=True)
class Piece:
    """A partition to make: `bound` in the values that `kind` has; `cut` is how it is partitioned itself."""

    name: Name
    parent: Name
    bound: Bound
    kind: Kind | None
    cut: Level | None = None


@dataclass
class Wanted:
    """What shall be there: `cuts` from the table downward; `sets` are those that exist beneath it. `taken` are names
    that no partition can have; those that are given here join them.
    """

    cuts: tuple[Cut, ...]
    premake: int
    start: str | None = None
    default: bool | None = None
    sets: Mapping[Name, PartitionSet] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def missing(self, table: Name, whole: PartitionSet | None) -> list[Piece]:
        """What a table lacks, and its partitions: those above before those beneath them. Raises UsageError for more
        than MOST, and Obstructed where existing partitions are in the way.
        """
        found: list[Piece] = []
        for piece in self._missing(table, whole, 0, None):
            found.append(piece)
            if len(found) > MOST:
                raise UsageError(
                    f"that would be more than {MOST:,} partitions", hint="a longer --interval, or a later --start"
                )
        return found

    def _missing(self, table: Name, whole: PartitionSet | None, depth: int, within: Span | None) -> Iterator[Piece]:
        cut = self.cuts[depth]
        for suffix, bound in self._bounds(cut, whole, within):
            below = self.cuts[depth + 1] if depth + 1 < len(self.cuts) else None
            is_cut = below is not None and not isinstance(bound, Default)
            piece = Piece(
                Name(table.schema, self._name(table, suffix)),
                table,
                bound,
                cut.kind,
                below.level if below is not None and is_cut else None,
            )
            yield piece
            if is_cut:
                yield from self._missing(piece.name, None, depth + 1, self._within(cut, depth, bound))
        for one in whole.others if whole is not None and depth + 1 < len(self.cuts) else ():
            if one.name in self.sets:
                yield from self._missing(one.name, self.sets[one.name], depth + 1, self._within(cut, depth, one.bound))

    def _within(self, cut: Cut, depth: int, bound: Bound) -> Span | None:
        """What a partition leaves to those beneath it, where they are cut by the same column."""
        same = self.cuts[depth + 1].level.control == cut.level.control and cut.kind is not None
        return span_of(bound, cut.kind) if same and cut.kind is not None else None

    def _name(self, table: Name, suffix: str) -> str:
        name = naming.named(table.name, suffix, self.taken)
        if name in self.taken:  # a list's: those of ranges and hashes differ
            numbered = (naming.named(table.name, f"{suffix}_{n}", self.taken) for n in range(2, 100))
            name = next((one for one in numbered if suffix.startswith("p_") and one not in self.taken), name)
        if name in self.taken:
            raise Obstructed(f"{table.schema}.{name} exists and is no partition of {table}", hint="rename or drop it")
        self.taken.add(name)
        return name

    def _bounds(self, cut: Cut, whole: PartitionSet | None, within: Span | None) -> Iterator[tuple[str, Bound]]:
        """The ends of the names of missing partitions, and their bounds."""
        if cut.level.strategy == "hash":
            yield from _hashes(cut.level, whole)
        elif cut.level.strategy == "list":
            yield from _lists(cut.level, whole)
        else:
            yield from self._ranges(cut, whole, within)
        is_new = whole is None or not whole.partitions
        has_none = whole is None or whole.default is None
        wanted = self.default if self.default is not None else is_new and cut.level.strategy != "hash"
        if wanted and has_none:
            yield "default", Default()

    def _ranges(self, cut: Cut, whole: PartitionSet | None, within: Span | None) -> Iterator[tuple[str, Bound]]:
        assert cut.kind is not None  # noqa: S101 - a range always has one
        grid = grid_of(cut, whole)
        spans = tuple(span for span, _ in whole.spans(cut.kind)) if whole is not None else ()
        if within is not None and within[0] > NEGATIVE and within[1] < POSITIVE:
            start, end = within
        else:
            start = grid.floor(start_of(cut, grid, self.start))
            end = max(grid.following(grid.floor(cut.now), self.premake + 1), grid.following(start))
        for gap in gaps(spans, start, end):
            for lower, upper in grid.spans(*gap):
                bound = Range((literal(cut.kind, lower),), (literal(cut.kind, upper),))
                yield naming.native(grid, lower), bound


def grid_of(cut: Cut, whole: PartitionSet | None) -> Grid:
    """Where bounds stand: as in the set, else by the interval that is asked for. Raises UsageError."""
    assert cut.kind is not None  # noqa: S101
    found = whole.grid(cut.kind, cut.level.step) if whole is not None else None
    if found is None and cut.level.step is None:
        example = "1000000" if cut.kind is Kind.ID else '"1 month"'
        raise UsageError("--interval is missing", hint=f"how much a partition holds, as in --interval {example}")
    if found is None and cut.level.step is not None:
        found = Grid(cut.kind, cut.level.step)
    assert found is not None  # noqa: S101
    return grids.check(found)


def start_of(cut: Cut, grid: Grid, start: str | None) -> int:
    """The position that --start means: a number, a time in UTC, or an interval before now. Raises UsageError."""
    if start is None:
        return cut.now
    if isinstance(grid.step, int):
        if not start.lstrip("-").isdecimal():
            raise UsageError(f"--start {start} is not a number")
        return int(start)
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        try:
            back = interval.parse(start)
            return microseconds_of(back.after(moment_of(cut.now), -1))
        except (UsageError, OverflowError):
            raise UsageError(
                f"--start {start} is neither a time nor an interval", hint='as in 2024-01-01 or "6 months"'
            ) from None
    return microseconds_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def cut_of(level: Level, type_name: str, now: int) -> Cut:
    """Raises UsageError for a column that cannot be cut so."""
    if level.strategy != "range":
        return Cut(level, type_name)
    kind = kind_of(type_name, level.kind)
    if kind is Kind.ID and level.step is not None and not isinstance(level.step, int):
        raise UsageError(
            f"--interval {level.step}: {level.control} holds numbers",
            hint="--key epoch-s, epoch-ms, epoch-us or epoch-ns says that they are times; else --interval 1000000",
        )
    return Cut(level, type_name, kind, now)


def with_groups(cut: Cut, values: Sequence[str | None]) -> Cut:
    """A list's cut with its values in the server's form, in their order."""
    rest = iter(values)
    groups = tuple(Group(group.name, tuple(next(rest) for _ in group.values)) for group in cut.level.groups)
    return replace(cut, level=replace(cut.level, groups=groups))


def check_same(level: Level, whole: PartitionSet) -> None:
    """Raises UsageError where a set is partitioned in another way than asked."""
    names = tuple(column.name for column in whole.key)
    said = f"{whole.table} is partitioned by {whole.strategy} ({', '.join(column.expression for column in whole.key)})"
    if whole.strategy != level.strategy:
        raise UsageError(f"{said}, not by {level.strategy}", hint=f"--strategy {whole.strategy}")
    if len(names) > 1 or names[0] is None:
        raise UsageError(f"{said}; dbopt makes partitions for keys of one column")
    if level.control is not None and names[0] != level.control:
        raise UsageError(f"{said}, not by {level.control}", hint=f"--control {names[0]}")


def _hashes(level: Level, whole: PartitionSet | None) -> Iterator[tuple[str, Bound]]:
    there = [one.bound for one in whole.others if isinstance(one.bound, Hash)] if whole is not None else []
    modulus = level.modulus or max((bound.modulus for bound in there), default=0)
    if not modulus:
        raise UsageError("--modulus is missing", hint="how many partitions: --modulus 8")
    if any(bound.modulus != modulus for bound in there):
        raise UsageError(f"the set has partitions of modulus {there[0].modulus}", hint=f"--modulus {there[0].modulus}")
    present = {bound.remainder for bound in there}
    for remainder in range(modulus):
        if remainder not in present:
            yield f"p{remainder}", Hash(modulus, remainder)


def _lists(level: Level, whole: PartitionSet | None) -> Iterator[tuple[str, Bound]]:
    there = {
        value: one.name
        for one in (whole.others if whole is not None else ())
        if isinstance(one.bound, Values)
        for value in one.bound.values
    }
    if not level.groups and not there:
        raise UsageError("--values is missing", hint='which values go where: --values "eu:de,fr;us:us"')
    for group in level.groups:
        known = [value for value in group.values if value in there]
        if known and len(known) < len(group.values):
            said = ", ".join("NULL" if value is None else value for value in known)
            raise Obstructed(
                f"partition {there[known[0]]} holds {said} already, but not the whole group",
                hint="give the group as it is there, and new values as a group of their own",
            )
        if not known:
            suffix = naming.of_value(group.name if group.name is not None else group.values[0])
            yield suffix, Values(group.values)
