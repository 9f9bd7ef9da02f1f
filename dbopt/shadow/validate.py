"""What a snapshot must keep to before anything is done with it: it may come from anywhere. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dbopt.errors import CorruptDocument

if TYPE_CHECKING:
    from dbopt.shadow.snapshot import Snapshot

LARGEST_TEXT_BYTES = 10**9
_MOST_BLOCKS = 2**32 - 2  # PostgreSQL's own limit for a relation
_MOST_BLOCKS_TOGETHER = 2**35  # 256 TB: each 1 GB of it is a file
_HINT = "`dbopt snapshot -o FILE` writes such a file"


def unpacked(content: bytes, origin: str) -> bytes:
    """The content of a gzip file. Raises CorruptDocument where it is damaged or would fill the memory."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(content, LARGEST_TEXT_BYTES)
        is_whole = unpacker.eof and not unpacker.unused_data
    except zlib.error:
        is_whole, text = False, b""
    if len(text) == LARGEST_TEXT_BYTES and not unpacker.eof:
        raise CorruptDocument(f"{origin} unpacks to more than {LARGEST_TEXT_BYTES // 10**6} MB", hint=_HINT)
    if not is_whole:
        raise CorruptDocument(f"{origin} is damaged or cut short", hint=f"write it anew; {_HINT}")
    return text


def require_sound(snapshot: Snapshot, origin: str) -> None:
    """Raise CorruptDocument for names and counts that no database has."""
    for fault in _faults(snapshot):
        raise CorruptDocument(f"{origin} cannot be: {fault}", hint=_HINT)


def _faults(snapshot: Snapshot) -> Iterator[str]:
    if not all(_names(snapshot)):
        yield "a name in it is empty"
    for relation in snapshot.relations:
        for blocks in (relation.blocks, relation.toast_blocks or 0):
            if not 0 <= blocks <= _MOST_BLOCKS:
                yield f"a relation of {blocks} blocks"
    if sum(relation.blocks + (relation.toast_blocks or 0) for relation in snapshot.relations) > _MOST_BLOCKS_TOGETHER:
        yield "its relations have more than 256 TB"


def _names(snapshot: Snapshot) -> Iterable[str]:
    yield from snapshot.search_path
    for relation in snapshot.relations:
        yield from (relation.schema, relation.name)
    for item in snapshot.extended_statistics:
        yield from (item.schema, item.name, item.table_schema, item.table, *item.attributes.values())
    for function in snapshot.extension_functions:
        yield from (function.extension, function.schema, function.name)
    yield from (setting.name for setting in snapshot.settings)
