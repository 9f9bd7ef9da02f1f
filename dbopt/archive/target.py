"""Where a restore puts rows, and which rows it is asked for."""

from __future__ import annotations

from dbopt.archive import source as sources
from dbopt.archive.columns import Column, reading
from dbopt.archive.policy import Policy
from dbopt.errors import Obstructed, QueryFailed, UsageError
from dbopt.partition.key import Infinity, Kind, position_of_row
from dbopt.partition.model import Name
from dbopt.postgres import identifiers
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

_HINTS = {
    "23505": "rows of this range are in the table already; restore into a table beside it with --into",
    "23514": "there is no partition for them: make it first (dbopt partition maintain), or use --into",
}


def target(
    session: Session, policy: Policy, into: str | None, archived: tuple[Column, ...]
) -> tuple[Name, tuple[Column, ...], str | None]:
    """The table to restore into, the policy's own where none is named, its columns, and what makes it where it is not
    there yet: with the columns that were archived.
    """
    if into is None:
        source = sources.read(session, policy)
        return source.name, source.columns, None
    row = session.row("archive/named", table=into)
    if row["oid"] is not None:
        found = session.row("archive/table", oid=row["oid"])
        return Name(found["schema"], found["name"]), sources.columns_of(session, row["oid"]), None
    name = Name(row["schema"], row["name"])
    columns = tuple(Column(column.name, column.type) for column in archived)
    return name, columns, render("archive/restore_table.sql", table=str(name), columns=columns)


def refused(error: QueryFailed, table: Name) -> QueryFailed:
    """What to say where a table does not take the rows."""
    hint = _HINTS.get(error.sqlstate or "", "restore into a table beside it with --into")
    return QueryFailed(f"{table} does not take the rows: {error.message}", hint=hint, sqlstate=error.sqlstate)


def altered(table: Name) -> Obstructed:
    """What to say where a table made other rows of those that it was given."""
    return Obstructed(
        f"{table} took other rows than it was given: nothing is restored",
        hint="a trigger or rule of the table changes rows; restore into a table beside it with --into",
    )


def position(session: Session, control: Column, kind: Kind, text: str | None) -> int | None:
    """Where a value of the control column that the user wrote stands. Raises UsageError."""
    if text is None:
        return None
    try:
        with session.rolled_back():
            session.script(reading())
            query = f"SELECT {identifiers.literal(text)}::{control.type}::text AS value"
            found = session.fetch(SQL(query))[0]["value"]
    except QueryFailed as error:
        raise UsageError(f"{text!r} is no value of {control.name}: {error.message}") from None
    stands = position_of_row(kind, found)
    if stands is None or isinstance(stands, Infinity):
        raise UsageError(f"{text!r} is no bound for {control.name}")
    return stands
