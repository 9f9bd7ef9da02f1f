"""How large a GIN index would be: keys, how many rows have each, and the pages that hold both. Pure.

Layout as in src/backend/access/gin/README: an entry tree with one tuple per key, which holds the rows' positions as
long as they are few, else points to a posting tree of its own. Positions are kept as differences of seven bits a byte
(ginpostinglist.c). Keys arrive in order, and the entry tree splits its pages in the middle, which leaves them half
full; posting trees are filled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_PAGE = 8192 - 24 - 8  # without the page's header and GIN's own data
_LARGEST_TUPLE = 2712  # GinMaxItemSize
_LIST_HEADER = 8  # of a posting list: its first position, and its length
_SEGMENT = 256  # bytes of the lists that a posting tree's page is cut into
_CHILD = 10  # PostingItem
_LINE_POINTER = 4
_STEPS = 40


@dataclass(frozen=True)
class Keys:
    """The keys that rows have in one column of the index. `common` are shares of the rows that have each of the most
    common ones; `per_row` is how many keys a row has on average, `rest` how many other keys there are. With `zipf` the
    others' frequencies go on falling as 1/rank. `key_bytes` is a key's size, on average if it `varies`.
    """

    common: tuple[float, ...]
    per_row: float
    rest: float
    key_bytes: float
    zipf: bool = False
    varies: bool = True


@dataclass(frozen=True)
class GinSize:
    """Pages with the metapage; as GIN's metapage counts them."""

    entry_pages: int
    data_pages: int
    entries: int

    @property
    def blocks(self) -> int:
        return 1 + self.entry_pages + self.data_pages

    def scaled(self, blocks: int) -> GinSize:
        """The same in that many blocks."""
        ratio = max(blocks - 1, 1) / (self.blocks - 1)
        data = round(self.data_pages * ratio)
        return GinSize(max(1, blocks - 1 - data), data, max(1, round(self.entries * ratio)))


def gin_size(rows: float, heap_blocks: int, columns: Sequence[Keys]) -> GinSize:
    """Of an index over that many rows, which are spread over that many blocks of the table."""
    entry_bytes = data_pages = entries = largest = 0.0
    prefix = 0 if len(columns) == 1 else 2
    for column in columns:
        key_bytes = 8 + prefix + column.key_bytes
        for share, count in _frequencies(rows, column):
            positions = rows * share
            size = _list_bytes(positions, heap_blocks)
            inline = _aligned(key_bytes + _LIST_HEADER + size, varies=column.varies or size > 0)
            if inline > _LARGEST_TUPLE:
                data_pages += count * _posting_tree(size)
                inline = _aligned(key_bytes, varies=column.varies)
            entries += count
            entry_bytes += count * (inline + _LINE_POINTER)
            largest = max(largest, inline)
    if entries < 1:
        return GinSize(1, 0, 0)
    tuple_bytes = entry_bytes / entries
    leaves = 1 if entry_bytes <= _PAGE else math.ceil(entry_bytes / ((_PAGE + tuple_bytes) / 2))
    return GinSize(_tree(leaves, (_PAGE / 2) / 28), round(data_pages), round(entries))


def zipf_rest(least: float, listed: int, per_row: float, rows: float) -> float:
    """How many keys follow the listed ones, whose last has the frequency `least`, if frequencies go on falling as
    1/rank until they add up to `per_row`.
    """
    if per_row <= 0:
        return 0.0
    weight = least * listed
    if weight <= 0:
        return per_row * rows
    return min(listed * math.expm1(min(per_row / weight, 50.0)), per_row * rows)


def _frequencies(rows: float, column: Keys) -> Iterator[tuple[float, float]]:
    """Shares of rows, and how many keys have each; keys that no row has are left out."""
    yield from ((share, 1.0) for share in column.common if share * rows >= 0.5)
    left = max(0.0, column.per_row - sum(column.common))
    if left * rows < 1 or column.rest < 0.5:
        return
    if not column.zipf or not column.common:
        yield _met(left / column.rest, column.rest, rows)
        return
    first, last = len(column.common), len(column.common) + column.rest
    weight = left / math.log(last / first)
    bounds = [first * (last / first) ** (step / _STEPS) for step in range(_STEPS + 1)]
    for low, high in pairwise(bounds):
        if high > low:
            yield _met(weight * math.log(high / low) / (high - low), high - low, rows)


def _met(share: float, count: float, rows: float) -> tuple[float, float]:
    """Keys of that frequency which at least one row has, and their frequency among those."""
    present = -math.expm1(-share * rows)
    return share / present, count * present


# -- bytes and pages --------------------------------------------------------------------------------------------------


def _list_bytes(positions: float, heap_blocks: int) -> float:
    """Differences of positions that are spread evenly: one byte within a block, two to the next seven blocks, and so
    on (a block is 2 ** 11 positions).
    """
    if positions <= 1:
        return 0.0
    per_block = positions / max(heap_blocks, 1)
    in_new_block = -math.expm1(-per_block) / per_block
    far = 2 + sum(math.exp(-per_block * (2**power - 1)) for power in (3, 10, 17, 24))
    return (positions - 1) * ((1 - in_new_block) + in_new_block * far)


def _posting_tree(size: float) -> float:
    filled = size * (1 + (_LIST_HEADER - 2) / _SEGMENT)
    return _tree(math.ceil(filled / (_PAGE - _SEGMENT / 2)), _PAGE / _CHILD)


def _tree(leaves: int, fan_out: float) -> int:
    pages, level = leaves, leaves
    while level > 1:
        level = math.ceil(level / fan_out)
        pages += level
    return pages


def _aligned(size: float, *, varies: bool) -> float:
    """To steps of eight bytes."""
    return size + 3.5 if varies else math.ceil(size / 8) * 8
