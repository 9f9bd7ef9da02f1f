"""How a node or a worker did its work, and in what space: sorts, hash tables, caches, compiled code. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dbopt.output import units
from dbopt.output.html.values import amount, kilobytes, listed, mapping, plain

KEYS = frozenset(
    (
        *("Sort Method", "Sort Space Used", "Sort Space Type", "Full-sort Groups", "Pre-sorted Groups"),
        *("Hash Buckets", "Original Hash Buckets", "Hash Batches", "Original Hash Batches", "Peak Memory Usage"),
        *("Planned Partitions", "HashAgg Batches", "Disk Usage", "Storage", "Maximum Storage", "Cache Mode"),
        *("Cache Hits", "Cache Misses", "Cache Evictions", "Cache Overflows", "Exact Heap Blocks", "Lossy Heap Blocks"),
    )
)
"""The attributes that these functions speak of."""


def sort(raw: Mapping[str, Any]) -> str:
    """`external merge, 3.0 MB on disk`; of an incremental sort, its groups."""
    done = ""
    if "Sort Method" in raw:
        place = "on disk" if raw.get("Sort Space Type") == "Disk" else "of memory"
        done = f"{raw['Sort Method']}, {kilobytes(amount(raw, 'Sort Space Used'))} {place}"
    groups = (f"{kind} groups: {_groups(mapping(raw, f'{kind} Groups'))}" for kind in ("Full-sort", "Pre-sorted"))
    return listed(done, *(text for text in groups if not text.endswith(": ")), by="; ")


def _groups(groups: Mapping[str, Any]) -> str:
    if not groups:
        return ""
    spaces = []
    for where in ("Memory", "Disk"):
        if space := mapping(groups, f"Sort Space {where}"):
            average, peak = amount(space, "Average Sort Space Used"), amount(space, "Peak Sort Space Used")
            spaces.append(f"{where.lower()} {kilobytes(average)} on average, {kilobytes(peak)} at most")
    methods = plain(groups.get("Sort Methods Used", []))
    return listed(f"{units.count(amount(groups, 'Group Count'))} by {methods}", *spaces)


def hashed(raw: Mapping[str, Any]) -> str:
    """`4,096 buckets, 4 batches (1 planned), 3.0 MB of memory`, of a join or an aggregation."""
    parts = [_grown(raw, "Hash Buckets"), _grown(raw, "Hash Batches")]
    if amount(raw, "Planned Partitions"):
        parts.append(f"{units.count(amount(raw, 'Planned Partitions'))} partitions planned")
    if amount(raw, "HashAgg Batches"):
        parts.append(_counted(amount(raw, "HashAgg Batches"), "batches"))
    if "Peak Memory Usage" in raw:
        parts.append(f"{kilobytes(amount(raw, 'Peak Memory Usage'))} of memory")
    if amount(raw, "Disk Usage"):
        parts.append(f"{kilobytes(amount(raw, 'Disk Usage'))} on disk")
    return listed(*parts)


def _grown(raw: Mapping[str, Any], name: str) -> str:
    if name not in raw:
        return ""
    now, planned = amount(raw, name), amount(raw, f"Original {name}")
    before = f" ({units.count(planned)} planned)" if planned and planned != now else ""
    return f"{_counted(now, name.removeprefix('Hash ').lower())}{before}"


def _counted(number: float, words: str) -> str:
    """1 batch, 2 batches."""
    return f"{units.count(number)} {words if number != 1 else words.removesuffix('es' if words == 'batches' else 's')}"


def cache(raw: Mapping[str, Any]) -> str:
    """What Memoize could reuse."""
    names = [name for name in ("Hits", "Misses", "Evictions", "Overflows") if f"Cache {name}" in raw]
    counts = (f"{units.count(amount(raw, f'Cache {name}'))} {name.lower()}" for name in names)
    return listed(f"{raw['Cache Mode']} mode" if "Cache Mode" in raw else "", *counts)


def stored(raw: Mapping[str, Any]) -> str:
    """Where rows were kept for later, since PostgreSQL 18."""
    if "Storage" not in raw:
        return ""
    return listed(str(raw["Storage"]).lower(), f"{kilobytes(amount(raw, 'Maximum Storage'))} at most")


def heap_blocks(raw: Mapping[str, Any]) -> str:
    """Blocks that a bitmap named by row, and those that it only named as a whole."""
    counts = {kind: amount(raw, f"{kind} Heap Blocks") for kind in ("Exact", "Lossy")}
    return listed(*(f"{units.count(number)} {kind.lower()}" for kind, number in counts.items() if number))


# -- compiled code -----------------------------------------------------------------------------------------------------


def jit(raw: Mapping[str, Any]) -> str:
    """`12 functions; 45.0 ms: generation 1.00 ms, ...; inlining, optimization`."""
    one = mapping(raw, "JIT")
    if not one:
        return ""
    timing, options = mapping(one, "Timing"), mapping(one, "Options")
    spent = f"{units.milliseconds(jit_ms(raw))}: {listed(*_phases(timing))}" if timing else ""
    chosen = listed(*(name.lower() for name, value in options.items() if value is True))
    return listed(f"{units.count(amount(one, 'Functions'))} functions", spent, chosen, by="; ")


def jit_ms(raw: Mapping[str, Any]) -> float:
    """What compiling took in all; 0 where nothing was compiled."""
    return _total(mapping(mapping(raw, "JIT"), "Timing").get("Total"))


def _phases(timing: Mapping[str, Any]) -> Iterator[str]:
    for name, value in timing.items():
        if name != "Total":
            yield f"{name.lower()} {units.milliseconds(_total(value))}"


def _total(value: Any) -> float:
    """Of a number, or of the object in whose place some versions give parts and their total."""
    return amount({"": value.get("Total") if isinstance(value, Mapping) else value}, "")
