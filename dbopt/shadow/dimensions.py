"""How large and how high the shadow's indexes are to be, from the statistics that the shadow itself holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dbopt.index import size
from dbopt.index.attributes import attribute_of
from dbopt.index.inverted import Keys, gin_size
from dbopt.index.size import Attribute
from dbopt.postgres.session import Row, Session
from dbopt.shadow import gin_keys
from dbopt.shadow.storage import Storage


@dataclass(frozen=True)
class IndexShape:
    """What the size of an index depends on. `rows` are those that pg_class has, -1 where nothing is known;
    `keys_distinct` how many different keys a statistics object knows of.
    """

    oid: int
    table: int
    method: str
    rows: float
    is_unique: bool
    deduplicates: bool
    fillfactor: int | None
    pages_per_range: int | None
    attributes: tuple[Attribute, ...]
    keys: tuple[Keys, ...] = ()
    keys_distinct: float | None = None

    def blocks(self, rows: float, heap_blocks: int) -> int:
        """Blocks of the index if it were built now."""
        match self.method:
            case "btree":
                return size.btree_blocks(
                    rows,
                    self.attributes,
                    is_unique=self.is_unique,
                    deduplicates=self.deduplicates,
                    fillfactor=self.fillfactor,
                    keys_distinct=self.keys_distinct,
                )
            case "brin":
                return size.brin_blocks(heap_blocks, self.attributes, self.pages_per_range)
            case "hash":
                return size.hash_blocks(rows, self.attributes)
            case "gin":
                return gin_size(rows, heap_blocks, self.keys).blocks
            case _:
                return size.tree_blocks(self.method, rows, self.attributes)

    def write(self, storage: Storage, path: str, blocks: int, rows: float, heap_blocks: int) -> None:
        """Make the new index's file that large, and as high as an index of that size would be."""
        match self.method:
            case "btree":
                storage.write_btree(path, blocks, size.btree_height(blocks, rows, self.attributes))
            case "brin":
                storage.write_brin(path, blocks, size.revmap_blocks(heap_blocks, self.pages_per_range))
            case "gin":
                storage.write_gin(path, blocks, gin_size(rows, heap_blocks, self.keys).scaled(blocks))
            case _:
                storage.write_other(path, blocks)

    def for_part(self, never_null: Sequence[bool]) -> IndexShape:
        """The shape of an index that leaves out the rows where these keys are NULL."""
        attributes = list(self.attributes)
        for number, is_never in enumerate(never_null):
            if is_never:
                attributes[number] = attributes[number].without_nulls()
        return replace(self, attributes=tuple(attributes))


def index_shapes(session: Session, indexes: Sequence[int]) -> dict[int, IndexShape]:
    """The indexes by oid."""
    rows = session.rows("index/attributes", indexes=list(indexes))
    shapes = {oid: _shape(oid, list(group)) for oid, group in groupby(rows, key=lambda row: int(row["index"]))}
    return _with_keys(session, shapes)


def _shape(oid: int, rows: list[Row]) -> IndexShape:
    first = rows[0]
    return IndexShape(
        oid=oid,
        table=first["table"],
        method=first["method"],
        rows=first["rows"],
        is_unique=first["is_unique"],
        deduplicates=not first["deduplication_off"],
        fillfactor=first["fillfactor"],
        pages_per_range=first["pages_per_range"],
        keys_distinct=first["keys_distinct"],
        attributes=tuple(map(attribute_of, rows)),
    )


def _with_keys(session: Session, shapes: dict[int, IndexShape]) -> dict[int, IndexShape]:
    """GIN's keys; GiST has them together in one value per row."""
    wanted = {
        (oid, number): attribute.opclass
        for oid, shape in shapes.items()
        for number, attribute in enumerate(shape.attributes, 1)
        if shape.method == "gin" or (shape.method == "gist" and attribute.opclass in _SIGNATURES)
    }
    found = gin_keys.read(session, wanted, {oid: shapes[oid].attributes[0].table_rows for oid, _ in wanted})
    for oid in dict.fromkeys(oid for oid, _ in wanted):
        shape = shapes[oid]
        attributes = list(shape.attributes)
        for number, attribute in enumerate(attributes, 1):
            if shape.method == "gist" and (oid, number) in found:
                width = _SIGNATURES[attribute.opclass](found[oid, number].per_row)
                attributes[number - 1] = replace(attribute, length=-1, avg_width=round(width))
        keys = tuple(found[place] for place in sorted(found) if place[0] == oid)
        shapes[oid] = replace(shape, attributes=tuple(attributes), keys=keys if shape.method == "gin" else ())
    return shapes


_SIGNATURES: dict[str, Callable[[float], float]] = {
    "gist_trgm_ops": lambda trigrams: 5 + 3 * trigrams,
    "tsvector_ops": lambda lexemes: 8 + min(4 * lexemes, 124.0),
}
"""Bytes of a leaf's value, by the number of its keys (contrib/pg_trgm, src/backend/utils/adt/tsgistidx.c)."""
