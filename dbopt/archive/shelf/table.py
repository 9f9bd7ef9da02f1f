"""The archive table of a policy, in a schema of the same database: made by the first run and kept up by each.

It has the table's columns, those that the table has lost among them, and nothing else: no defaults, keys or
constraints but NOT NULL. Partitions that were detached are its children (INHERITS), whatever their bounds, so that all
archived rows are read by its name. A view beside it shows hot and archived rows together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbopt.archive import ledger
from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.policy import Policy
from dbopt.archive.source import Source
from dbopt.archive.work import Task
from dbopt.errors import Obstructed, PrivilegeMissing
from dbopt.partition.key import Infinity, Kind, position_of_row
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL, literal, quoted
from dbopt.postgres.patience import patiently
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

_SUFFIX = "_all"
_MOST_BYTES = 63  # of a name


@dataclass(frozen=True)
class Shelf:
    """The archive table of a policy for a table, and the view; `oid` is None where the archive table is gone."""

    policy: str
    source: Name
    name: Name
    view: Name
    oid: int | None
    view_sql: str = ""
    has_view: bool = False


@dataclass(frozen=True)
class Side:
    """A column in the table and in the archive table, as sql/archive/shelf_columns.sql has it."""

    name: str
    type: str | None
    collation: str | None
    storage: str | None
    not_null: bool | None
    comment: str | None
    archived_type: str | None
    archived_collation: str | None
    archived_not_null: bool | None


def shelves(session: Session, policy: str | None = None) -> tuple[Shelf, ...]:
    """Those of a policy, or all."""
    if not session.row("archive/ledger")["is_whole"]:
        return ()
    return tuple(_shelf(row) for row in session.rows("archive/shelves", policy=policy))


def find(session: Session, policy: Policy) -> Shelf | None:
    """The archive table that a policy fills; None before its first run."""
    found = [one for one in shelves(session, policy.name) if one.name.schema == policy.destination.address]
    return found[0] if found else None


def existing(session: Session, policy: Policy) -> tuple[Shelf, int] | None:
    """And its oid. Raises Obstructed where it is gone."""
    found = find(session, policy)
    if found is None:
        return None
    if found.oid is None:
        raise Obstructed(
            f"the archive table {found.name} of the policy {found.policy} is not there any more",
            hint="bring it back under its name; to begin anew, delete its row in dbopt.archive_table",
        )
    return found, found.oid


def obstacles(session: Session, source: Source, policy: Policy) -> tuple[str, ...]:
    """Why rows cannot go into the schema, each with what to do about it."""
    schema = policy.destination.address
    place = session.row("archive/shelf_place", schema=schema)
    if not place["is_there"] and not place["may_make"]:
        owner = quoted(place["role"])
        return (
            f"there is no schema {schema}, and this role may not make it:"
            f" CREATE SCHEMA {quoted(schema)} AUTHORIZATION {owner}",
        )
    found = find(session, policy)
    if found is None:
        if place["is_there"] and not place["may_create"]:
            return (
                f"this role may not make tables in the schema {schema}:"
                f" GRANT CREATE ON SCHEMA {quoted(schema)} TO {quoted(place['role'])}",
            )
        return () if free_names(session, source, policy) else (_taken(source, policy),)
    if found.oid is None:
        return (f"its archive table {found.name} is not there any more",)
    if found.source != source.name:
        return (f"{found.name} holds rows of {found.source}: give this policy another name",)
    return tuple(_mismatches(found, sides(session, source.oid, found.oid), source))


def prepare(task: Task) -> Shelf:
    """Make the archive table and the view, or keep them up. Raises Obstructed, PrivilegeMissing, LockNotAvailable."""
    return patiently(task.limits, lambda: _prepared(task), task.on_wait)


def sides(session: Session, source: int | None, archive: int) -> tuple[Side, ...]:
    """The columns, those of the archive table first."""
    with session.rolled_back():
        session.script(reading())
        return tuple(Side(**row) for row in session.rows("archive/shelf_columns", source=source or 0, archive=archive))


def union(found: Shelf, columns: Sequence[Side]) -> str:
    """The query of the view: the archive table's columns. One that the table has lost is null in its rows."""
    hot = ", ".join(quoted(one.name) if one.type else _null(one) for one in columns)
    cold = ", ".join(quoted(one.name) for one in columns)
    return f"SELECT {hot}\nFROM {found.source}\nUNION ALL\nSELECT {cold}\nFROM {found.name}"


