"""Sets without an extension, as SQL. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dbopt.errors import UsageError
from dbopt.partition.bound import Hash, Range, Values
from dbopt.partition.change import Change
from dbopt.partition.convert import carry
from dbopt.partition.convert.target import OLD, beside, new_name
from dbopt.partition.convert.target import Target as Becoming
from dbopt.partition.create.options import Level
from dbopt.partition.create.pieces import Piece
from dbopt.partition.key import Kind
from dbopt.partition.model import Name
from dbopt.partition.table import Index, Privilege, Table
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.scripts import render

AT_ONCE = 100
"""Partitions in one transaction: each takes locks, also those of its indexes; a server has room for some thousand."""


@dataclass(frozen=True)
class Traits:
    """What partitions get besides their columns: `template_indexes` are the template table's that the parent
    lacks, also those of its constraints. None of `owner` is whoever runs the script.
    """

    owner: str | None = None
    grants: tuple[Privilege, ...] = ()
    replica_identity: str = "d"
    identity_index: str | None = None
    storage: tuple[str, ...] = ()
    tablespace: str | None = None
    is_unlogged: bool = False
    template_indexes: tuple[Index, ...] = ()

    def values(self) -> dict[str, Any]:
        """For the templates."""
        return {
            "owner": self.owner,
            "grants": [asdict(grant) for grant in self.grants],
            "replica_identity": self.replica_identity,
            "identity_index": self.identity_index,
            "storage": options(self.storage),
            "tablespace": self.tablespace,
            "is_unlogged": self.is_unlogged,
            "constraints": [_constraint(one) for one in self.template_indexes if one.constraint is not None],
            "indexes": [asdict(one) for one in self.template_indexes if one.constraint is None],
        }


def _constraint(one: Index) -> str:
    return carry.as_constraint("PRIMARY KEY" if one.is_primary else "UNIQUE", one.definition)


def lacking(template: Table, parent: Table | None) -> tuple[Index, ...]:
    """The indexes and unique constraints of a template table that partitions do not get from their parent."""
    there = {one.definition for one in parent.indexes} if parent is not None else set()
    has_primary = parent is not None and any(one.is_primary for one in parent.indexes)
    return tuple(
        one
        for one in template.indexes
        if one.is_valid and one.definition not in there and not (one.is_primary and has_primary)
    )


def options(storage: Sequence[str]) -> list[dict[str, Any]]:
    """Storage parameters for the templates: "toast.fillfactor=70" as its names and its value. Raises UsageError."""
    found = []
    for text in storage:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--storage {text} is not understood", hint="as in --storage fillfactor=90")
        found.append({"name": name.strip().split("."), "value": value.strip()})
    return found


def partitions(table: Name, pieces: Sequence[Piece], traits: Traits, first: Change | None = None) -> list[Change]:
    """Changes that make partitions, some in each transaction; the first together with what must go before."""
    changes: list[Change] = [first] if first is not None and not pieces else []
    for start in range(0, len(pieces), AT_ONCE):
        chunk = pieces[start : start + AT_ONCE]
        made = tuple(_partition(piece, traits) for piece in chunk)
        if first is not None and not start:
            changes.append(Change(first.title, (*first.statements, *made), first.undo))
        else:
            changes.append(Change(f"partitions of {table}", made, _undo(table, chunk)))
    return changes


def new_table(name: Name, like: Table, level: Level, tablespace: str | None) -> Change:
    """CREATE TABLE ... LIKE."""
    script = render(
        "partition/create/table.sql",
        schema=name.schema,
        name=name.name,
        like_schema=like.name.schema,
        like_name=like.name.name,
        strategy=level.strategy,
        control=level.control,
        tablespace=tablespace,
    )
    undo = render("partition/create/undo_table.sql", schema=name.schema, name=name.name, text=str(name))
    return Change(f"{name}, partitioned by {level.strategy}", (statement(script),), (statement(undo),))


def swap(table: Table, level: Level, tablespace: str | None, taken: frozenset[str]) -> Change:
    """An empty table gives way to a partitioned one, which carries all that it does; the undo lets it come back."""
    key = Becoming(key=f"{level.strategy.upper()} ({quoted(level.control or '')})", control=(level.control or "",))
    placed = replace(table, tablespace=tablespace or table.tablespace)
    return Change(
        f"{table.name}, partitioned by {level.strategy}",
        tuple(_replaced(table, key, placed, taken)),
        tuple(_replaced(table, Becoming(), table, taken)),
    )


def _replaced(table: Table, target: Becoming, storage: Table, taken: frozenset[str]) -> Iterator[str]:
    name, new = table.name, new_name(table.name)
    old = Name(name.schema, beside(name.name, OLD, taken))
    valid = replace(table, indexes=tuple(one for one in table.indexes if one.is_valid))
    yield f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"
    yield statement(render("partition/create/must_be_empty.sql", table=str(name)))
    yield from carry.build(valid, new, target, storage)
    for one in valid.indexes:
        yield from carry.index(one, new, target)
    yield from carry.statistics(valid, new)
    yield from carry.names(valid, new, old, taken)
    yield from carry.owned_sequences(valid)
    for column in valid.columns:
        yield from carry.identity(valid, column, taken)
    yield from carry.own_keys(valid)
    yield from carry.inbound_keys(valid, check="")
    yield from carry.replica_identity(valid, ())
    yield from carry.belongings(valid, old)
    yield from carry.constraint_comments(valid)
    yield f"DROP TABLE {old}"


def statement(script: str) -> str:
    """A rendered script without its last semicolon."""
    return script.strip().removesuffix(";")


def piece_values(piece: Piece) -> dict[str, Any]:
    """A partition for the templates."""
    bound = piece.bound
    values: dict[str, Any] = {
        "schema": piece.name.schema,
        "name": piece.name.name,
        "parent_schema": piece.parent.schema,
        "parent_name": piece.parent.name,
        "cut": piece.cut,
        "strategy": "default",
    }
    if isinstance(bound, Hash):
        return {**values, "strategy": "hash", "modulus": bound.modulus, "remainder": bound.remainder}
    if isinstance(bound, Values):
        return {**values, "strategy": "list", "constants": list(bound.values)}
    if isinstance(bound, Range):
        lower, upper = (_edge(piece.kind, edge[0]) for edge in (bound.lower, bound.upper))
        return {**values, "strategy": "range", "lower": lower, "upper": upper}
    return values


def _edge(kind: Kind | None, value: object) -> str | int:
    """Numbers without quotes, as people write them."""
    text = str(value)
    is_number = kind in (Kind.ID, Kind.EPOCH_S, Kind.EPOCH_MS, Kind.EPOCH_US, Kind.EPOCH_NS)
    return int(text) if is_number else text


def _partition(piece: Piece, traits: Traits) -> str:
    values = traits.values()
    if values["identity_index"] is not None:
        values["identity_index"] = qualified(piece.name.schema, values["identity_index"])
    return statement(render("partition/create/partition.sql", piece=piece_values(piece), traits=values))


def _undo(table: Name, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Only the uppermost of what was made: their partitions go with them."""
    made = {piece.name for piece in pieces}
    tops = [piece.name for piece in pieces if piece.parent not in made]
    if not tops:
        return ()
    named = [str(name) for name in reversed(tops)]
    script = render("partition/create/undo.sql", schema=table.schema, name=table.name, partitions=named)
    return (statement(script),)


def literals_of(level: Level) -> Iterator[str | None]:
    """All values of a list, in order."""
    for group in level.groups:
        yield from group.values
