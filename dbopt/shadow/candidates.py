"""Making hypothetical indexes in the shadow, many at once (about 2 ms each)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dbopt.errors import ServerError
from dbopt.index.model import Index
from dbopt.plan import tree
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.session import Row, Session
from dbopt.shadow.dimensions import index_shapes
from dbopt.shadow.shadow import Shadow, forget_pages

PREFIX = "dbopt_what_if_"


@dataclass(frozen=True)
class Candidate:
    """A hypothetical index: `parts` are rows of shadow/index_parts, one per partition where the table has some."""

    parts: tuple[Row, ...] = field(repr=False)
    blocks: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row["name"] for row in self.parts)


@dataclass(frozen=True)
class _Part:
    """A part of a candidate that has a file, with what it is to hold."""

    row: Row
    rows: float
    heap_blocks: int


def create(
    shadow: Shadow, planner: Session, indexes: Sequence[Index], free_names: Iterator[str]
) -> tuple[dict[Index, Candidate], dict[Index, str]]:
    """Create the indexes, not live; returns them, and those that PostgreSQL refused with its reason. `planner` tells
    how many rows a partial index would have; `free_names` gives names that were never used.
    """
    with shadow.administer() as session:
        leaves = {relation: _leaves(session, relation) for relation in {index.relation for index in indexes}}
        known = {relation: found for relation, found in leaves.items() if isinstance(found, list)}
        refused = {index: str(leaves[index.relation]) for index in indexes if index.relation not in known}
        wanted = [index for index in indexes if index.relation in known]
        names = {index: next(free_names) for index in wanted}
        with _emptied(shadow, known.values()), session.transaction():
            made = {}
            for index, name in names.items():
                try:
                    with session.savepoint():
                        made[index] = _create(session, index, name)
                except ServerError as error:
                    refused[index] = error.message
            session.rows("shadow/hide_indexes", indexes=[row["oid"] for parts in made.values() for row in parts])
        forget_pages(session)
        heaps = {int(leaf["oid"]): leaf for found in known.values() for leaf in found}
        counts = _Counts(planner)
        contents = {
            index: [
                _Part(row, counts.rows(heaps[row["table"]], index.predicate), _blocks(shadow, heaps[row["table"]]))
                for row in parts
                if row["kind"] == "i"
            ]
            for index, parts in made.items()
        }
        blocks = _size(shadow, session, [part for parts in contents.values() for part in parts])
    return (
        {
            index: Candidate(tuple(parts), sum(blocks[part.row["oid"]] for part in contents[index]))
            for index, parts in made.items()
        },
        refused,
    )


def _create(session: Session, index: Index, name: str) -> list[Row]:
    session.script(index.create_sql(name))
    parts = session.rows("shadow/index_parts", index=qualified(index.schema, name))
    if len(parts) > 1:  # plans name indexes without their schema, and PostgreSQL named these
        for number, part in enumerate(parts):
            part["name"] = f"{name}_{number}"
        session.rows("shadow/rename", relations=[part["oid"] for part in parts], names=[part["name"] for part in parts])
    return parts


def _leaves(session: Session, relation: str) -> list[Row] | str:
    """The tables with files beneath a table, or why there are none."""
    try:
        return session.rows("shadow/leaves", table=relation)
    except ServerError as error:
        return error.message


@contextmanager
def _emptied(shadow: Shadow, groups: Iterable[Sequence[Row]]) -> Iterator[None]:
    """While this lasts, the tables' files have no blocks, so that an index over them is made at once."""
    leaves = {leaf["path"]: leaf for group in groups for leaf in group}
    try:
        for path in leaves:
            shadow.storage.resize(path, 0)
        yield
    finally:
        for path, leaf in leaves.items():
            shadow.storage.resize(path, _blocks(shadow, leaf))


def _blocks(shadow: Shadow, leaf: Row) -> int:
    return shadow.blocks.get((leaf["schema"], leaf["name"]), 0)


class _Counts:
    """How many rows of a table satisfy a predicate, as the planner estimates it."""

    def __init__(self, planner: Session) -> None:
        self._planner = planner
        self._known: dict[tuple[int, str], float] = {}

    def rows(self, leaf: Row, predicate: str) -> float:
        key = leaf["oid"], predicate
        if key not in self._known:
            self._known[key] = self._ask(leaf, predicate)
        return self._known[key]

    def _ask(self, leaf: Row, predicate: str) -> float:
        condition = f" WHERE {predicate}" if predicate else ""
        relation = qualified(leaf["schema"], leaf["name"])
        rows = self._planner.fetch_workload(f"SELECT FROM ONLY {relation}{condition}", prefix="EXPLAIN (FORMAT JSON) ")
        return tree.parse(rows[0]["QUERY PLAN"]).root.plan_rows


def _size(shadow: Shadow, session: Session, parts: Sequence[_Part]) -> dict[int, int]:
    """Give the new indexes' files and rows of pg_class the sizes that they would have; returns blocks by oid."""
    shapes = index_shapes(session, [part.row["oid"] for part in parts])
    blocks: dict[int, int] = {}
    for part in parts:
        shape = shapes[part.row["oid"]]
        blocks[shape.oid] = shape.blocks(part.rows, part.heap_blocks)
        shape.write(shadow.storage, part.row["path"], blocks[shape.oid], part.rows, part.heap_blocks)
    session.rows(
        "shadow/set_index_sizes",
        indexes=[part.row["oid"] for part in parts],
        blocks=[blocks[part.row["oid"]] for part in parts],
        rows=[part.rows for part in parts],
    )
    return blocks
