"""Made-up rows in a server."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.postgres.identifiers import SQL, Composable, Identifier, Literal
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import Name
from dbopt.rewrite.proof.data import Fillable, Maker, Row, Schema

Rows = dict[Name, list[Row]]


def fill(session: Session, schema: Schema, maker: Maker) -> Rows:
    """Put made-up rows into all tables, as far as their constraints take them; returns them."""
    taken: Rows = {}
    for table in schema.tables:
        there = _put(session, table, maker.rows(table, _all_parents(session, table)))
        if any(key.referenced == table.table.id for key in table.foreign_keys):
            there += _put(session, table, maker.rows(table, _all_parents(session, table)))
        taken[table.table.id] = there
    return taken


def _all_parents(session: Session, table: Fillable) -> dict[str, list[Row]]:
    return {key.name: _parents(session, key.referenced, key.referenced_columns) for key in table.foreign_keys}


def _parents(session: Session, table: Name, columns: Sequence[str]) -> list[Row]:
    names = SQL(", ").join([SQL("{}::text").format(Identifier(column)) for column in columns])
    statement = SQL("SELECT {} FROM {} ORDER BY 1").format(names, Identifier(*table))
    return [tuple(row.values()) for row in session.fetch(statement)]


def _put(session: Session, table: Fillable, rows: list[Row]) -> list[Row]:
    """All rows at once; where that fails, one by one, and those that a constraint refuses are left out."""
    if not rows or not table.columns:
        return []
    try:
        with session.savepoint():
            session.execute(insert(table, rows))
        return rows
    except ConnectionFailed:
        raise
    except ServerError:
        return [row for row in rows if _put_one(session, table, row)]


def _put_one(session: Session, table: Fillable, row: Row) -> bool:
    try:
        with session.savepoint():
            session.execute(insert(table, [row]))
        return True
    except ConnectionFailed:
        raise
    except ServerError:
        return False


def insert(table: Fillable, rows: Sequence[Row]) -> Composable:
    """One INSERT of several rows."""
    columns = SQL(", ").join([Identifier(column.name) for column in table.columns])
    values = SQL(", ").join([SQL("({})").format(SQL(", ").join([Literal(cell) for cell in row])) for row in rows])
    return SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES {}").format(
        Identifier(*table.table.id), columns, values
    )