def value(kind: Kind, control: str) -> str:
    """What the least and the greatest value of the control column are found by."""
    if kind in (Kind.UUIDV7, Kind.ULID):
        return f'upper({quoted(control)}::text) COLLATE "C"'
    return quoted(control)


def position(kind: Kind, text: str | None) -> int | None:
    found = None if text is None else position_of_row(kind, text)
    return None if isinstance(found, Infinity) else found


def settle(session: Session, policy: Policy) -> int:
    """Count the rows of partitions that came into the archive and were not counted: a run was killed. How many rows."""
    rows = 0
    for batch in ledger.cold(ledger.batches(session, policy.name)):
        if batch.rows is None and not batch.in_files:
            rows += count(session, policy, batch)
    return rows


def count(session: Session, policy: Policy, batch: ledger.Batch) -> int:
    """Tell the ledger how many rows a detached partition has; it is in nobody's way any more."""
    row = session.row("archive/table", oid=batch.oid)
    kind = sources.control_of(policy, sources.columns_of(session, batch.oid))
    table = str(Name(row["schema"], row["name"]))
    text = render("archive/shelf_count.sql", table=table, value=value(kind, policy.control))
    with session.transaction():
        session.script(reading())
        found = session.fetch(SQL(text))[0]
        lower, upper = position(kind, found["lower"]), position(kind, found["upper"])
        ledger.change(session, batch.id, rows=found["rows"], lower=lower, upper=upper)
    return int(found["rows"])


def parts(session: Session, oid: int) -> tuple[tuple[int, Name, bool], ...]:
    """The tables that hold an archive table's rows: their oids, names, and whether they were partitions."""
    rows = session.rows("archive/shelf_parts", oid=oid)
    return tuple((row["oid"], Name(row["schema"], row["name"]), row["is_partition"]) for row in rows)


def free_names(session: Session, source: Source, policy: Policy) -> tuple[Name, Name] | None:
    """For the archive table and the view: by the table's name, else by the policy's."""
    schema = policy.destination.address
    for name in (source.name.name, policy.name):
        view = cut(name, _SUFFIX)
        if not session.rows("archive/shelf_names", schemas=[schema], names=[name, view]):
            return Name(schema, name), Name(schema, view)
    return None


def cut(name: str, suffix: str) -> str:
    """The name with a suffix, no longer than a name may be."""
    kept = name.encode()[: _MOST_BYTES - len(suffix.encode())].decode("utf-8", "ignore")
    return kept + suffix


def creation(source: Source, policy: Policy, archive: Name, key: Sequence[str]) -> str:
    """What makes the archive table. The control column is indexed by a b-tree: rows come late, too, and the view's are
    sorted by it.
    """
    indexes = [list(key)] if key else []
    if list(key[:1]) != [policy.control]:
        indexes.append([policy.control])
    return render("archive/shelf_table.sql", archive=str(archive), table=str(source.name), indexes=indexes)


def key_of(session: Session, source: Source) -> list[str]:
    """The columns of its primary key."""
    return [row["name"] for row in session.rows("archive/shelf_key", oid=source.oid)]


def _prepared(task: Task) -> Shelf:
    session, policy = task.session, task.policy
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {task.limits.lock_timeout_ms}")
        if find(session, policy) is None:
            _make(task)
        pair = existing(session, policy)
        if pair is None:  # row security on the ledger, or a trigger: nothing that dbopt makes
            raise Obstructed("the ledger does not keep what it is told")
        found, oid = pair
        _keep_columns(task, found, oid)
        _keep_view(task, found, sides(session, task.source.oid, oid))
    return found


