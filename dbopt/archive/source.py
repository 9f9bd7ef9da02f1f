"""A table whose rows are to be archived, as it is on the server, and why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.archive.columns import Column, Shape, reading, shape
from dbopt.archive.policy import Policy
from dbopt.errors import QueryFailed, UsageError
from dbopt.partition.key import Kind, kind_of
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.session import Session

_CONTROLS = "timestamptz, timestamp, date, whole numbers, uuid (version 7) and text (ULID)"
_LONG_NAMES = {
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "varchar": "character varying",
    "bpchar": "character",
}


@dataclass(frozen=True)
class Referring:
    """A foreign key that points here, perhaps of the table itself. `action` is that of ON DELETE, as pg_constraint has
    it; `pairs` are the columns there and here.
    """

    name: str
    table: Name
    action: str
    is_self: bool
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Leaf:
    """A table that holds rows of the source: itself, or a partition."""

    name: Name
    oid: int
    rows: int
    bytes: int
    is_ordered: bool
    is_foreign: bool = False


@dataclass(frozen=True)
class Source:
    """`rows` is the planner's estimate, `bytes` with indexes and TOAST; both with those of partitions."""

    name: Name
    oid: int
    kind: str
    persistence: str
    is_partition: bool
    is_mine: bool
    owner: str
    may_select: bool
    may_delete: bool
    hides_rows: bool
    has_children: bool
    is_child: bool
    has_delete_rule: bool
    has_primary_key: bool
    delete_triggers: tuple[str, ...]
    referring: tuple[Referring, ...]
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    control: Kind

    @property
    def is_partitioned(self) -> bool:
        return self.kind == "p"

    @property
    def shape(self) -> Shape:
        return shape(self.columns)


def read(session: Session, policy: Policy) -> Source:
    """Raises QueryFailed where there is no such table, UsageError where the control column cannot be one."""
    row = session.row("archive/table", oid=_oid(session, policy.table))
    columns = columns_of(session, row["oid"])
    return Source(
        name=Name(row.pop("schema"), row.pop("name")),
        delete_triggers=tuple(row.pop("delete_triggers")),
        referring=tuple(_referring(one) for one in row.pop("referring")),
        columns=columns,
        control=control_of(policy, columns),
        **row,
    )


def columns_of(session: Session, oid: int) -> tuple[Column, ...]:
    """The columns of a table, with the schemas of their types."""
    with session.rolled_back():
        session.script(reading())
        return tuple(Column(**one) for one in session.rows("archive/columns", oid=oid))


def leaves(session: Session, source: Source, control: str) -> tuple[Leaf, ...]:
    """The tables that hold its rows, in the order of their names."""
    return tuple(
        Leaf(
            Name(row["schema"], row["name"]),
            row["oid"],
            row["rows"],
            row["bytes"],
            bool(session.row("archive/control_index", oid=row["oid"], control=control)["is_ordered"]),
            row["kind"] == "f",
        )
        for row in session.rows("archive/leaves", oid=source.oid)
    )


def obstacles(source: Source, policy: Policy, policies: Sequence[Policy] = ()) -> tuple[str, ...]:
    """Why the table cannot be archived, each with what to do about it: all of them, so that nobody has to try again for
    each. `policies` are all there are: a table that refers to this one may have one of its own, which goes first. Pure.
    """
    return (
        *_of_kind(source),
        *_of_rights(source, policy),
        *_of_references(source, policies),
        *_of_keys(source, policy),
    )


def _of_kind(source: Source) -> Iterator[str]:
    if source.kind not in "rp":
        yield "it is no table"
    if source.persistence == "t":
        yield "it is a temporary table"
    if source.is_partition:
        yield "it is a partition; name the partitioned table"
    if source.has_children or source.is_child:
        yield "it inherits, or is inherited from; partitions are archived, children of INHERITS are not"
    if source.has_delete_rule:
        yield "it has a rule for DELETE, so that a DELETE may not delete; triggers do the same as rules"


def _of_rights(source: Source, policy: Policy) -> Iterator[str]:
    if not source.may_select:
        yield f"this role may not read it: GRANT SELECT ON {source.name}"
    if not source.may_delete:
        yield f"this role may not delete from it: GRANT DELETE ON {source.name}"  # noqa: S608 - a message
    if source.is_partitioned and policy.method == "detach" and not source.is_mine:
        yield f'only {source.owner} may detach its partitions: method = "move" takes the rows'
    if source.hides_rows:
        yield "its row security hides rows from this role; a role with BYPASSRLS, or its owner, sees them all"


def _of_references(source: Source, policies: Sequence[Policy]) -> Iterator[str]:
    archived = {table for policy in policies for table in (policy.table, f"public.{policy.table}")}
    for one in source.referring:
        if one.is_self and one.action in "ar":
            continue
        if one.action in "cnd":
            does = {"c": "deletes", "n": "empties", "d": "changes"}[one.action]
            yield (
                f"the foreign key {one.name} of {one.table} points to it and {does} rows there with those here"
                " (ON DELETE): make it NO ACTION"
            )
        elif str(one.table) not in archived:
            yield (
                f"the foreign key {one.name} of {one.table} points to it: give {one.table} a policy of its own, which"
                " goes first, or drop the key"
            )


def _of_keys(source: Source, policy: Policy) -> Iterator[str]:
    if not source.has_primary_key and not policy.without_primary_key:
        yield (
            "it has no primary key, so that nobody can tell two equal rows apart after a restore: add one, or say"
            " without_primary_key = true in its section"
        )


def _referring(row: dict[str, Any]) -> Referring:
    pairs = tuple((theirs, ours) for theirs, ours in row.pop("pairs"))
    return Referring(table=Name(row.pop("schema"), row.pop("table")), pairs=pairs, **row)


def control_of(policy: Policy, columns: Sequence[Column]) -> Kind:
    """What the values of the control column are. Raises UsageError."""
    found = next((column for column in columns if column.name == policy.control), None)
    if found is None:
        names = ", ".join(quoted(column.name) for column in columns)
        raise UsageError(
            f"archive policy {policy.name}: {policy.table} has no column {policy.control}", hint=f"it has {names}"
        )
    try:
        return kind_of(_plain_type(found), policy.key)
    except UsageError as error:
        raise UsageError(
            f"archive policy {policy.name}: {policy.control} is {found.type}: {error.message}",
            hint=f"control columns are {_CONTROLS}",
        ) from None


def _plain_type(column: Column) -> str:
    """Of a domain, what it stands for."""
    return _LONG_NAMES.get(column.base or "", column.base or column.type)


def _oid(session: Session, table: str) -> int:
    found = session.row("archive/named", table=table)["oid"]
    if found is None:
        raise QueryFailed(f"there is no table {table}", hint="is it in this database, and its name right?")
    return int(found)
