"""Giving indexes that never held a row the sizes that they would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.plan import tree
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.session import Row, Session
from dbopt.shadow.dimensions import IndexShape, index_shapes
from dbopt.shadow.storage import Storage


@dataclass(frozen=True)
class Part:
    """An index that has a file, with what it is to hold. `row` has its oid and path; `never_null` says of each key
    whether the index leaves out the rows where it is NULL.
    """

    row: Row
    rows: float
    heap_blocks: int
    never_null: tuple[bool, ...] = ()


class Counts:
    """How many rows of a table satisfy a predicate, as the planner estimates it."""

    def __init__(self, planner: Session) -> None:
        self._planner = planner
        self._known: dict[tuple[str, str], float] = {}

    def rows(self, schema: str, table: str, predicate: str) -> float:
        relation = qualified(schema, table)
        if (relation, predicate) not in self._known:
            self._known[relation, predicate] = self._ask(relation, predicate)
        return self._known[relation, predicate]

    def never_null(self, schema: str, table: str, predicate: str, keys: Sequence[str]) -> tuple[bool, ...]:
        """Whether the predicate rules out that the keys are NULL, as the planner can prove it."""
        relation = qualified(schema, table)
        found = []
        for key in keys if predicate else ():
            place = relation, f"({predicate}) AND ({key}) IS NULL"
            if place not in self._known:
                with self._planner.rolled_back(read_only=False):
                    self._planner.script("SET LOCAL constraint_exclusion = on")
                    self._known[place] = self._ask(*place, least=0.0)
            found.append(self._known[place] == 0)
        return tuple(found)

    def _ask(self, relation: str, predicate: str, least: float = 1.0) -> float:
        condition = f" WHERE {predicate}" if predicate else ""
        rows = self._planner.fetch_workload(f"SELECT FROM ONLY {relation}{condition}", prefix="EXPLAIN (FORMAT JSON) ")
        return max(tree.parse(rows[0]["QUERY PLAN"]).root.plan_rows, least)


def forget_pages(session: Session) -> None:
    """Empty the server's cache, what is changed in it written out."""
    schema = session.row("shadow/buffercache")["schema"]
    session.script(f"SELECT {qualified(schema, 'pg_buffercache_evict_all')}()")


def measure(session: Session, parts: Sequence[Part]) -> dict[int, int]:
    """Tell pg_class the sizes that the indexes would have; returns their blocks by oid."""
    return _told(session, parts, _shapes(session, parts))


def size(storage: Storage, session: Session, parts: Sequence[Part]) -> dict[int, int]:
    """Give the indexes' files and rows of pg_class the sizes that they would have; returns blocks by oid. The server
    must not have the files' pages in its cache.
    """
    shapes = _shapes(session, parts)
    blocks = _told(session, parts, shapes)
    for part in parts:
        oid = part.row["oid"]
        shapes[oid].write(storage, part.row["path"], blocks[oid], part.rows, part.heap_blocks)
    return blocks


def _shapes(session: Session, parts: Sequence[Part]) -> dict[int, IndexShape]:
    shapes = index_shapes(session, [part.row["oid"] for part in parts])
    return shapes | {oid: shapes[oid].for_part(part.never_null) for part in parts if (oid := part.row["oid"])}


def _told(session: Session, parts: Sequence[Part], shapes: dict[int, IndexShape]) -> dict[int, int]:
    blocks = {part.row["oid"]: shapes[part.row["oid"]].blocks(part.rows, part.heap_blocks) for part in parts}
    session.rows(
        "shadow/set_index_sizes",
        indexes=list(blocks),
        blocks=list(blocks.values()),
        rows=[part.rows for part in parts],
    )
    return blocks