def _make(task: Task) -> None:
    session, policy, source = task.session, task.policy, task.source
    schema = policy.destination.address
    names = free_names(session, source, policy)
    if names is None:
        raise Obstructed(_taken(source, policy))
    try:
        if not session.row("archive/shelf_place", schema=schema)["is_there"]:
            session.script(f"CREATE SCHEMA {quoted(schema)}")
        session.script(creation(source, policy, names[0], key_of(session, source)))
    except PrivilegeMissing as error:
        raise PrivilegeMissing(
            f"{names[0]} cannot be made: {error.message}",
            hint=f"CREATE SCHEMA {quoted(schema)} AUTHORIZATION {quoted(session.role)}",
        ) from None
    session.execute(
        SQL(
            "INSERT INTO dbopt.archive_table (policy, schema_name, table_name, archive_schema, archive_name, view_name)"
            " VALUES (%(policy)s, %(schema)s, %(table)s, %(archive_schema)s, %(archive)s, %(view)s)"
        ),
        {
            "policy": policy.name,
            "schema": source.name.schema,
            "table": source.name.name,
            "archive_schema": schema,
            "archive": names[0].name,
            "view": names[1].name,
        },
    )


def _keep_columns(task: Task, found: Shelf, oid: int) -> None:
    columns = sides(task.session, task.source.oid, oid)
    wrong = list(_mismatches(found, columns, task.source))
    if wrong:
        raise Obstructed(f"archive policy {found.policy}: " + "; ".join(wrong))
    gained = [one for one in columns if one.archived_type is None]
    nullable = [one for one in columns if one.archived_not_null and not one.not_null]
    if gained or nullable:
        text = render("archive/shelf_columns.sql", archive=str(found.name), gained=gained, nullable=nullable)
        task.session.script(text)


def _keep_view(task: Task, found: Shelf, columns: Sequence[Side]) -> None:
    """Only where it differs: to replace a view waits for everybody who reads it."""
    invoker = task.session.major >= 15
    text = render("archive/shelf_view.sql", view=str(found.view), invoker=invoker, query=union(found, columns))
    if found.has_view and text == found.view_sql:
        return
    task.session.script(text)
    task.session.execute(
        SQL(
            "UPDATE dbopt.archive_table SET view_sql = %(text)s"
            " WHERE policy = %(policy)s AND archive_schema = %(schema)s"
        ),
        {"text": text, "policy": found.policy, "schema": found.name.schema},
    )


def _mismatches(found: Shelf, columns: Sequence[Side], source: Source) -> Iterator[str]:
    for one in columns:
        if one.type is None or one.archived_type is None:
            continue
        if (one.type, one.collation) != (one.archived_type, one.archived_collation):
            collation = f" COLLATE {one.collation}" if one.collation else ""
            yield (
                f"{one.name} is {one.type} in {source.name}, but {one.archived_type} in {found.name}: DROP VIEW"
                f" {found.view}; ALTER TABLE {found.name} ALTER COLUMN {quoted(one.name)} TYPE {one.type}{collation}"
            )


def _taken(source: Source, policy: Policy) -> str:
    return (
        f"the schema {policy.destination.address} has something named {source.name.name} and {policy.name}, or"
        f" {cut(source.name.name, _SUFFIX)} and {cut(policy.name, _SUFFIX)}, already: give the policy another name"
    )


def _null(one: Side) -> str:
    collation = f" COLLATE {one.archived_collation}" if one.archived_collation else ""
    return f"NULL::{one.archived_type}{collation} AS {quoted(one.name)}"


def _shelf(row: Row) -> Shelf:
    return Shelf(
        policy=row["policy"],
        source=Name(row["schema_name"], row["table_name"]),
        name=Name(row["archive_schema"], row["archive_name"]),
        view=Name(row["archive_schema"], row["view_name"]),
        oid=row["oid"],
        view_sql=row["view_sql"],
        has_view=row["has_view"],
    )


def gone(session: Session, policy: str, lower: int | None, upper: int | None, rows: int) -> None:
    """Tell the ledger of rows that leave the archive table, inside the transaction in which they do."""
    text = render("archive/restore_ledger.sql", policy=policy, lower=lower, upper=upper, batch=0, rows=rows)
    session.script(text)


def within(control: str, least: str | None, below: str | None) -> str:
    """The condition of a range of the control column."""
    found = [f"{quoted(control)} >= {literal(least)}"] if least is not None else []
    found += [f"{quoted(control)} < {literal(below)}"] if below is not None else []
    return " AND ".join(found) or "true"
