"""Sets that pg_partman keeps, as SQL for its versions 4.x and 5.x. Pure.

What each version can do is taken from its documentation (doc/pg_partman.md of the releases 4.7.2 and 5.2.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbopt.errors import FeatureMissing, Obstructed, UsageError
from dbopt.partition import naming
from dbopt.partition.change import Change
from dbopt.partition.create.native import options, statement
from dbopt.partition.create.options import Request
from dbopt.partition.create.pieces import Cut, start_of
from dbopt.partition.grid import Grid
from dbopt.partition.interval import NAMED, Interval, parse
from dbopt.partition.key import Kind, literal
from dbopt.partition.model import NEGATIVE, Name, PartitionSet
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.naming import MAX_BYTES
from dbopt.postgres.scripts import render

SCHEMA = "partman"
"""Where pg_partman is looked for if it is not installed."""

ENCODERS = (5, 2)
"""Since then uuid and text can be keys, microseconds epochs, and a key may be NULL."""

_EPOCHS = {
    Kind.EPOCH_S: "seconds",
    Kind.EPOCH_MS: "milliseconds",
    Kind.EPOCH_US: "microseconds",
    Kind.EPOCH_NS: "nanoseconds",
}
_SMALL_INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True)
class Keeper:
    """pg_partman: the schema it lives in, and its version."""

    schema: str
    version: tuple[int, int]

    @property
    def major(self) -> int:
        return self.version[0]

    def __str__(self) -> str:
        return "pg_partman {}.{}".format(*self.version)


@dataclass(frozen=True)
class Handover:
    """A set on its way to pg_partman. `nullable` says that its key may be NULL."""

    keeper: Keeper
    request: Request
    name: Name
    owner: str | None
    cut: Cut
    grid: Grid
    nullable: bool
    storage: tuple[str, ...] = ()
    template: Name | None = None

    @property
    def parent(self) -> str:
        """The table as pg_partman writes it: without quotes."""
        return f"{self.name.schema}.{self.name.name}"

    @property
    def control(self) -> str:
        return self.request.level.control or ""

    @property
    def epoch(self) -> str:
        return _EPOCHS.get(self.cut.kind, "none") if self.cut.kind is not None else "none"

    @property
    def template_text(self) -> str | None:
        return f"{self.template.schema}.{self.template.name}" if self.template is not None else None

    def values(self) -> dict[str, Any]:
        """For the templates."""
        return {
            "partman": self.keeper.schema,
            "parent": self.parent,
            "control": self.control,
            "epoch": self.epoch,
            "template": self.template_text,
            "premake": self.request.premake,
            "schema": self.name.schema,
            "name": self.name.name,
        }


def check(handover: Handover) -> Handover:
    """Raises FeatureMissing for what this version of pg_partman cannot do, Obstructed for names that it mistakes."""
    request = handover.request
    reason = _strategy_missing(handover) or _kind_missing(handover) or _option_missing(handover)
    if reason is not None:
        raise FeatureMissing(f"{handover.keeper} cannot {reason}", hint="--flavour native can")
    if request.premake < 1:
        raise UsageError("pg_partman makes at least one partition ahead", hint="--premake 1")
    _check_names(handover)
    return handover


def create(handover: Handover, first: Change | None) -> Change:
    """create_parent() for a set without partitions, after the change that makes the table."""
    setup = ["SET LOCAL timezone = 'UTC'", *(first.statements if first is not None else ()), *_template(handover)]
    if handover.request.tablespace is not None and first is None:
        setup.append(_tablespace(handover))
    back = _undo(handover, drops_partitions=True)
    return Change(
        f"{handover.name}, kept by {handover.keeper}",
        (*setup, _call(handover, _start(handover), handover.request.default is not False)),
        (*back, *(first.undo if first is not None else ())),
    )


def take_over(handover: Handover, whole: PartitionSet) -> Change:
    """A set with partitions is handed over; 4.x would make its partitions anew, so its entry is written as they are.

    5.x finds those with the names that it would give, which are dbopt's, and makes what is missing.
    """
    assert handover.cut.kind is not None  # noqa: S101 - a range
    spans = whole.spans(handover.cut.kind)
    renamed = _renamed(handover, whole)
    if handover.keeper.major == 4:
        script = render(
            "partition/create/take_over_4.sql",
            **handover.values(),
            interval=str(handover.grid.step),
            datetime_string=_datetime_string(handover.grid),
            renamed=renamed,
        )
    else:
        oldest = next(span[0] for span, _ in spans if span[0] > NEGATIVE)
        renames = [_rename(one) for one in renamed]
        script = ";\n".join([*renames, _call(handover, literal_of(handover, oldest), default=False)])
    return Change(
        f"{handover.name}, handed over to {handover.keeper}",
        ("SET LOCAL timezone = 'UTC'", *_template(handover), statement(script)),
        _undo(handover, drops_partitions=False, renamed=renamed),
    )


def literal_of(handover: Handover, position: int) -> str:
    """A position as p_start_partition takes it: a time for keys that carry one, else a number."""
    kind = handover.cut.kind
    return literal(Kind.ID if kind is Kind.ID else Kind.TIMESTAMPTZ, position)


def _call(handover: Handover, start: str, default: bool) -> str:
    if handover.keeper.major == 4:
        script = render(
            "partition/create/partman_4.sql", **handover.values(), interval=_interval_4(handover.grid), start=start
        )
    else:
        encoder, decoder = _encoders(handover)
        script = render(
            "partition/create/partman_5.sql",
            **handover.values(),
            interval=str(handover.grid.step),
            type=handover.request.level.strategy,
            nullable=handover.nullable,
            encoder=encoder,
            decoder=decoder,
            start=start,
            default=default,
        )
    return statement(script)


def _start(handover: Handover) -> str:
    grid = handover.grid
    return literal_of(handover, grid.floor(start_of(handover.cut, grid, handover.request.start)))


def _interval_4(grid: Grid) -> str:
    """4.x aligns quarters and weeks only where they are called so."""
    names = {parse(text): name for name, text in NAMED.items()}
    return names.get(grid.step, str(grid.step)) if isinstance(grid.step, Interval) else str(grid.step)


def _datetime_string(grid: Grid) -> str | None:
    """The names of dbopt read by 4.x; its quarters must be called q1 to q4."""
    if isinstance(grid.step, int):
        return None
    if grid.step == Interval(3):
        return naming.datetime_string_4(grid.step)
    return "YYYYMMDD" if not grid.step.microseconds else "YYYYMMDD_HH24MISS"


def _renamed(handover: Handover, whole: PartitionSet) -> list[dict[str, str]]:
    """Partitions with other names than pg_partman would read."""
    assert handover.cut.kind is not None  # noqa: S101
    grid = handover.grid
    is_quarter = handover.keeper.major == 4 and grid.step == Interval(3)
    found = []
    for (lower, _), one in whole.spans(handover.cut.kind):
        if lower <= NEGATIVE:
            raise Obstructed(f"{one.name} has no lower bound: pg_partman cannot keep it", hint="detach it first")
        suffix = naming.partman_4(grid, lower) if is_quarter else naming.native(grid, lower)
        if not one.name.name.endswith(f"_{suffix}"):
            new_name = naming.named(whole.table.name, suffix, whole.names)
            found.append({"schema": one.name.schema, "name": one.name.name, "new_name": new_name})
    return found


def _rename(one: dict[str, str]) -> str:
    return f"ALTER TABLE {qualified(one['schema'], one['name'])} RENAME TO {quoted(one['new_name'])}"


def _template(handover: Handover) -> tuple[str, ...]:
    """A table of its own for storage parameters, where the user named none."""
    if not handover.storage or handover.template is None:
        return ()
    script = render(
        "partition/create/template_table.sql",
        schema=handover.template.schema,
        name=handover.template.name,
        like_schema=handover.name.schema,
        like_name=handover.name.name,
        storage=options(handover.storage),
        owner=handover.owner,
    )
    return (statement(script),)


def _tablespace(handover: Handover) -> str:
    return statement(
        render(
            "partition/create/tablespace.sql",
            schema=handover.name.schema,
            name=handover.name.name,
            tablespace=handover.request.tablespace,
        )
    )


def _undo(
    handover: Handover, *, drops_partitions: bool, renamed: list[dict[str, str]] | None = None
) -> tuple[str, ...]:
    script = render(
        "partition/create/undo_partman.sql",
        **handover.values(),
        drops_partitions=drops_partitions,
        drops_template=handover.request.template is None,
        renamed=renamed or [],
    )
    return (statement(script),)


def _encoders(handover: Handover) -> tuple[str | None, str | None]:
    request = handover.request
    if request.time_encoder is not None:
        return request.time_encoder, request.time_decoder
    if handover.cut.kind is Kind.UUIDV7:
        schema = handover.keeper.schema
        return f"{schema}.uuid7_time_encoder", f"{schema}.uuid7_time_decoder"
    return None, None


def _strategy_missing(handover: Handover) -> str | None:
    level, major = handover.request.level, handover.keeper.major
    if level.strategy == "hash" or (level.strategy == "list" and major == 4):
        return f"keep a set that is partitioned by {level.strategy}"
    if level.strategy == "list" and handover.cut.type not in _SMALL_INTEGERS:
        return "keep a list of anything but single integers"
    if level.groups:
        raise UsageError("--values: pg_partman's lists hold one integer in each partition", hint="leave out --values")
    return None


def _option_missing(handover: Handover) -> str | None:
    keeper, request = handover.keeper, handover.request
    if len(request.levels) > 1:
        return "make sub-partitions as dbopt describes them"
    if keeper.major == 4 and request.default is False:
        return "do without a default partition"
    if handover.nullable and (5, 0) <= keeper.version < ENCODERS:
        return "keep a key that may be NULL"
    return None


def _kind_missing(handover: Handover) -> str | None:
    kind, keeper, request = handover.cut.kind, handover.keeper, handover.request
    if keeper.version < ENCODERS and kind in (Kind.UUIDV7, Kind.ULID, Kind.EPOCH_US):
        return f"keep a key of kind {kind}"
    if keeper.major == 4 and handover.cut.type == "numeric":
        return "keep a key of type numeric"
    if kind is Kind.ULID and (request.time_encoder is None or request.time_decoder is None):
        raise UsageError(
            "pg_partman needs functions to read the time in a text",
            hint="--time-encoder and --time-decoder name them: (timestamptz) to text, and back",
        )
    return None


def _check_names(handover: Handover) -> None:
    """pg_partman takes names apart at periods, and counts characters where PostgreSQL counts bytes."""
    for name in (handover.name.schema, handover.name.name):
        if "." in name:
            raise Obstructed(f"pg_partman takes no names with periods: {name}", hint="--flavour native does")
    room = len("_p20240101_000000") if handover.cut.kind is not Kind.ID else 20
    table = handover.name.name
    if len(table) != len(table.encode()) and len(table.encode()) + room > MAX_BYTES:
        raise Obstructed(
            f"pg_partman counts {table} in characters and would cut its partitions' names wrongly",
            hint="--flavour native counts bytes",
        )
