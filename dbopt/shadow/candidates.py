"""Making hypothetical indexes in the shadow, many at once (about 2 ms each)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dbopt.errors import ServerError
from dbopt.index.model import Index
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import expressions
from dbopt.shadow.roles import set_live
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.sizing import Counts, Part, forget_pages, size

PREFIX = "dbopt_what_if_"
_AT_ONCE = 50


@dataclass(frozen=True)
class Candidate:
    """A hypothetical index: `parts` are rows of shadow/index_parts, one per partition where the table has some."""

    parts: tuple[Row, ...] = field(repr=False)
    blocks: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row["name"] for row in self.parts)


def create(
    shadow: Shadow, planner: Session, indexes: Sequence[Index], free_names: Iterator[str]
) -> tuple[dict[Index, Candidate], dict[Index, str]]:
    """Create the indexes, not live; returns them, and those that PostgreSQL refused with its reason. `planner` tells
    how many rows a partial index would have; `free_names` gives names that were never used.
    """
    with shadow.administer() as owner, shadow.supervise() as session:
        leaves = {relation: _leaves(session, relation) for relation in {index.relation for index in indexes}}
        known = {relation: found for relation, found in leaves.items() if isinstance(found, list)}
        refused = {index: str(leaves[index.relation]) for index in indexes if index.relation not in known}
        wanted = [index for index in indexes if index.relation in known]
        names = {index: next(free_names) for index in wanted}
        with _emptied(shadow, known.values()), owner.transaction():
            made = {}
            for batch in _batches(names.items(), _AT_ONCE):
                made.update(_create_batch(owner, dict(batch), refused))
            owner.execute(set_live([], [row["oid"] for parts in made.values() for row in parts]))
        expressions.restore(
            owner, session, [row["oid"] for parts in made.values() for row in parts if row["kind"] == "i"], free_names
        )
        forget_pages(session)
        heaps = {int(leaf["oid"]): leaf for found in known.values() for leaf in found}
        counts = Counts(planner)
        contents = {
            index: [_part(row, heaps[row["table"]], shadow, counts, index) for row in parts if row["kind"] == "i"]
            for index, parts in made.items()
        }
        blocks = size(shadow.storage, session, [part for parts in contents.values() for part in parts])
    return (
        {
            index: Candidate(tuple(parts), sum(blocks[part.row["oid"]] for part in contents[index]))
            for index, parts in made.items()
        },
        refused,
    )


def _part(row: Row, heap: Row, shadow: Shadow, counts: Counts, index: Index) -> Part:
    place = heap["schema"], heap["name"]
    keys = [key.name if key.is_expression else quoted(key.name) for key in index.keys]
    return Part(
        row,
        counts.rows(*place, index.predicate),
        _blocks(shadow, heap),
        counts.never_null(*place, index.predicate, keys),
    )


def _create_batch(owner: Session, names: dict[Index, str], refused: dict[Index, str]) -> dict[Index, list[Row]]:
    """All at once, which saves most of the time; where that fails, one by one."""
    try:
        with owner.savepoint():
            return _create(owner, names)
    except ServerError as error:
        if len(names) == 1:
            refused.update(dict.fromkeys(names, error.message))
            return {}
    made = {}
    for index, name in names.items():
        made.update(_create_batch(owner, {index: name}, refused))
    return made


def _create(owner: Session, names: dict[Index, str]) -> dict[Index, list[Row]]:
    """The indexes, with their rows of shadow/index_parts. Raises ServerError."""
    owner.script("\n;\n".join(index.create_sql(name) for index, name in names.items()))
    wanted = {qualified(index.schema, name): index for index, name in names.items()}
    made: dict[Index, list[Row]] = {index: [] for index in names}
    for part in owner.rows("shadow/index_parts", indexes=list(wanted)):
        made[wanted[part["wanted"]]].append(part)
    for index, parts in made.items():
        if len(parts) > 1:  # plans name indexes without their schema, and PostgreSQL named these
            for number, part in enumerate(parts):
                former, part["name"] = part["name"], f"{names[index]}_{number}"
                owner.script(f"ALTER INDEX {qualified(part['schema'], former)} RENAME TO {quoted(part['name'])}")
    return made


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


def _batches(items: Iterable[tuple[Index, str]], size: int) -> Iterator[list[tuple[Index, str]]]:
    """As itertools.batched of later versions of Python."""
    rest = iter(items)
    while batch := list(itertools.islice(rest, size)):
        yield batch
