"""Whether one index makes another needless: it serves every plan that the other serves, and enforces what that does.
Pure over the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import ExistingIndex, IndexKey, Relation

_NULLS_NOT_DISTINCT = "NULLS NOT DISTINCT"


@dataclass(frozen=True)
class Redundancy:
    """`kind` is duplicate or redundant; `reason` a sentence about the index that stays."""

    kind: str
    reason: str


def is_pinned(index: ExistingIndex) -> bool:
    """Whether something rests on this very index, so that no other can take its place."""
    return bool(index.is_primary or index.constraint or index.is_marked or index.is_referenced)


def enforces(index: ExistingIndex) -> bool:
    """Whether something besides plans rests on the index."""
    return index.is_unique or is_pinned(index)


def made_redundant(
    index: ExistingIndex, other: ExistingIndex, relation: Relation, *, is_read: bool
) -> Redundancy | None:
    """What makes the index needless beside the other; None if it is not. `is_read` says whether a plan that can be
    tried without the index reads it.
    """
    if other is index or not other.is_valid or not keeps_promise(index, other):
        return None
    if _is_same(index, other):
        return Redundancy("duplicate", f"{other.sql_name} is the same index.") if _is_kept(other, index) else None
    if _is_reverse(index, other):
        reason = f"{other.sql_name} is the same index, read backwards."
        return Redundancy("redundant", reason) if _is_kept(other, index) else None
    if index.predicate == other.predicate and _begins_with(index, other):
        return Redundancy("redundant", f"{other.sql_name} begins with the same keys and serves all that it serves.")
    if _is_part_of_whole(index, other, relation, is_read=is_read):
        return Redundancy("redundant", f"{other.sql_name} has these keys of all rows, not only of some.")
    if _is_hash_of_sorted(index, other):
        return Redundancy("redundant", f"{other.sql_name} finds the same values, and in order besides.")
    return None


def serves_all(index: ExistingIndex, other: ExistingIndex) -> bool:
    """Whether the other, a new index, has all that the index has, and more or as much."""
    same = _is_same(index, other) or (index.predicate == other.predicate and _begins_with(index, other))
    return same and keeps_promise(index, other)


def keeps_promise(index: ExistingIndex, other: ExistingIndex) -> bool:
    """Whether the other enforces what the index does: uniqueness of the same keys or of some of them, on as many rows.
    A deferrable constraint does not: no ON CONFLICT goes by it.
    """
    if not index.is_unique:
        return True
    if not other.is_unique or other.is_deferrable or other.predicate not in ("", index.predicate):
        return False
    if _NULLS_NOT_DISTINCT in index.definition and _NULLS_NOT_DISTINCT not in other.definition:
        return False
    return {_compared(key) for key in other.keys} <= {_compared(key) for key in index.keys}


def _compared(key: IndexKey) -> tuple[str, str | None, str | None]:
    """What decides whether two values of a key are equal."""
    return key.sql, key.opclass, key.collation


def _is_same(one: ExistingIndex, other: ExistingIndex) -> bool:
    return one.keys == other.keys and _has_the_same(one, other)


def _is_reverse(one: ExistingIndex, other: ExistingIndex) -> bool:
    """Whether one is the other read backwards."""
    return one.method == "btree" and _backwards(one.keys) == other.keys and _has_the_same(one, other)


def _has_the_same(one: ExistingIndex, other: ExistingIndex) -> bool:
    return (one.method, set(one.include), one.predicate) == (other.method, set(other.include), other.predicate)


def _backwards(keys: Sequence[IndexKey]) -> tuple[IndexKey, ...]:
    return tuple(replace(key, descending=not key.descending, nulls_first=not key.nulls_first) for key in keys)


def _is_kept(one: ExistingIndex, other: ExistingIndex) -> bool:
    """Of two equal indexes the one that cannot go stays: one that enforces more, a part of a partitioned index, one on
    which something rests; else the first by name.
    """
    return not keeps_promise(one, other) or _rank(one) < _rank(other)


def _rank(index: ExistingIndex) -> tuple[bool, bool, str]:
    return index.parent is None, not is_pinned(index), index.sql_name


def _begins_with(index: ExistingIndex, other: ExistingIndex, *, with_more: bool = True) -> bool:
    """Whether the other begins with all keys of this one, be it backwards, has all its columns, and, `with_more`, has
    others besides. Predicates aside.
    """
    width = len(index.keys)
    if index.method != "btree" or other.method != "btree":
        return False
    if with_more and len(other.keys) <= width and len(other.include) <= len(index.include):
        return False
    begins = other.keys[:width] in (index.keys, _backwards(index.keys))
    return begins and {*other.columns, *other.include}.issuperset(index.include)


def _is_part_of_whole(index: ExistingIndex, other: ExistingIndex, relation: Relation, *, is_read: bool) -> bool:
    """Whether the other has all rows of which this one has some. Where its predicate asks for columns that are no keys
    of the other, only plans that can be tried without it show what that is worth.
    """
    if not index.predicate or other.predicate or not _begins_with(index, other, with_more=False):
        return False
    keys = set(other.columns)
    beyond = [column.name for column in relation.columns if column.name not in keys]
    return is_read or not any(_mentions(index.predicate, name) for name in beyond)


def _mentions(predicate: str, column: str) -> bool:
    return re.search(rf'(?<![\w"]){re.escape(quoted(column))}(?![\w"])', predicate) is not None


def _is_hash_of_sorted(index: ExistingIndex, other: ExistingIndex) -> bool:
    """Whether a b-tree finds what the hash index finds in the same rows."""
    return (
        (index.method, other.method) == ("hash", "btree")
        and index.predicate == other.predicate
        and _compared(index.keys[0]) == _compared(other.keys[0])
    )
