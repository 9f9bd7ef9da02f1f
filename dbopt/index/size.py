"""How large an index would be. Pure: row counts and statistics in, blocks out.

B-tree: tuples and pages as in src/include/access/itup.h and nbtree.h, the build of src/backend/access/nbtree/nbtsort.c
(leaf pages filled to 90 %, inner ones to 70 %), and its deduplication as in that directory's README ("Notes about
deduplication"): rows with equal keys share one tuple that lists their positions, six bytes each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

BLOCK_SIZE = 8192
_LEAF_BYTES = BLOCK_SIZE - 24 - 16  # without the page's header and the B-tree's own data
_LINE_POINTER = 4
_TUPLE_HEADER = 8
_POSITION = 6  # of a row: ItemPointerData
_LEAF_FILL, _INNER_FILL = 90, 70
_POSTING_BYTES = BLOCK_SIZE // 10 - _LINE_POINTER  # of the largest posting list that a build makes
_REVMAP_ENTRIES = (BLOCK_SIZE - 24 - 8) // _POSITION  # of BRIN's range map, per page
_HASH_ENTRIES = (BLOCK_SIZE - 24 - 16) // 20  # of a bucket's page
_TREE_FILL = {
    ("gist", ""): 0.66,
    ("gist", "range_ops"): 0.58,
    ("gist", "inet_ops"): 0.58,
    ("gist", "tsvector_ops"): 0.8,
    ("spgist", ""): 0.75,
    ("spgist", "range_ops"): 0.53,
}
"""How full pages are, as found: it depends on how well an operator class splits them."""
_RADIX_PREFIX = 3  # bytes of a text that SP-GiST keeps in inner tuples
_ALIGNMENTS = {"c": 1, "s": 2, "i": 4, "d": 8}


@dataclass(frozen=True)
class Attribute:
    """A column or expression of an index. `length` is the type's (below zero: variable), `alignment` pg_type.typalign,
    `avg_width` in bytes, `n_distinct` as in pg_stats, `frequencies` of the most common values.

    `equal_images`: equal values have equal bytes, without which a B-tree does not deduplicate. `table_rows`: the rows
    that `n_distinct` is about, if not all of them are in the index.
    """

    length: int
    alignment: str
    avg_width: int
    null_fraction: float = 0.0
    n_distinct: float = 0.0
    frequencies: tuple[float, ...] = ()
    is_key: bool = True
    equal_images: bool = True
    opclass: str = ""
    table_rows: float = 0.0

    @property
    def width(self) -> int:
        """Bytes of a value that is not NULL; 32 where nothing is known, as the planner assumes."""
        return self.length if self.length > 0 else self.avg_width or 32

    def one_byte_wider(self) -> Attribute:
        """The attribute, if its width varies, one byte wider."""
        return self if self.length > 0 else replace(self, avg_width=self.width + 1)

    def without_nulls(self) -> Attribute:
        """The attribute in an index that leaves out the rows where it is NULL."""
        present = max(1 - self.null_fraction, 0.001)
        shares = tuple(frequency / present for frequency in self.frequencies)
        distinct = self.n_distinct / present if self.n_distinct < 0 else self.n_distinct
        rows = self.table_rows * present
        return replace(self, null_fraction=0.0, frequencies=shares, n_distinct=distinct, table_rows=rows)

    def distinct(self, rows: float) -> float:
        """Number of different values among that many rows; where nothing is known all are, so that a size is too large
        rather than too small. Of a part of the table's rows: as many as that many draws show (Yao 1977, simplified).
        """
        every = max(self.table_rows, rows)
        if not self.n_distinct:
            return max(rows, 1.0)
        values = self.n_distinct if self.n_distinct > 0 else -self.n_distinct * every
        values = min(values, max(every, 1.0))
        present = every * (1 - self.null_fraction)
        if 0 < rows < present and values > 1:
            values *= -math.expm1(math.log1p(-rows / present) * present / values)
        return min(max(values, 1.0), max(rows, 1.0))


def btree_blocks(
    rows: float,
    attributes: Sequence[Attribute],
    *,
    is_unique: bool = False,
    deduplicates: bool = True,
    fillfactor: int | None = None,
    keys_distinct: float | None = None,
) -> int:
    """Blocks of a freshly built B-tree, the metapage among them. `keys_distinct` is the number of different keys, where
    that is known of the columns together.
    """
    if rows < 1:
        return 1
    tuple_bytes = _average_tuple(attributes)
    data = rows * (tuple_bytes + _LINE_POINTER)
    if deduplicates and not is_unique and all(attribute.is_key and attribute.equal_images for attribute in attributes):
        data = min(data, sum(_deduplicated(rows, kind, keys_distinct) for kind in _kinds(attributes)))
    usable = _LEAF_BYTES - BLOCK_SIZE * (100 - (fillfactor or _LEAF_FILL)) / 100
    leaves = math.ceil(data / max(usable - tuple_bytes, tuple_bytes))  # the first item is the page's upper bound
    return 1 + sum(_levels(leaves, _fan_out(leaves, rows, attributes)))


def btree_height(blocks: int, rows: float, attributes: Sequence[Attribute]) -> int:
    """Levels above the leaves of a B-tree with that many blocks in all."""
    fan_out = _fan_out(blocks, rows, attributes)
    leaves = max(1, round((blocks - 1) * (1 - 1 / fan_out)))
    return len(_levels(leaves, fan_out)) - 1


def brin_blocks(heap_blocks: int, attributes: Sequence[Attribute], pages_per_range: int | None = None) -> int:
    """Blocks of a BRIN index: its metapage, its range map and a summary per range."""
    per_range = pages_per_range or 128
    ranges = max(1, math.ceil(heap_blocks / per_range))
    summary = _aligned(8 + sum(_summary(attribute, per_range) for attribute in attributes)) + _LINE_POINTER
    on_a_page = max(1, int((BLOCK_SIZE - 24 - 8) // summary))
    return 1 + revmap_blocks(heap_blocks, pages_per_range) + math.ceil(ranges / on_a_page)


def _summary(attribute: Attribute, pages_per_range: int) -> float:
    """Bytes: minimum and maximum; some 24 values (at most 32); or a Bloom filter for a tenth of the rows that the range
    can hold, wrong in a hundredth of the cases (src/backend/access/brin/brin_bloom.c, brin_minmax_multi.c).
    """
    if attribute.opclass.endswith("bloom_ops"):
        values = max(16.0, 0.1 * 291 * pages_per_range)
        return 12 + math.ceil(values * -math.log(0.01) / math.log(2) ** 2 / 8)
    if attribute.opclass.endswith("minmax_multi_ops"):
        return 20 + 24 * attribute.width
    return 2 * attribute.width


def revmap_blocks(heap_blocks: int, pages_per_range: int | None = None) -> int:
    """Blocks of a BRIN index's range map (src/include/access/brin_page.h)."""
    return max(1, math.ceil(math.ceil(heap_blocks / (pages_per_range or 128)) / _REVMAP_ENTRIES))


