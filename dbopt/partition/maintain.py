"""`dbopt partition maintain`: what each set needs, and doing it.

Of a set: a DETACH CONCURRENTLY that was interrupted is finished; where pg_partman keeps the set up, its own
run_maintenance() makes the partitions ahead; rows of the default get partitions of their own (dbopt/partition/move.py);
the partitions that are missing are made, each in a transaction of its own. DETACH CONCURRENTLY is never begun here:
PostgreSQL refuses it where there is a default partition, and inside a transaction. Nothing is ever dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from dbopt.errors import ConnectionFailed, NothingToDo, PrivilegeMissing, QueryFailed, ServerError, UsageError
from dbopt.partition import aims, survey
from dbopt.partition import move as moves
from dbopt.partition.ahead import Ahead, ahead, window
from dbopt.partition.aims import Aim, Archived, Asked
from dbopt.partition.change import Change, perform
from dbopt.partition.grid import Grid, Span
from dbopt.partition.key import literal as written
from dbopt.partition.maintained import Kept, Made, Maintained
from dbopt.partition.make import Maker, New, read_maker
from dbopt.partition.model import Name, PartitionSet
from dbopt.partition.move import Manner, Mover
from dbopt.partition.read import Extension, name_of, read_extension, read_set, resolve
from dbopt.partition.settings import Settings
from dbopt.partition.survey import Held
from dbopt.postgres.clock import now_us
from dbopt.postgres.exclusive import exclusive, key_of
from dbopt.postgres.identifiers import literal, quoted
from dbopt.postgres.session import Session

MOST_AT_ONCE = 200
"""Partitions that one move makes: each lengthens the lock by some milliseconds."""

_LOCK = key_of("partition maintain")
_ATTEMPTS = 3
_CHECK_VIOLATION = "23514"


@dataclass(frozen=True)
class Wishes:
    """What the run is to do. `tables` are as the user names them; none: those of the sections, else all."""

    tables: tuple[str, ...] = ()
    asked: Asked = field(default_factory=Asked)
    sections: tuple[Settings, ...] = ()
    policies: tuple[Archived, ...] = ()
    moves_default: bool = True
    analyzes: bool = True
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True)
class Plan:
    """What one set needs: first what others began or make, then rows out of the default, then partitions that are
    missing. `notes` are for people.
    """

    set: PartitionSet
    aim: Aim
    first: tuple[Change, ...] = ()
    mover: Mover | None = None
    blocks: int = 0
    held: Held = field(default_factory=Held)
    makes: tuple[New, ...] = ()
    creates: tuple[Change, ...] = ()
    last: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    to_archive: int = 0

    @property
    def changes(self) -> tuple[Change, ...]:
        moved = self.mover.changes(self.blocks) if self.mover else ()
        return (*self.first, *moved, *self.creates, *self.last)


OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class _Work:
    """A run: what all sets need to know."""

    session: Session
    wishes: Wishes
    extension: Extension | None
    sections: dict[Name, Settings]
    on_progress: OnProgress | None = None

    def tables(self) -> tuple[Name, ...]:
        """Those asked for. Without names, sets that are partitions themselves are left to the table above them."""
        if self.wishes.tables:
            return tuple(resolve(self.session, table) for table in self.wishes.tables)
        if self.sections:
            return tuple(self.sections)
        rows = self.session.rows("partition/sets", schema=None, name=None)
        return tuple(Name(row["schema"], row["name"]) for row in rows if row["parent_name"] is None)

    def perform(self, change: Change) -> None:
        perform(self.session, change, self.wishes.manner.limits, self.wishes.manner.on_wait)

    def kept_by(self, one: PartitionSet) -> Extension | None:
        """pg_partman, where it keeps the set up."""
        return self.extension if one.partman is not None and one.partman.maintained else None


def plan(session: Session, wishes: Wishes) -> tuple[Plan, ...]:
    """What is to be done, set by set. Raises ServerError, NothingToDo for a named table that is no set."""
    work = _work(session, wishes)
    sets = (read_set(session, table) for table in work.tables())
    return tuple(replace(_planned(work, one), first=_first(work, one)) for one in sets)


def maintain(session: Session, wishes: Wishes, on_progress: OnProgress | None = None) -> Maintained:
    """Do it. A set that fails does not keep the others from being kept up.

    Raises AlreadyRunning, and ConnectionFailed when the server is gone.
    """
    with exclusive(session, _LOCK, "maintains the partitions of"):
        session.limit()  # what the role has for statements of applications is not meant for the building of indexes
        for schema, oid in moves.left_over(session):
            with suppress(PrivilegeMissing):  # of another role, which will
                moves.clean(session, schema, oid, wishes.manner.limits)
        work = _work(session, wishes, on_progress)
        kept = tuple(_kept(work, table) for table in work.tables())
    return Maintained(session.server_version, session.database, kept)


def _work(session: Session, wishes: Wishes, on_progress: OnProgress | None = None) -> _Work:
    sections = {name_of(session, section.table): section for section in wishes.sections}
    return _Work(session, wishes, read_extension(session), sections, on_progress)


def _first(work: _Work, one: PartitionSet) -> tuple[Change, ...]:
    """What is done before anything is counted: it changes the set."""
    found = [_finalize(one.table, partition.name) for partition in one.others if partition.detach_pending]
    extension = work.kept_by(one)
    return (*found, _partman(one, extension)) if extension is not None else tuple(found)


def _planned(work: _Work, one: PartitionSet) -> Plan:
    """What the set needs as it is."""
    aim = aims.aim(one, work.wishes.asked, work.sections.get(one.table))
    if aim.grid is None:
        return Plan(one, aim, notes=(aim.reason,))
    grid, session = aim.grid, work.session
    current = survey.current(session, one, grid.kind)
    missing = Ahead() if work.kept_by(one) else ahead(one, grid, current, aim.premake)
    held = survey.survey(session, one, grid, window(one, grid, current or 0))
    obstacle = _obstacle(work, one) if held.by_span else None
    filled = tuple(span for span, _ in held.by_span)
    empty = tuple(span for span in missing.spans if span not in filled)
    moved = () if obstacle else filled[-MOST_AT_ONCE:]
    maker = read_maker(session, one, work.extension)
    # with rows that are moved, the missing ones come too: rows of theirs may arrive meanwhile
    at_once = sorted((*moved, *empty[: MOST_AT_ONCE - len(moved)])) if moved else []
    news = maker.new(grid, (*at_once, *(span for span in empty if span not in at_once)))
    makes, old = news[len(at_once) :], _to_archive(work, one, grid)
    found = Plan(
        one,
        aim,
        held=held,
        makes=makes,
        creates=maker.changes(makes),
        notes=(*missing.notes, *_remarks(one, held, len(filled) - len(moved), obstacle), *old[:1]),
        to_archive=len(old),
    )
    return _with_mover(work, found, maker, news[: len(at_once)]) if moved else found


def _with_mover(work: _Work, found: Plan, maker: Maker, news: tuple[New, ...]) -> Plan:
    default = found.set.default
    if default is None:
        return found
    row = work.session.row("partition/default_obstacles", table=str(default.name))
    statistics = Change(f"statistics of {found.set.table}", (f"ANALYZE {found.set.table}",), alone=True)
    return replace(
        found,
        mover=Mover(maker, default.name, news, tuple(row["triggers"])),
        blocks=row["blocks"],
        last=(statistics,) if work.wishes.analyzes else (),
    )


def _to_archive(work: _Work, one: PartitionSet, grid: Grid) -> tuple[str, ...]:
    """A remark for each partition that `archive` would take; all say the same."""
    policy = aims.policy_of(work.wishes.policies, one.table)
    if policy is None:
        return ()
    old = aims.to_archive(one, grid, policy, now_us(work.session))
    said = f"{len(old)} partitions are older than {policy.keep_hot}: dbopt archive run {policy.name} takes them"
    return (said,) * len(old)


def _finalize(table: Name, partition: Name) -> Change:
    statement = f"ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE"
    return Change(f"the interrupted DETACH of {partition}", (statement,), alone=True)


def _partman(one: PartitionSet, extension: Extension) -> Change:
    parent = literal(f"{one.table.schema}.{one.table.name}")
    statement = f"SELECT {quoted(extension.schema)}.run_maintenance({parent}, p_jobmon := false)"
    return Change(f"pg_partman {extension.version} makes the partitions of {one.table} ahead", (statement,))


def _obstacle(work: _Work, one: PartitionSet) -> str | None:
    """Why rows of the default are left where they are."""
    if not work.wishes.moves_default:
        return "by --no-default-move"
    if one.default is None:
        return None
    row = work.session.row("partition/default_obstacles", table=str(one.default.name))
    if row["kind"] != "r":
        return f"{one.default.name} is not a plain table"
    if row["referenced_by"]:
        return f"foreign keys of {row['referenced_by']} refer to them"
    if row["published_by"]:
        return f"publication {row['published_by']} would not pass the move on to its subscribers"
    return None


def _remarks(one: PartitionSet, held: Held, left: int, obstacle: str | None) -> list[str]:
    """What stays in the default partition, and why."""
    notes: list[str] = []
    if one.default is None:
        return notes
    name = one.default.name
    if obstacle and held.by_span:
        rows = sum(number for _, number in held.by_span)
        notes.append(f"{rows:,} rows of {name} that could have {len(held.by_span)} partitions stay there: {obstacle}")
    elif left > 0:
        notes.append(f"{left} more partitions for rows of {name}: run it again")
    if held.without_key:
        notes.append(f"{held.without_key:,} rows without a key stay in {name}")
    if held.outside:
        notes.append(f"{held.outside:,} rows far from now or infinite stay in {name}")
    return notes


def _kept(work: _Work, table: Name) -> Kept:
    done = Kept(str(table), "done")
    try:
        done, one = _begun(work, read_set(work.session, table), done)
        said = done.notes
        for attempt in range(_ATTEMPTS):
            try:
                for state in _steps(work, one, replace(done, notes=said)):
                    done = state
                break
            except QueryFailed as error:
                if error.sqlstate != _CHECK_VIOLATION or attempt == _ATTEMPTS - 1:
                    raise
            one = read_set(work.session, table)  # a row came into the default for a partition about to be made
    except ConnectionFailed:
        raise
    except (NothingToDo, ServerError, UsageError) as error:
        return replace(done, state="failed", error=error.message, hint=error.hint)
    return done


def _steps(work: _Work, one: PartitionSet, done: Kept) -> Iterator[Kept]:
    """Do what the set needs; what is done so far, after each step."""
    todo = _planned(work, one)
    done = replace(done, notes=(*done.notes, *todo.notes), to_archive=todo.to_archive)
    if todo.aim.grid is None:
        yield replace(done, state="done" if done.finalized else "skipped")
        return
    done = _moved(work, todo, done)
    yield done
    for new, change in zip(todo.makes, todo.creates, strict=True):
        work.perform(change)
        done = replace(done, created=(*done.created, _made(todo.aim.grid, new.name, new.span)))
        yield done


def _begun(work: _Work, one: PartitionSet, done: Kept) -> tuple[Kept, PartitionSet]:
    """The set as it is after its first changes."""
    changes = _first(work, one)
    if not changes:
        return done, one
    for change in changes:
        work.perform(change)
    finalized = tuple(str(each.name) for each in one.others if each.detach_pending)
    notes = [f"the interrupted DETACH of {name} is finished" for name in finalized]
    now = read_set(work.session, one.table)
    aim = aims.aim(now, work.wishes.asked, work.sections.get(now.table))
    new: list[Made] = []
    if work.kept_by(one):
        notes.append("pg_partman's own run_maintenance() makes its partitions ahead")
        spans = now.spans(aim.grid.kind) if aim.grid else ()
        new = [_made(aim.grid, made.name, span) for span, made in spans if aim.grid and made.name.name not in one.names]
    return replace(done, finalized=finalized, notes=tuple(notes), created=tuple(new)), now


def _moved(work: _Work, todo: Plan, done: Kept) -> Kept:
    if todo.mover is None or todo.aim.grid is None:
        return replace(done, staying_rows=todo.held.rows) if todo.set.default else done
    manner = work.wishes.manner
    if work.on_progress is not None:
        told, label = work.on_progress, f"blocks of {todo.mover.default}"
        manner = replace(manner, on_batch=lambda at, of: told(at, of, label))
    moved = moves.move(work.session, todo.mover, todo.held.rows, manner)
    for change in todo.last:
        work.perform(change)
    rows = dict(todo.held.by_span)
    return replace(
        done,
        created=(
            *done.created,
            *(_made(todo.aim.grid, new.name, new.span, rows.get(new.span, 0)) for new in todo.mover.news),
        ),
        moved_rows=done.moved_rows + moved.rows,
        staying_rows=moved.staying,
        locked_ms=moved.locked_ms,
    )


def _made(grid: Grid, name: Name, span: Span, rows: int = 0) -> Made:
    return Made(str(name), written(grid.kind, span[0]), written(grid.kind, span[1]), rows)
