"""What the names of tables in a statement stand for: on the server, and in the archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dbopt.archive import ledger
from dbopt.archive.columns import Column, decimal
from dbopt.archive.ledger import Batch
from dbopt.archive.manifest import ArchivedColumn
from dbopt.archive.policy import Policy
from dbopt.archive.query import cold
from dbopt.archive.query.cold import Cold
from dbopt.archive.query.statement import Named
from dbopt.archive.query.types import Type, types
from dbopt.archive.shelf.table import Shelf, shelves
from dbopt.archive.source import columns_of
from dbopt.errors import PrivilegeMissing
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Relation:
    """`oid` is None for a table that is no more on the server: then its columns are those of the newest batch. `cold`
    is None where nothing of it is archived in files; `shelves` are its archive tables, with their columns.
    """

    name: Name
    oid: int | None
    columns: tuple[Column, ...]
    cold: Cold | None
    shelves: tuple[tuple[Name, frozenset[str]], ...] = ()

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def relations(
    session: Session, named: Iterable[Named], policies: Sequence[Policy], schemas: Sequence[str]
) -> dict[tuple[str | None, str], Relation]:
    """By schema, as far as one is given, and name. What neither the server nor the archive has is left out.

    Raises what reading manifests raises (dbopt/archive/query/cold.py), PrivilegeMissing.
    """
    batches = tuple(batch for batch in ledger.cold(ledger.batches(session)) if batch.in_files)
    shelved = shelves(session)
    restored = ledger.restored(session)
    configured = {policy.name: policy for policy in policies}
    found: dict[tuple[str | None, str], Relation] = {}
    for schema, name in dict.fromkeys((one.schema, one.name) for one in named):
        text = qualified(schema, name) if schema else quoted(name)
        oid = session.row("archive/named", table=text)["oid"]
        row = None if oid is None else session.row("archive/table", oid=oid)
        known_as = _archived_name(batches, schema, name, schemas) if row is None else Name(row["schema"], row["name"])
        mine = [batch for batch in batches if batch.table == known_as]
        if known_as is None or (row is None and not mine):
            continue
        kept = [one for one in shelved if row is not None and one.source == known_as and one.oid is not None]
        if row is not None and (mine or kept):
            _require_all_rows(row, known_as)
        archive = cold.read(mine, restored, configured) if mine else None
        columns = _dropped(archive) if row is None else columns_of(session, row["oid"])
        found[schema, name] = Relation(
            known_as, None if row is None else row["oid"], columns, archive, _sides(session, row, kept)
        )
    return found


def _sides(
    session: Session, row: dict[str, Any] | None, kept: Sequence[Shelf]
) -> tuple[tuple[Name, frozenset[str]], ...]:
    if row is None:
        return ()
    return tuple((one.name, frozenset(each.name for each in columns_of(session, one.oid or 0))) for one in kept)


def whole(relation: Relation, columns: Iterable[Column], *, is_cold: bool) -> str:
    """A query of the rows of a table and of its archive tables; of the latter alone."""
    wanted = tuple(columns)
    hot = f"SELECT {', '.join(quoted(one.name) for one in wanted)} FROM {relation.name}"  # noqa: S608 - quoted
    parts = [] if is_cold else [hot]
    for name, have in relation.shelves:
        cold = ", ".join(
            quoted(one.name) if one.name in have else f"NULL::{one.type} AS {quoted(one.name)}" for one in wanted
        )
        parts.append(f"SELECT {cold} FROM {name}")  # noqa: S608 - quoted
    return " UNION ALL ".join(parts)


def unseen(session: Session, relations: Iterable[Relation]) -> tuple[str, ...]:
    """What views do not show: archived rows of the tables that they read."""
    archived = {batch.table for batch in ledger.cold(ledger.batches(session))}
    found = []
    ours = {one.view for one in shelves(session)}
    for relation in relations:
        if relation.name not in ours and archived and relation.oid is not None and relation.cold is None:
            tables = {Name(**row) for row in session.rows("archive/view_tables", oid=relation.oid)} & archived
            found += [
                f"{relation.name} is a view: it lacks the archived rows of {table}"
                for table in sorted(map(str, tables))
            ]
    return tuple(found)


def known_types(session: Session, relations: Iterable[Relation]) -> dict[tuple[str, str], Type]:
    """The types of all columns, also of those that batches have: by the type's name and what its digits come from, the
    typmod of a column or the Arrow type of a field.
    """
    digits: dict[tuple[str, str], tuple[int, int] | None] = {}
    for relation in relations:
        for column in relation.columns:
            base = "numeric" if column.base == "_numeric" else column.base
            digits[column.type, ""] = decimal(base, column.modifier)
        for _, manifest, _ in relation.cold.batches if relation.cold else ():
            for field in manifest.columns:
                digits.setdefault((field.type, field.arrow), _digits_of(field.arrow))
    names = sorted({name for name, _ in digits})
    rows = {row["name"]: row for row in session.rows("archive/types", names=names)}
    elements = sorted({row["element"] for row in rows.values() if row["element"]} - set(rows))
    rows |= {row["name"]: row for row in session.rows("archive/types", names=elements)}
    return {key: _with_digits(types(rows, {key[0]: None})[key[0]], found) for key, found in digits.items()}


def stored_type(known: Mapping[tuple[str, str], Type], field: ArchivedColumn) -> Type:
    """The type that a column had when it was archived."""
    return known[field.type, field.arrow]


def current_type(known: Mapping[tuple[str, str], Type], column: Column) -> Type:
    """The type that a column has."""
    return known[column.type, ""]


def _with_digits(known: Type, digits: tuple[int, int] | None) -> Type:
    if known.element is not None:
        return replace(known, element=replace(known.element, digits=digits))
    return replace(known, digits=digits)


def _archived_name(batches: Iterable[Batch], schema: str | None, name: str, schemas: Sequence[str]) -> Name | None:
    """The archived table that a name stands for, as the search_path has it."""
    found = {batch.table for batch in batches if batch.table.name == name}
    for one in (schema,) if schema else schemas:
        if Name(one, name) in found:
            return Name(one, name)
    return None


def _dropped(archive: Cold | None) -> tuple[Column, ...]:
    newest = archive.newest if archive else None
    return tuple(Column(one.name, one.type, modifier=_modifier(one)) for one in (newest.columns if newest else ()))


def _modifier(field: ArchivedColumn) -> int:
    digits = _digits_of(field.arrow)
    return -1 if digits is None else (digits[0] << 16 | digits[1]) + 4


def _digits_of(arrow: str) -> tuple[int, int] | None:
    if not arrow.startswith("decimal128"):
        return None
    precision, scale = arrow.removeprefix("decimal128(").rstrip(")").split(",")
    return int(precision), int(scale)


def _require_all_rows(row: dict[str, Any], name: Name) -> None:
    """Who may not see all rows of a table may not see those that it had, either."""
    if not row["may_select"]:
        raise PrivilegeMissing(f"permission denied for table {name}", hint=f"GRANT SELECT ON {name}")
    if row["hides_rows"]:
        raise PrivilegeMissing(
            f"row security hides rows of {name} from this role", hint="a role with BYPASSRLS, or its owner, sees all"
        )