def hash_blocks(rows: float, attributes: Sequence[Attribute] = ()) -> int:
    """Blocks of a hash index: a metapage, a bitmap and buckets of about 305 entries, whose number is a power of two or
    one of three steps on the way to the next (src/backend/access/hash/README); values with more rows than a page holds
    need others behind their bucket's.
    """
    present = rows * (1 - attributes[0].null_fraction) if attributes else rows
    wanted = max(2.0, present / 305)
    power = 1 << math.ceil(math.log2(wanted))
    steps = (power * 5 // 8, power * 6 // 8, power * 7 // 8, power) if power >= 1024 else (power,)
    buckets = next(step for step in steps if step >= wanted)
    return 2 + buckets + (_overflow_pages(rows, present, buckets, attributes[0]) if attributes else 0)


def _overflow_pages(rows: float, present: float, buckets: int, attribute: Attribute) -> int:
    """Of common values, one by one; of the others, by how unevenly they fall into the buckets (as a compound Poisson
    distribution, nearly a normal one).
    """
    common = [frequency * rows for frequency in attribute.frequencies]
    rest = max(present - sum(common), 0.0)
    load = rest / buckets
    pages = float(sum(max(0, math.ceil((count + load) / _HASH_ENTRIES) - 1) for count in common))
    per_value = rest / max(attribute.distinct(rows) - len(common), 1.0)
    spread = math.sqrt(max(load * max(per_value, 1.0), 1e-9))
    if per_value > _HASH_ENTRIES:
        return round(pages + rest / per_value * (math.ceil(per_value / _HASH_ENTRIES) - 1))
    for page in range(1, 5):
        pages += buckets * 0.5 * math.erfc((page * _HASH_ENTRIES - load) / spread / math.sqrt(2))
    return round(pages)


def tree_blocks(method: str, rows: float, attributes: Sequence[Attribute]) -> int:
    """Blocks of a GiST or SP-GiST index, by how full its pages were found."""
    fill = _TREE_FILL.get((method, attributes[0].opclass), _TREE_FILL[method, ""])
    header = 8 if method == "spgist" else 0  # SpGistLeafTupleData is longer than an index tuple's
    if (method, attributes[0].opclass) == ("spgist", "text_ops"):
        attributes = [replace(attributes[0], avg_width=max(attributes[0].width - _RADIX_PREFIX, 1)), *attributes[1:]]
    size = sum(kind.share * (kind.tuple_bytes + header) for kind in _kinds(attributes)) + _LINE_POINTER
    return 1 + math.ceil(max(rows, 0.0) * size / (fill * _LEAF_BYTES))


# -- tuples -----------------------------------------------------------------------------------------------------------


def _aligned(size: float, alignment: int = 8) -> int:
    return -int(-size // alignment) * alignment


def _tuple_bytes(attributes: Sequence[Attribute], *, has_null: bool = False) -> int:
    """Bytes of a tuple of these values; a NULL brings a bitmap."""
    size = _TUPLE_HEADER + (8 if has_null else 0)
    for attribute in attributes:
        short = attribute.length < 0 and attribute.width < 127  # a short value has a one-byte header, unaligned
        size = attribute.width + (size if short else _aligned(size, _ALIGNMENTS[attribute.alignment]))
    return _aligned(size)


@dataclass(frozen=True)
class _Kind:
    """Rows that have the same attributes NULL: their share of all rows, and the values that they do have."""

    share: float
    values: tuple[Attribute, ...]
    has_null: bool

    @property
    def tuple_bytes(self) -> float:
        """On average. ANALYZE cuts the fraction off an average width, so the truth is up to a byte per value more."""
        least = _tuple_bytes(self.values, has_null=self.has_null)
        most = _tuple_bytes([value.one_byte_wider() for value in self.values], has_null=self.has_null)
        return (least + most) / 2


def _kinds(attributes: Sequence[Attribute]) -> list[_Kind]:
    """The rows by what is NULL in them, as if that were independent; rare NULLs are overlooked."""
    kinds = [_Kind(1.0, (), False)]
    for attribute in attributes:
        null = attribute.null_fraction if attribute.null_fraction > 0.01 else 0.0
        present = [_Kind(kind.share * (1 - null), (*kind.values, attribute), kind.has_null) for kind in kinds]
        absent = [_Kind(kind.share * null, kind.values, True) for kind in kinds] if null else []
        kinds = [kind for kind in present + absent if kind.share > 0.001]
    return kinds


def _average_tuple(attributes: Sequence[Attribute]) -> float:
    return sum(kind.share * kind.tuple_bytes for kind in _kinds(attributes))


# -- deduplication ----------------------------------------------------------------------------------------------------


def _deduplicated(rows: float, kind: _Kind, keys_distinct: float | None) -> float:
    """Bytes of the leaf tuples of one kind of rows, when equal keys share one. `rows` are all rows of the index."""
    own_rows = rows * kind.share
    if not kind.values:
        return _group(own_rows, kind.tuple_bytes)
    common = [count for share in _common_shares(kind.values) if (count := share * own_rows) > 1]
    rest_rows = max(0.0, own_rows - sum(common))
    distinct = min(_distinct(rows, own_rows, kind.values), keys_distinct or math.inf)
    rest_values = min(max(distinct - len(common), 1.0), max(rest_rows, 1.0))
    size = sum(_group(count, kind.tuple_bytes) for count in common)
    return size + rest_values * _group(rest_rows / rest_values, kind.tuple_bytes)


def _common_shares(values: Sequence[Attribute]) -> tuple[float, ...]:
    """Shares that the most common single keys have of the rows with a value; nothing is assumed of combinations."""
    if len(values) > 1:
        return ()
    present = max(1 - values[0].null_fraction, 0.001)  # frequencies are shares of all rows
    return tuple(frequency / present for frequency in values[0].frequencies)


def _distinct(rows: float, own_rows: float, values: Sequence[Attribute]) -> float:
    """Different keys: of independent columns, those combinations that occur in so many draws (Cardenas 1975)."""
    combinations = math.prod(value.distinct(rows) for value in values)
    if len(values) == 1 or combinations <= 1:
        return min(combinations, own_rows)
    return -combinations * math.expm1(own_rows * math.log1p(-1 / combinations))


def _group(rows: float, tuple_bytes: float) -> float:
    """Bytes for that many rows with one key, line pointers included; between whole numbers it is interpolated."""
    low = math.floor(rows)
    share = rows - low
    return (1 - share) * _whole_group(low, tuple_bytes) + share * _whole_group(low + 1, tuple_bytes)


def _whole_group(rows: int, tuple_bytes: float) -> float:
    if rows <= 1:
        return rows * (tuple_bytes + _LINE_POINTER)
    capacity = max(2, int((_POSTING_BYTES - tuple_bytes) // _POSITION))
    lists, rest = divmod(rows, capacity)
    return lists * (_POSTING_BYTES + _LINE_POINTER) + (_posting(rest, tuple_bytes) if rest else 0.0)


def _posting(rows: int, tuple_bytes: float) -> float:
    return (tuple_bytes if rows == 1 else _aligned(tuple_bytes + rows * _POSITION)) + _LINE_POINTER


# -- levels -----------------------------------------------------------------------------------------------------------


def _levels(leaves: int, fan_out: float) -> list[int]:
    """Number of pages on each level, leaves first, up to the root."""
    levels = [leaves]
    while levels[-1] > 1:
        levels.append(math.ceil(levels[-1] / fan_out))
    return levels


def _fan_out(leaves: int, rows: float, attributes: Sequence[Attribute]) -> float:
    """Children of an inner page. Its keys keep only the leading columns that tell two leaves apart (suffix truncation),
    and where all are equal a row's position is added.
    """
    keys = [attribute for attribute in attributes if attribute.is_key]
    needed, distinct = 0, 1.0
    while needed < len(keys) and distinct < 2 * leaves:
        distinct *= keys[needed].distinct(rows)
        needed += 1
    position = 0 if distinct >= 2 * leaves else 8
    pivot = _tuple_bytes(keys[: max(needed, 1)]) + position + _LINE_POINTER
    return max(2.0, (_LEAF_BYTES - BLOCK_SIZE * (100 - _INNER_FILL) / 100) / pivot)
