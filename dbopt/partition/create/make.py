"""What is to be done for a set, found on a server and done there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

from dbopt import __version__
from dbopt.errors import FeatureMissing, Obstructed, QueryFailed, UsageError
from dbopt.partition.change import Change, perform, script, undo_of
from dbopt.partition.create import native, partman
from dbopt.partition.create.options import Level, Request, command_line
from dbopt.partition.create.partman import Handover, Keeper
from dbopt.partition.create.pieces import Cut, Wanted, check_same, cut_of, grid_of, with_groups
from dbopt.partition.create.table import (
    Target,
    as_values_of,
    beneath,
    check_unique,
    column_of,
    highest,
    read_named,
    read_target,
)
from dbopt.partition.grid import Grid
from dbopt.partition.key import Kind
from dbopt.partition.model import Name, Partition
from dbopt.partition.naming import named
from dbopt.partition.read import names_in, read_extension, read_set
from dbopt.partition.table import Table
from dbopt.postgres.exclusive import exclusive, key_of
from dbopt.postgres.patience import Limits
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Creation:
    """What makes a set, or what it lacks. No changes: all is there. `server` is the version of its server."""

    table: Name
    request: Request
    changes: tuple[Change, ...]
    server: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A partition that was made; `bound` as the server writes it, in UTC."""

    schema: str
    name: str
    bound: str


@dataclass(frozen=True)
class Created:
    """dbopt.partitions-created/1: the partitions that a run made, in the order of the set."""

    SCHEMA: ClassVar[str] = "dbopt.partitions-created/1"

    table: str
    flavour: str
    partitions: tuple[Made, ...]


def plan(session: Session, request: Request, *, will_run: bool) -> Creation:
    """Find what is to be done. Only what `will_run` on this server needs pg_partman to be installed there.

    Raises UsageError, Obstructed, FeatureMissing and ServerError.
    """
    target = read_target(session, request.table, may_be_missing=request.like is not None)
    like = read_named(session, request.like, "--like") if request.like is not None else None
    request = _with_control(request, target)
    source = target.table or like
    assert source is not None  # noqa: S101 - a missing table has a --like
    if target.set is not None:
        check_same(request.level, target.set)
    check_unique(source, [level.control or "" for level in request.levels])
    cuts = tuple(_cut(session, level, source, target) for level in request.levels)
    if request.is_native:
        changes: tuple[Change, ...] = tuple(_native(session, request, target, like, cuts))
        remarks: tuple[str, ...] = ()
    else:
        keeper = _keeper(session, request, will_run)
        changes = tuple(_partman(session, request, target, like, cuts[0], keeper))
        remarks = ("pg_partman counts days in the time zone of whoever runs its maintenance: let that be UTC",)
    return Creation(target.name, request, changes, session.server_version, remarks if changes else ())


def document(creation: Creation, limits: Limits) -> str:
    """The changes as one script for psql, with what takes them back as comments at its end."""
    if not creation.changes:
        return f"-- {nothing(creation)}\n"
    undo = undo_of(creation.changes)
    comments = "".join(f"-- {line}".rstrip() + "\n" for line in script(undo).splitlines())
    return f"{_header(creation, limits)}\n{script(creation.changes)}\n-- To take it back:\n{comments}"


def undo_document(creation: Creation, limits: Limits) -> str:
    """What takes the changes back, as a script for psql."""
    return f"{_header(creation, limits)}\n{script(undo_of(creation.changes))}"


def nothing(creation: Creation) -> str:
    """That there is nothing to do."""
    return f"{creation.table}: there is nothing to do, all partitions are there"


def perform_all(
    session: Session, creation: Creation, limits: Limits, on_wait: Callable[[str], None] | None = None
) -> Created:
    """Run the changes, each in a transaction of its own. Raises ServerError."""
    before = _members(session, creation.table, creation.request)
    for change in creation.changes:
        with _explained():
            perform(session, change, limits, on_wait)
    after = _members(session, creation.table, creation.request)
    made = tuple(
        Made(one.name.schema, one.name.name, one.bound_sql) for one in after.values() if one.name not in before
    )
    return Created(str(creation.table), creation.request.flavour, made)


