"""How large and how high the shadow's indexes are to be, from the statistics that the shadow itself holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dbopt.index import size
from dbopt.index.size import Attribute
from dbopt.postgres.session import Row, Session
from dbopt.shadow.storage import Storage


@dataclass(frozen=True)
class IndexShape:
    """What the size of an index depends on. `rows` are those that pg_class has, -1 where nothing is known."""

    oid: int
    table: int
    method: str
    rows: float
    is_unique: bool
    deduplicates: bool
    fillfactor: int | None
    pages_per_range: int | None
    attributes: tuple[Attribute, ...]

    def blocks(self, rows: float, heap_blocks: int) -> int:
        """Blocks of the index if it were built now."""
        if self.method == "btree":
            return size.btree_blocks(
                rows,
                self.attributes,
                is_unique=self.is_unique,
                deduplicates=self.deduplicates,
                fillfactor=self.fillfactor,
            )
        if self.method == "brin":
            return size.brin_blocks(heap_blocks, self.attributes, self.pages_per_range)
        return size.blocks_of(self.method, rows, heap_blocks, self.attributes)

    def write(self, storage: Storage, path: str, blocks: int, rows: float, heap_blocks: int) -> None:
        """Make the new index's file that large, and as high as an index of that size would be."""
        if self.method == "btree":
            storage.write_btree(path, blocks, size.btree_height(blocks, rows, self.attributes))
        elif self.method == "brin":
            storage.write_brin(path, blocks, size.revmap_blocks(heap_blocks, self.pages_per_range))
        else:
            storage.write_other(path, blocks)


def index_shapes(session: Session, indexes: Sequence[int]) -> dict[int, IndexShape]:
    """The indexes by oid."""
    rows = session.rows("index/attributes", indexes=list(indexes))
    return {oid: _shape(oid, list(group)) for oid, group in groupby(rows, key=lambda row: int(row["index"]))}


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
        attributes=tuple(
            Attribute(
                length=row["length"],
                alignment=row["alignment"],
                avg_width=row["avg_width"],
                null_fraction=row["null_fraction"],
                n_distinct=row["n_distinct"],
                frequencies=tuple(row["frequencies"]),
                is_key=row["is_key"],
                equal_images=row["equal_images"],
            )
            for row in rows
        ),
    )
