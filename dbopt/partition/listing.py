"""`dbopt partition list`: the partition sets of a database with what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dbopt.errors import ServerError, UsageError
from dbopt.partition import aims, survey
from dbopt.partition.ahead import Ahead, ahead
from dbopt.partition.aims import Aim, Archived, Asked
from dbopt.partition.bound import Default
from dbopt.partition.grid import Grid, Span
from dbopt.partition.key import literal
from dbopt.partition.model import NEGATIVE, POSITIVE, Name, Partition, PartitionSet, gaps
from dbopt.partition.read import Extension, read_extension, read_set, read_sets, resolve
from dbopt.partition.settings import Settings
from dbopt.postgres.clock import now_us
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Listed:
    """A partition. `bound` is the server's text, in UTC; `rows` the planner's estimate, None if never analysed."""

    partition: str
    bound: str
    rows: int | None
    bytes: int
    is_default: bool = False
    is_partitioned: bool = False
    is_foreign: bool = False
    detach_pending: bool = False


@dataclass(frozen=True)
class Bounds:
    """From `lower`, included, to `upper`, excluded, as bounds are written."""

    lower: str
    upper: str


@dataclass(frozen=True)
class ListedSet:
    """A set. `kind` says what its keys are, `interval` how far its bounds lie apart, as far as these can be told: null
    where not. `default_rows` is the planner's estimate. `to_create` are the partitions that `maintain` would make, the
    first first; `to_archive` those older than keep_hot of its [[archive]], the oldest first.
    """

    table: str
    strategy: str
    key: str
    kind: str | None
    interval: str | None
    managed_by: str
    rows: int | None
    bytes: int
    default_rows: int | None
    partitions: tuple[Listed, ...]
    gaps: tuple[Bounds, ...] = ()
    to_create: tuple[Bounds, ...] = ()
    to_archive: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """All sets, or the one that was asked for."""

    SCHEMA: ClassVar[str] = "dbopt.partitions/1"
    WRITTEN_BY: ClassVar[str] = "dbopt partition list"

    server_version: str
    database: str
    sets: tuple[ListedSet, ...]


def listing(
    session: Session, table: str | None, sections: Sequence[Settings] = (), policies: Sequence[Archived] = ()
) -> Listing:
    """Raises QueryFailed for a table that is not there, NothingToDo for one that is not partitioned."""
    sets = read_sets(session) if table is None else (read_set(session, resolve(session, table)),)
    extension = read_extension(session)
    by_table = _by_table(session, sections)
    found = tuple(_listed(session, one, by_table.get(one.table), policies, extension) for one in sets)
    return Listing(session.server_version, session.database, found)


def _by_table(session: Session, sections: Sequence[Settings]) -> dict[Name, Settings]:
    """A section whose table is not here is of no use to a list."""
    found = {}
    for section in sections:
        try:
            found[resolve(session, section.table)] = section
        except ServerError:
            continue
    return found


def _listed(
    session: Session,
    one: PartitionSet,
    section: Settings | None,
    policies: Sequence[Archived],
    extension: Extension | None,
) -> ListedSet:
    try:
        aim = aims.aim(one, Asked(), section)
    except UsageError as error:
        aim = Aim(None, reason=error.message)
    rows = [partition.rows for partition in one.partitions]
    policy = aims.policy_of(policies, one.table)
    old = aims.to_archive(one, aim.grid, policy, now_us(session)) if aim.grid and policy else ()
    missing = _missing(session, one, aim)
    return ListedSet(
        table=str(one.table),
        strategy=one.strategy,
        key=", ".join(column.expression for column in one.key),
        kind=str(aim.grid.kind) if aim.grid else None,
        interval=_interval(aim.grid) if aim.grid else None,
        managed_by=f"pg_partman {extension.version}" if one.partman and extension else "native",
        rows=None if None in rows else sum(number or 0 for number in rows),
        bytes=sum(partition.bytes for partition in one.partitions),
        default_rows=one.default.rows if one.default else None,
        partitions=tuple(map(_partition, one.partitions)),
        gaps=_gaps(one, aim.grid) if aim.grid else (),
        to_create=_written(aim.grid, missing.spans) if aim.grid else (),
        to_archive=tuple(map(str, old)),
        notes=(*((aim.reason,) if aim.reason and one.strategy == "range" else ()), *missing.notes),
    )


def _missing(session: Session, one: PartitionSet, aim: Aim) -> Ahead:
    if aim.grid is None:
        return Ahead()
    try:
        return ahead(one, aim.grid, survey.current(session, one, aim.grid.kind), aim.premake)
    except ServerError as error:
        return Ahead(notes=(f"what is to come cannot be told: {error.message}",))


def _partition(one: Partition) -> Listed:
    return Listed(
        partition=str(one.name),
        bound=one.bound_sql.removeprefix("FOR VALUES "),
        rows=one.rows,
        bytes=one.bytes,
        is_default=isinstance(one.bound, Default),
        is_partitioned=one.is_partitioned,
        is_foreign=one.is_foreign,
        detach_pending=one.detach_pending,
    )


def _gaps(one: PartitionSet, grid: Grid) -> tuple[Bounds, ...]:
    spans = tuple(span for span, _ in one.spans(grid.kind))
    edges = [edge for span in spans for edge in span if NEGATIVE + 1 < edge < POSITIVE - 1]
    return _written(grid, gaps(spans, min(edges), max(edges))) if edges else ()


def _written(grid: Grid, spans: Sequence[Span]) -> tuple[Bounds, ...]:
    return tuple(Bounds(literal(grid.kind, lower), literal(grid.kind, upper)) for lower, upper in spans)


def _interval(grid: Grid) -> str:
    zone = "" if str(grid.zone) == "UTC" else f" in {grid.zone}"
    return f"{grid.step}{zone}"