@contextmanager
def alone(session: Session, table: Name) -> Iterator[None]:
    """No other dbopt changes the set meanwhile. Raises AlreadyRunning."""
    with exclusive(session, key_of("partition", table.schema, table.name), f"changes the partitions of {table} in"):
        yield


def _members(session: Session, table: Name, request: Request) -> dict[Name, Partition]:
    """The partitions of a set, and those beneath them where they are asked for; none of a table that is no set."""
    row = session.row("partition/create_name", table=str(table))
    if row["kind"] != "p":
        return {}
    whole = read_set(session, table)
    sets = (whole, *beneath(session, whole, len(request.levels) - 1).values())
    return {one.name: one for found in sets for one in found.partitions}


@contextmanager
def _explained() -> Iterator[None]:
    """Rows of the default partition that belong into a new one are no riddle."""
    try:
        yield
    except QueryFailed as error:
        if error.sqlstate == "23514":
            raise Obstructed(
                f"the default partition holds rows of a partition that is to be made: {error.message}",
                hint="dbopt partition maintain moves them out of it",
            ) from error
        raise


def _header(creation: Creation, limits: Limits) -> str:
    return render(
        "partition/create/header.sql",
        table=str(creation.table).replace("\n", " "),
        version=__version__,
        server=creation.server,
        command=command_line(creation.request),
        remarks=creation.remarks,
        lock_timeout_ms=limits.lock_timeout_ms,
    )


def _with_control(request: Request, target: Target) -> Request:
    """An existing set knows its key. Raises UsageError where nobody does."""
    level = request.level
    if level.control is None and target.set is not None:
        level = replace(level, control=target.set.key[0].name)
    if level.control is None:
        raise UsageError("--control is missing", hint="the column to partition by, as in --control created_at")
    return replace(request, levels=(level, *request.levels[1:]))


def _cut(session: Session, level: Level, source: Table, target: Target) -> Cut:
    column = column_of(source, level.control)
    cut = cut_of(level, column.base_type, target.now_us)
    if cut.kind is Kind.ID:
        now = highest(session, source, column.name) if target.state == "partitioned" else 0
        return replace(cut, now=now)
    if level.strategy == "list":
        return with_groups(cut, as_values_of(session, column.type, list(native.literals_of(level))))
    return cut


def _native(
    session: Session, request: Request, target: Target, like: Table | None, cuts: tuple[Cut, ...]
) -> list[Change]:
    if request.take_over:
        raise UsageError("--take-over hands a set over to pg_partman", hint="--flavour pg_partman")
    if target.set is not None and target.set.partman is not None:
        raise Obstructed(f"{target.name} is kept by pg_partman", hint="--flavour pg_partman")
    taken = set(names_in(session, target.name.schema))
    sets = beneath(session, target.set, len(cuts) - 1) if target.set is not None else {}
    wanted = Wanted(cuts, request.premake, request.start, request.default, sets, taken)
    first = _first(request, target, like, taken)
    pieces = wanted.missing(target.name, target.set)
    return native.partitions(target.name, pieces, _traits(session, request, target, like), first)


def _first(request: Request, target: Target, like: Table | None, taken: set[str]) -> Change | None:
    """What makes the table a partitioned one."""
    if target.state == "missing" and like is not None:
        return native.new_table(target.name, like, request.level, request.tablespace)
    if target.state == "empty" and target.table is not None:
        return native.swap(target.table, request.level, request.tablespace, frozenset(taken))
    return None


def _traits(session: Session, request: Request, target: Target, like: Table | None) -> native.Traits:
    template = read_named(session, request.template, "--template-table") if request.template is not None else None
    table = target.table
    return native.Traits(
        owner=table.owner if table is not None else None,
        grants=table.leaf_privileges if table is not None else (),
        replica_identity=table.replica_identity if table is not None else "d",
        identity_index=table.identity_index if table is not None else None,
        storage=_storage(session, request, target, template, like),
        tablespace=request.tablespace,
        is_unlogged=template is not None and template.is_unlogged,
        template_indexes=native.lacking(template, table or like) if template is not None else (),
    )


