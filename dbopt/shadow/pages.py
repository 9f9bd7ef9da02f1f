"""Pages of a B-tree without rows, but with the height of one that has many. Pure: bytes in, bytes out.

The planner takes a B-tree's height from its metapage, and descends to its ends to see the extreme values; so the
height stands on a real chain: every inner page has one child, and the leaf at the end is empty. Layouts:
src/include/storage/bufpage.h, src/include/access/nbtree.h and itup.h of PostgreSQL 18 (unchanged since 13).
"""

from __future__ import annotations

import struct

BLOCK_SIZE = 8192
_PAGE_HEADER = struct.Struct("=QHHHHHHI")  # lsn, checksum, flags, lower, upper, special, size | version, prune_xid
_OPAQUE = struct.Struct("=IIIHH")  # previous, next, level, flags, cycle id
_HEADER_BYTES = 24
_SPECIAL = BLOCK_SIZE - _OPAQUE.size
_LAYOUT_VERSION = 4

_META_ROOT = struct.Struct("=IIII")  # root, level, fastroot, fastlevel
_META_ROOT_OFFSET = _HEADER_BYTES + 8  # after magic and version
_BTREE_MAGIC = 0x053162

_BTP_LEAF, _BTP_ROOT = 1, 2
_INDEX_ALT_TID_MASK = 0x2000  # the tuple's offset field counts its keys: none, so it is minus infinity
_TUPLE = struct.Struct("=HHHH")  # child block (high, low), offset, size | flags
_LINE_POINTER = struct.Struct("=I")
_LP_NORMAL = 1

_GIN_META_FLAG = 1 << 3
_GIN_FLAGS_OFFSET = BLOCK_SIZE - 2  # the last of GIN's own data
_GIN_COUNTS_OFFSET = _HEADER_BYTES + 24  # after the pending list's
_GIN_COUNTS = struct.Struct("=IIIIq")  # pages in all, of the entry tree, of posting trees; padding; entries

_BRIN_MAGIC = 0xA8109CFA
_BRIN_LAST_REVMAP_OFFSET = _HEADER_BYTES + 12  # after magic, version and pages per range


def is_btree_metapage(page: bytes) -> bool:
    return _magic(page) == _BTREE_MAGIC


def is_brin_metapage(page: bytes) -> bool:
    return _magic(page) == _BRIN_MAGIC


def is_gin_metapage(page: bytes) -> bool:
    return len(page) == BLOCK_SIZE and bool(struct.unpack_from("=H", page, _GIN_FLAGS_OFFSET)[0] & _GIN_META_FLAG)


def gin_metapage(page: bytes, blocks: int, entry_pages: int, data_pages: int, entries: int) -> bytes:
    """The metapage with these counts, as VACUUM leaves it (src/include/access/ginblock.h)."""
    counts = _GIN_COUNTS.pack(blocks, entry_pages, data_pages, 0, entries)
    return page[:_GIN_COUNTS_OFFSET] + counts + page[_GIN_COUNTS_OFFSET + len(counts) :]


def btree_metapage(page: bytes, height: int) -> bytes:
    """The metapage with its root on block 1, `height` levels above the leaves."""
    root = _META_ROOT.pack(1, height, 1, height)
    return page[:_META_ROOT_OFFSET] + root + page[_META_ROOT_OFFSET + len(root) :]


def btree_skeleton(height: int) -> bytes:
    """Blocks 1 to height + 1: from the root down to one empty leaf."""
    return b"".join(_btree_page(height - depth, depth + 2, is_root=depth == 0) for depth in range(height + 1))


def brin_metapage(page: bytes, revmap_blocks: int) -> bytes:
    """The metapage saying that blocks 1 to `revmap_blocks` are the range map."""
    count = struct.pack("=I", revmap_blocks)
    return page[:_BRIN_LAST_REVMAP_OFFSET] + count + page[_BRIN_LAST_REVMAP_OFFSET + len(count) :]


def _magic(page: bytes) -> int:
    return int(struct.unpack_from("=I", page, _HEADER_BYTES)[0]) if len(page) == BLOCK_SIZE else 0


def _btree_page(level: int, child: int, *, is_root: bool) -> bytes:
    flags = (_BTP_LEAF if level == 0 else 0) | (_BTP_ROOT if is_root else 0)
    items = b"" if level == 0 else _TUPLE.pack(child >> 16, child & 0xFFFF, 0, _TUPLE.size | _INDEX_ALT_TID_MASK)
    upper = _SPECIAL - len(items)
    pointers = _LINE_POINTER.pack(upper | _LP_NORMAL << 15 | len(items) << 17) if items else b""
    lower = _HEADER_BYTES + len(pointers)
    header = _PAGE_HEADER.pack(0, 0, 0, lower, upper, _SPECIAL, BLOCK_SIZE | _LAYOUT_VERSION, 0)
    return header + pointers + bytes(upper - lower) + items + _OPAQUE.pack(0, 0, level, flags, 0)
