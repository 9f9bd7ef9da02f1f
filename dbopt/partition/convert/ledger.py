"""Where a conversion stands: a row of dbopt.conversion, changed in the transaction of what it tells of."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from dbopt.partition.convert.target import Key, Part, Target
from dbopt.partition.model import Name
from dbopt.postgres import own_schema
from dbopt.postgres.identifiers import SQL, literal
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

# The stages, in their order.
PREPARED = "prepared"  # the new table is there, empty
COPYING = "copying"  # changes are logged, rows are copied
COPIED = "copied"  # what is left are indexes
BUILT = "built"  # and statistics
ANALYZED = "analyzed"  # what is left is to compare
VERIFIED = "verified"  # the new table may take the other's place
SWAPPED = "swapped"  # it has; what is left is to check foreign keys
DONE = "done"
STAGES = (PREPARED, COPYING, COPIED, BUILT, ANALYZED, VERIFIED, SWAPPED, DONE)


@dataclass(frozen=True)
class Leaf:
    """A table that holds rows, and how far they are to be copied: what is in blocks after those is in the log."""

    name: Name
    oid: int
    filenode: int
    blocks: int


@dataclass(frozen=True)
class Conversion:
    """`leaf` and `block` are where the copy goes on."""

    id: int
    table: Name
    direction: str
    way: str
    stage: str
    target: Target
    new: Name
    old: Name
    leaves: tuple[Leaf, ...]
    columns: tuple[tuple[str, str], ...]
    leaf: int
    block: int
    copied_rows: int
    verified_rows: int | None

    @property
    def is_swapped(self) -> bool:
        return self.stage in (SWAPPED, DONE)

    @property
    def log(self) -> Name:
        return Name("dbopt", f"conversion_{self.id}_log")

    @property
    def function(self) -> Name:
        return Name("dbopt", f"conversion_{self.id}_note")

    @property
    def trigger(self) -> str:
        return f"zzz_dbopt_conversion_{self.id}"


def newest(session: Session, table: Name) -> Conversion | None:
    """The last conversion of a table, None where there was none."""
    if not session.row("partition/ledger")["is_there"]:
        return None
    rows = session.fetch(SQL(render("partition/convert/ledger_rows.sql", table=table)))
    return _conversion(table, rows[0]) if rows else None


def begin(session: Session, table: Name, direction: str, way: str, target: Target, new: Name, old: Name) -> Conversion:
    """Inside the transaction that makes the new table. Raises PrivilegeMissing where dbopt may have no schema."""
    own_schema.make(session)
    session.script(render("partition/convert/ledger.sql"))
    session.execute(
        SQL(
            "INSERT INTO dbopt.conversion (schema_name, table_name, direction, way, stage, target, new_name, old_name)"
            " VALUES (%(schema)s, %(name)s, %(direction)s, %(way)s, %(stage)s, %(target)s, %(new)s, %(old)s)"
        ),
        {
            "schema": table.schema,
            "name": table.name,
            "direction": direction,
            "way": way,
            "stage": PREPARED,
            "target": json.dumps(dataclasses.asdict(target)),
            "new": new.name,
            "old": old.name,
        },
    )
    found = newest(session, table)
    if found is None:
        raise RuntimeError(f"the conversion of {table} is not in the ledger")
    return found


def change(session: Session, conversion: Conversion, **values: Any) -> Conversion:
    """Set fields of the row, inside the transaction of what they tell of."""
    written = {name: _written(value) for name, value in values.items()}
    assignments = ", ".join(f"{name} = {literal(value)}" for name, value in written.items())
    session.execute(
        SQL(f"UPDATE dbopt.conversion SET {assignments}, changed_at = now() WHERE id = {conversion.id}")  # noqa: S608
    )
    return dataclasses.replace(conversion, **values)


def forget(session: Session, conversion: Conversion) -> None:
    session.execute(SQL(f"DELETE FROM dbopt.conversion WHERE id = {conversion.id}"))  # noqa: S608


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return json.dumps([dataclasses.asdict(one) if isinstance(one, Leaf) else list(one) for one in value])
    return value


def _conversion(table: Name, row: Row) -> Conversion:
    leaves = (Leaf(**{**leaf, "name": Name(**leaf["name"])}) for leaf in row.pop("leaves"))
    columns = (tuple(column) for column in row.pop("columns"))
    new, old = row.pop("new_name"), row.pop("old_name")
    return Conversion(
        table=table,
        target=_target(row.pop("target")),
        new=Name(table.schema, new),
        old=Name(table.schema, old),
        leaves=tuple(leaves),
        columns=tuple(columns),
        **row,
    )


def _target(values: dict[str, Any]) -> Target:
    return Target(
        key=values["key"],
        control=tuple(values["control"]),
        parts=tuple(Part(**part) for part in values["parts"]),
        widen=values["widen"],
        widened=_keys(values["widened"]),
        narrow=_keys(values["narrow"]),
        check=values["check"],
    )


def _keys(values: list[Any]) -> tuple[Key, ...]:
    return tuple(Key(**{**value, "columns": tuple(value["columns"])}) for value in values)