def _storage(
    session: Session, request: Request, target: Target, template: Table | None, like: Table | None
) -> tuple[str, ...]:
    """Storage parameters: those asked for, before those of the template table, else of the newest partition, else of
    the table that was plain.
    """
    model = template
    if model is None and target.set is not None:
        leaves = [one.name for one in target.set.others if not one.is_partitioned and not one.is_foreign]
        model = read_named(session, str(leaves[-1]), "partition") if leaves else None
    model = model or (target.table if target.set is None else None) or like
    merged = {one["name"]: one["text"] for one in _named_options(model.storage if model is not None else ())}
    merged.update((one["name"], one["text"]) for one in _named_options(request.storage))
    return tuple(merged.values())


def _named_options(storage: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"name": ".".join(one["name"]), "text": f"{'.'.join(one['name'])}={one['value']}"}
        for one in native.options(storage)
    ]


def _keeper(session: Session, request: Request, will_run: bool) -> Keeper:
    """pg_partman as it is installed, or of the version that is asked for. Raises FeatureMissing and UsageError."""
    found = read_extension(session)
    if found is None:
        if will_run or request.partman_version is None:
            raise FeatureMissing(
                "pg_partman is not installed in this database",
                hint="CREATE EXTENSION pg_partman, or a script for another server: --partman-version 5.x --dry-run",
            )
        return Keeper(partman.SCHEMA, request.partman_version)
    major, minor = (int(part) for part in found.version.split(".")[:2])
    asked = request.partman_version
    if will_run and asked is not None and asked[0] != major:
        raise UsageError(f"pg_partman is {found.version} here", hint="leave out --partman-version")
    return Keeper(found.schema, asked if asked is not None and asked[0] != major else (major, minor))


def _partman(
    session: Session, request: Request, target: Target, like: Table | None, cut: Cut, keeper: Keeper
) -> list[Change]:
    if target.set is not None and target.set.partman is not None:
        return []
    has_partitions = target.set is not None and bool(target.set.others)
    if has_partitions and not request.take_over:
        raise Obstructed(f"{target.name} has partitions already", hint="--take-over hands them over to pg_partman")
    if request.take_over and not has_partitions:
        raise UsageError(f"--take-over: {target.name} has no partitions", hint="leave it out")
    if target.set is not None and target.set.default is not None and not has_partitions:
        raise Obstructed(
            f"{target.name} has a default partition and no other", hint="drop it: pg_partman makes its own"
        )
    handover = _handover(session, request, target, like, cut, keeper)
    if request.take_over and target.set is not None:
        return [partman.take_over(handover, target.set)]
    taken = set(names_in(session, target.name.schema))
    return [partman.create(handover, _first(request, target, like, taken))]


def _handover(
    session: Session, request: Request, target: Target, like: Table | None, cut: Cut, keeper: Keeper
) -> Handover:
    source = target.table or like
    assert source is not None  # noqa: S101 - as in plan()
    column = column_of(source, request.level.control)
    template = read_named(session, request.template, "--template-table") if request.template is not None else None
    storage = () if template is not None else _storage(session, request, target, None, like)
    own_template = Name(target.name.schema, named(target.name.name, "template", names_in(session, target.name.schema)))
    as_number = replace(cut, kind=Kind.ID) if cut.kind is None else cut
    is_range = request.level.strategy == "range"
    draft = Handover(
        keeper,
        request,
        target.name,
        source.owner,
        cut,
        Grid(Kind.ID, 1),
        nullable=not column.not_null,
        storage=storage,
        template=template.name if template is not None else own_template if storage else None,
    )
    partman.check(draft)
    return replace(draft, cut=as_number, grid=grid_of(cut, target.set) if is_range else draft.grid)
