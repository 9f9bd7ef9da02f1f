"""What a table shall become, from what is asked and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from dbopt.errors import Obstructed, UsageError
from dbopt.partition import naming
from dbopt.partition.bound import Edge, Range, written
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.ledger import Conversion
from dbopt.partition.convert.obstacles import obstacles
from dbopt.partition.convert.target import OLD, SYNC, Key, Part, Target, beside, lacking, list_of, new_name, sync_key
from dbopt.partition.create.options import Level
from dbopt.partition.create.pieces import Wanted, cut_of
from dbopt.partition.grid import Grid, Span, check
from dbopt.partition.interval import Interval
from dbopt.partition.key import DATETIMES, kind_of, literal, position_of_row
from dbopt.partition.model import Name
from dbopt.partition.read import names_in, read_set
from dbopt.partition.settings import PREMAKE
from dbopt.partition.table import Table, read_table
from dbopt.postgres.clock import now_us
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.identifiers import literal as sql_literal
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

MOST_PARTITIONS = 2000


@dataclass(frozen=True)
class Wish:
    """How the table is to be partitioned. `attach`: the table itself becomes the first partition of a range."""

    level: Level
    premake: int = PREMAKE
    default: bool = True
    widen: bool = False
    attach: bool = False

    @property
    def control(self) -> str:
        """Raises UsageError where no column is named."""
        if self.level.control is None:
            raise UsageError("by which column?", hint="as in --control created_at")
        return self.level.control

    @property
    def step(self) -> Interval | int:
        """Of a range. Raises UsageError where no interval is given."""
        if self.level.step is None:
            raise UsageError("by which interval?", hint="as in --interval '1 month'")
        return self.level.step

    def check(self) -> None:
        """Raises UsageError where something is missing, or does not go together."""
        if self.level.strategy == "range":
            _ = self.control, self.step
        elif self.attach:
            raise UsageError("--attach goes with a range only")


@dataclass(frozen=True)
class Plan:
    """`statements` make the new table; `leaves` are the tables whose rows are copied."""

    table: Table
    target: Target
    new: Name
    old: Name
    leaves: tuple[Name, ...]
    statements: tuple[str, ...]


def for_conversion(session: Session, name: Name, wish: Wish) -> Plan:
    """Changes nothing. Raises Obstructed with every reason, UsageError."""
    wish.check()
    with session.rolled_back(lock_timeout_ms=5000):
        table = read_table(session, name)
        bare = Target(
            key=f"{wish.level.strategy.upper()} ({quoted(wish.control)})", control=(wish.control,), widen=wish.widen
        )
        _refuse(table, bare)
        taken = names_in(session, name.schema)
        target = replace(bare, widened=_widened(table, bare))
        if wish.level.strategy == "range":
            target = _by_range(session, table, wish, target, taken)
        else:
            target = replace(target, parts=_by_others(table, wish, taken))
    return _plan(table, target, table, taken, (name,))


def _by_range(session: Session, table: Table, wish: Wish, target: Target, taken: frozenset[str]) -> Target:
    grid = check(Grid(kind_of(_type(table, wish), wish.level.kind), wish.step))
    reach = _reach(session, table.name, wish.control, grid)
    condition = _check(grid, _first_bound(grid, reach), wish.control) if wish.attach else ""
    return replace(target, parts=_parts(table.name, grid, reach, wish, taken), check=condition)


def _by_others(table: Table, wish: Wish, taken: frozenset[str]) -> tuple[Part, ...]:
    """By list or hash."""
    cut = cut_of(wish.level, _type(table, wish), 0)
    default = wish.default and wish.level.strategy == "list"
    pieces = Wanted((cut,), 0, default=default, taken=set(taken)).missing(table.name, None)
    return tuple(Part(piece.name.name, written(piece.bound)) for piece in pieces)


def _type(table: Table, wish: Wish) -> str:
    """Of the control column, which obstacles() found."""
    column = table.column(wish.control)
    return column.base_type if column is not None else ""


def for_undo(session: Session, name: Name, conversion: Conversion | None) -> Plan:
    """The partition set as a plain table, with the keys that it had before dbopt widened them. Changes nothing.

    Raises Obstructed.
    """
    found = read_set(session, name)
    if found.partman is not None:
        raise Obstructed(f"{name} is kept by pg_partman", hint="its undo_partition() goes back")
    if any(one.detach_pending for one in found.partitions):
        raise Obstructed(f"a DETACH of {name} was interrupted", hint=f"dbopt partition maintain {name} finishes it")
    with session.rolled_back(lock_timeout_ms=5000):
        table = read_table(session, name)
        target = Target()
        _refuse(table, target)
        rows = session.rows("partition/leaves", table=str(name))
        foreign = [row["name"] for row in rows if row["kind"] != "r"]
        if foreign or not rows:
            raise Obstructed(f"{name} has partitions that are no tables: {', '.join(foreign) or 'it has none'}")
        storage = read_table(session, Name(rows[0]["schema"], rows[0]["name"]))
        taken = names_in(session, name.schema)
    if conversion is not None and conversion.direction == "convert" and conversion.is_swapped:
        target = Target(narrow=conversion.target.widened)
        _check_unique(session, table, target)
    return _plan(table, target, storage, taken, tuple(Name(row["schema"], row["name"]) for row in rows))


def _first_bound(grid: Grid, reach: Span) -> int:
    """Where the first partition ends, if it is the table itself: a whole interval after its rows and the clock."""
    return grid.following(grid.floor(reach[1]), 2)


def _first_part(table: Name, grid: Grid, upper: int, taken: frozenset[str]) -> Part:
    bound = Range((Edge.MINVALUE,), (literal(grid.kind, upper),))
    return Part(naming.named(table.name, "first", taken), written(bound))


def _check(grid: Grid, upper: int, control: str) -> str:
    return f"{quoted(control)} < {sql_literal(literal(grid.kind, upper))}"


def _check_unique(session: Session, table: Table, target: Target) -> None:
    """Keys that were widened may hold rows by now that are alike without the partition key. Raises Obstructed."""
    own = {one.name: one for one in table.indexes}
    for key in target.narrow:
        if key.name not in own or own[key.name].is_special:
            continue
        if session.fetch(SQL(render("partition/alike.sql", table=table.name, keys=list_of(key.columns)))):
            raise Obstructed(
                f"{table.name} holds rows that are alike in ({list_of(key.columns)}), which {key.name} did not allow",
                hint=f"drop {key.name} to go back without it, or make the rows different",
            )


def start(session: Session, plan: Plan, direction: str, lock_timeout_ms: int) -> Conversion:
    """Make the new table, empty, and write it down."""
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {lock_timeout_ms}")
        for statement in plan.statements:
            session.script(statement)
        way = "attach" if plan.target.check else "copy"
        return ledger.begin(session, plan.table.name, direction, way, plan.target, plan.new, plan.old)


def _plan(table: Table, target: Target, storage: Table, taken: frozenset[str], leaves: tuple[Name, ...]) -> Plan:
    """`storage` is the table whose storage the new one gets."""
    attached = bool(target.check)
    new = new_name(table.name)
    old = Name(new.schema, target.parts[0].name if attached else beside(table.name.name, OLD, taken))
    if new.name in taken:
        raise Obstructed(f"{new} is there already", hint="it may be left from another attempt; drop or rename it")
    made = replace(target, parts=target.parts[1:]) if attached else target
    statements = [*carry.build(table, new, made, storage)]
    key = sync_key(table)
    if key is not None and any(one.name == key.name for one in target.narrow):
        columns = list_of(key.columns)  # rows may be alike in the narrower key until its index is built
        statements.append(f"CREATE UNIQUE INDEX {quoted(beside(key.name, SYNC))} ON {new} ({columns})")
    elif key is not None:
        statements += carry.index(key, new, target)
    return Plan(table, target, new, old, leaves, tuple(statements))


def _refuse(table: Table, target: Target) -> None:
    found = obstacles(table, target)
    if found:
        listed = "".join(f"\n  - {reason}" for reason in found)
        raise Obstructed(f"{table.name} cannot be converted online:{listed}")


def _widened(table: Table, target: Target) -> tuple[Key, ...]:
    """The unique keys that get more columns, as they are."""
    return tuple(Key(one.name, one.columns, one.definition) for one in table.indexes if lacking(one, target.control))


def _reach(session: Session, name: Name, control: str, grid: Grid) -> Span:
    """From the least row to now, or to the greatest row, if that is later. Rows at infinity do not count."""
    now = now_us(session) if grid.kind.is_time else None
    session.execute(SQL("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"))
    ends = []
    for order in ("ASC", "DESC"):
        edge = render(
            "partition/edge.sql", table=name, column=control, may_be_infinite=grid.kind in DATETIMES, order=order
        )
        rows = session.fetch(SQL(edge))
        found = position_of_row(grid.kind, rows[0]["value"]) if rows else None
        if isinstance(found, int):
            ends.append(found)
    if not ends:
        ends = [now if now is not None else 0]
    return min(ends), max([*ends, *([now] if now is not None else [])])


def _parts(table: Name, grid: Grid, reach: Span, wish: Wish, taken: frozenset[str]) -> tuple[Part, ...]:
    """Partitions for all rows, and as many ahead as asked for."""
    start, current = grid.floor(reach[0]), grid.floor(reach[1])
    if wish.attach:
        start = current = _first_bound(grid, reach)
    end = grid.following(current, wish.premake + 1)
    spans = list(islice(grid.spans(start, end), MOST_PARTITIONS + 1))
    if len(spans) > MOST_PARTITIONS:
        first, last = (literal(grid.kind, position) for position in (start, current))
        raise UsageError(
            f"partitions of {grid.step} from {first} to {last} would be more than {MOST_PARTITIONS}",
            hint="choose a longer --interval; rows with an odd value may be the reason",
        )
    parts = [_first_part(table, grid, start, taken)] if wish.attach else []
    names = {*taken, *(part.name for part in parts)}
    for lower, upper in spans:
        part = naming.named(table.name, naming.native(grid, lower), names)
        names.add(part)
        parts.append(Part(part, written(Range((literal(grid.kind, lower),), (literal(grid.kind, upper),)))))
    if wish.default:
        parts.append(Part(naming.named(table.name, "default", names), "DEFAULT"))
    return tuple(parts)
