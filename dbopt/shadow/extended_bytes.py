"""Extended statistics in their stored form, from the text that pg_stats_ext shows. Pure.

Formats: src/backend/statistics/mvdistinct.c, dependencies.c and mcv.c, statext_*_serialize(), unchanged since
PostgreSQL 13.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

_HEADER = struct.Struct("=III")  # magic, type, number of items
_NDISTINCT_MAGIC = 0xA352BFA4
_DEPENDENCIES_MAGIC = 0xB4549A2C
_BASIC = 1

Attributes = Mapping[int, int]
"""Attribute numbers of the source -> those of the shadow, which has no dropped columns. Expressions have numbers below
zero, the same on both sides. Others make no sense: the planner would look for them where nothing is.
"""
_MCV_HEADER = struct.Struct("=IIIh")  # magic, type, number of items, number of dimensions
_MCV_MAGIC = 0xE1A651C2
_MOST_DIMENSIONS = 8


def n_distinct(text: str, attributes: Attributes) -> bytes:
    """'{"2, 3": 5000}' -> pg_ndistinct."""
    items = json.loads(text)
    packed = [_HEADER.pack(_NDISTINCT_MAGIC, _BASIC, len(items))]
    for names, count in items.items():
        numbers = _numbers(names, attributes)
        packed.append(struct.pack(f"=di{len(numbers)}h", count, len(numbers), *sorted(numbers, key=_unsigned)))
    return b"".join(packed)


def dependencies(text: str, attributes: Attributes) -> bytes:
    """'{"2 => 3": 0.9}' -> pg_dependencies; the last attribute is the one implied."""
    items = json.loads(text)
    packed = [_HEADER.pack(_DEPENDENCIES_MAGIC, _BASIC, len(items))]
    for names, degree in items.items():
        numbers = _numbers(names.replace(" => ", ", "), attributes)
        packed.append(struct.pack(f"=dh{len(numbers)}h", degree, len(numbers), *numbers))
    return b"".join(packed)


def with_frequencies(stored: bytes, dimensions: int, frequencies: Sequence[tuple[float, float]]) -> bytes:
    """A pg_mcv_list with other frequencies (and base frequencies), in the order of its items. The items stand at its
    end: a flag per dimension for NULL, the two frequencies, and an index per dimension.
    """
    if _MCV_HEADER.unpack_from(stored) != (_MCV_MAGIC, _BASIC, len(frequencies), dimensions):
        raise ValueError("a list of something else")
    item = struct.Struct(f"={dimensions}sdd{2 * dimensions}s")
    start = len(stored) - item.size * len(frequencies)
    patched = [stored[:start]]
    for (nulls, _, _, indexes), pair in zip(item.iter_unpack(stored[start:]), frequencies, strict=True):
        patched.append(item.pack(nulls, *pair, indexes))
    return b"".join(patched)


def _numbers(text: str, attributes: Attributes) -> list[int]:
    numbers = [attributes[int(number)] for number in text.split(",")]
    if not 2 <= len(set(numbers)) == len(numbers) <= _MOST_DIMENSIONS:
        raise ValueError(f"no combination: {text}")
    return numbers


def _unsigned(number: int) -> tuple[bool, int]:
    """Columns first in their order, then expressions from -1 downward, as they are stored."""
    return number < 0, abs(number)
