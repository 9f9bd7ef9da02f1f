"""`dbopt archive restore` out of an archive table: into the own table rows go back, into one beside it they are copied.
One statement in one transaction, so that every snapshot sees each row once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.policy import Policy
from dbopt.archive.restored import Asked, RestoredRows
from dbopt.archive.shelf import table
from dbopt.archive.shelf.table import Shelf
from dbopt.archive.target import altered, position, refused, target
from dbopt.errors import NothingToDo, QueryFailed, UsageError
from dbopt.partition.key import Kind, literal
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class ShelfPlan:
    """What is to be done: `target` exists or is made by `create`; `lost` are columns that it does not have, `gained`
    those that the archive table does not have; `rows` is the planner's estimate.
    """

    policy: Policy
    kind: Kind
    shelf: Shelf
    lower: int | None
    upper: int | None
    target: Name
    is_own: bool
    create: str | None
    names: tuple[str, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    rows: int

    @property
    def condition(self) -> str:
        least, below = (None if one is None else literal(self.kind, one) for one in (self.lower, self.upper))
        return table.within(self.policy.control, least, below)


def plan(session: Session, policy: Policy, asked: Asked) -> ShelfPlan:
    """Raises NothingToDo where there is no archive table, UsageError, Obstructed."""
    pair = table.existing(session, policy)
    if pair is None:
        raise NothingToDo(f"archive policy {policy.name} has no archived rows")
    shelf, oid = pair
    archived = sources.columns_of(session, oid)
    kind = sources.control_of(policy, archived)
    control = next(column for column in archived if column.name == policy.control)
    lower, upper = (position(session, control, kind, text) for text in (asked.lower, asked.upper))
    if lower is not None and upper is not None and lower >= upper:
        raise UsageError("--from is not before --to")
    own, columns, create = target(session, policy, asked.into, archived)
    have, kept = {one.name for one in columns}, {one.name for one in archived}
    found = ShelfPlan(
        policy=policy,
        kind=kind,
        shelf=shelf,
        lower=lower,
        upper=upper,
        target=own,
        is_own=asked.into is None,
        create=create,
        names=tuple(one.name for one in columns if one.name in kept and not one.generated),
        lost=tuple(one.name for one in archived if one.name not in have),
        gained=tuple(one.name for one in columns if one.name not in kept),
        rows=0,
    )
    return _counted(session, found)


def statements(plan: ShelfPlan) -> tuple[str, ...]:
    """What a restore runs, for --dry-run."""
    return (*((plan.create,) if plan.create else ()), _statement(plan))


def restore(session: Session, todo: ShelfPlan) -> RestoredRows:
    """Under the lock of the policy. Raises ServerError, Obstructed: then nothing is changed."""
    table.settle(session, todo.policy)
    try:
        with session.transaction():
            session.script(reading())
            rows = _back(session, todo) if todo.is_own else _copied(session, todo)
    except QueryFailed as error:
        raise refused(error, todo.target) from None
    lower, upper = (None if one is None else literal(todo.kind, one) for one in (todo.lower, todo.upper))
    return RestoredRows(todo.policy.name, str(todo.target), lower, upper, rows, 0, 0, todo.lost, todo.gained)


def _back(session: Session, todo: ShelfPlan) -> int:
    found = session.fetch(SQL(_statement(todo)))[0]
    if not found["is_same"] or found["rows"] != found["taken"]:
        raise altered(todo.target)
    if found["rows"]:
        table.gone(session, todo.policy.name, todo.lower, todo.upper, found["rows"])
    return int(found["rows"])


def _copied(session: Session, todo: ShelfPlan) -> int:
    if todo.create:
        session.script(todo.create)
    return session.changed(SQL(_statement(todo)))


def _statement(plan: ShelfPlan) -> str:
    return render(
        "archive/shelf_restore.sql" if plan.is_own else "archive/shelf_copy.sql",
        table=str(plan.target),
        archive=str(plan.shelf.name),
        names=", ".join(map(quoted, plan.names)),
        condition=plan.condition,
    )


def _counted(session: Session, found: ShelfPlan) -> ShelfPlan:
    """With about how many rows there are."""
    with session.rolled_back():
        session.script(reading())
        query = f"EXPLAIN (FORMAT JSON) SELECT FROM {found.shelf.name} WHERE {found.condition}"
        rows = session.fetch(SQL(query))[0]["QUERY PLAN"][0]["Plan"]["Plan Rows"]
    return replace(found, rows=int(rows))
