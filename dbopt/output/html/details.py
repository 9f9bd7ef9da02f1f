"""All that is known of a plan node beside its row: names and texts. Pure.

Nothing that EXPLAIN gave is lost: an attribute that no function knows stands under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dbopt.output import units
from dbopt.output.html import buffers, methods
from dbopt.output.html.values import Detail, amount, listed, plain, rows
from dbopt.output.html.workers import workers
from dbopt.plan.effort import Buffers, Effort
from dbopt.plan.tree import Node

_LONGEST = 400  # characters of a list of output columns
_FELT = 0.05  # part of a node's time
_REMOVED = {"Filter": "filter", "Join Filter": "join filter", "Index Recheck": "recheck"}
_SHOWN = (
    buffers.KEYS
    | methods.KEYS
    | frozenset(
        (
            *("Node Type", "Strategy", "Partial Mode", "Operation", "Parent Relationship", "Subplan Name", "Join Type"),
            *("Parallel Aware", "Scan Direction", "Index Name", "Relation Name", "Schema", "Alias", "CTE Name"),
            *("Function Name", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Plans"),
            *("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops", "Output", "Workers"),
            *("Index Cond", "Recheck Cond", "TID Cond", "Order By", "Hash Cond", "Merge Cond", "Join Filter", "Filter"),
            *("One-Time Filter", "Run Condition", "Cache Key", "Sort Key", "Group Key"),
            *(f"Rows Removed by {what}" for what in _REMOVED),
            *("Workers Planned", "Workers Launched"),
        )
    )
)
"""Attributes that stand in the row or in a detail that is made of several."""


def details(node: Node, own: Effort, *, brief: bool = False) -> Iterator[Detail]:
    """The details of a node, those first that are asked for most. `brief` ones leave out output columns, short
    waits, and what a worker read.
    """
    raw = node.raw
    candidates = (
        ("Time", _time(node, own)),
        ("Rows", _rows(node)),
        ("Removed", _removed(node)),
        ("Cost", _cost(node, own)),
        ("Buffers", _buffers(node, own)),
        ("I/O", buffers.times(raw) if not brief or _waits(node, own) else ""),
        ("WAL", buffers.wal(raw)),
        ("Sort", methods.sort(raw)),
        ("Hash", methods.hashed(raw)),
        ("Cache", methods.cache(raw)),
        ("Stored", methods.stored(raw)),
        ("Heap blocks", methods.heap_blocks(raw)),
        ("Workers", _workers(raw)),
        *workers(raw, brief=brief),
        *_others(raw),
        ("Output", _output(node) if not brief else ""),
    )
    return ((name, text) for name, text in candidates if text)


def _time(node: Node, own: Effort) -> str:
    if own.inclusive_ms is None or not node.executed:
        return ""
    first, loops = node.actual_startup_ms, node.loops or 0
    return listed(
        f"{units.milliseconds(own.inclusive_ms)} in all",
        f"first row {units.milliseconds(first)}" if first is not None else "",
        f"{units.count(loops)} × {units.milliseconds(node.actual_total_ms or 0.0)}" if loops > 1 else "",
    )


def _rows(node: Node) -> str:
    planned = f"{units.count(node.plan_rows)} planned, {units.count(node.plan_width)} bytes"
    if node.actual_rows is None or not node.executed:
        return planned
    return f"{rows(node.actual_rows)} of {planned}{_each(node)}"


def _each(node: Node) -> str:
    return ", per loop" if (node.loops or 0) > 1 else ""


def _removed(node: Node) -> str:
    """Rows that were read for nothing, by what threw them away: per loop, as EXPLAIN counts them."""
    removed = {words: amount(node.raw, f"Rows Removed by {what}") for what, words in _REMOVED.items()}
    found = listed(*(f"{rows(number)} rows by {words}" for words, number in removed.items() if number))
    return found + _each(node) if found else ""


def _cost(node: Node, own: Effort) -> str:
    return f"{units.cost(node.startup_cost)} to {units.cost(node.total_cost)}, own {units.cost(own.self_cost)}"


def _buffers(node: Node, own: Effort) -> str:
    found = buffers.buffers(node.raw)
    if not found or not node.children or own.self_buffers == own.buffers:
        return found
    mine = buffers.buffers(_as_explained(own.self_buffers))
    return f"{found}; own {mine}" if mine else found


def _waits(node: Node, own: Effort) -> bool:
    """Whether reading blocks took a part of the time that can be felt."""
    reading = sum(amount(node.raw, f"{kind}I/O Read Time") for kind in ("", "Shared ", "Local ", "Temp "))
    return reading >= _FELT * (own.inclusive_ms or 0.0)


def _as_explained(mine: Buffers) -> dict[str, int]:
    return {
        f"{where} {what} Blocks": getattr(mine, f"{where.lower()}_{what.lower()}", 0)
        for where in ("Shared", "Local", "Temp")
        for what in ("Hit", "Read", "Dirtied", "Written")
    }


def _workers(raw: Mapping[str, Any]) -> str:
    if "Workers Planned" not in raw:
        return ""
    launched = f"{units.count(amount(raw, 'Workers Launched'))} launched" if "Workers Launched" in raw else ""
    return listed(f"{units.count(amount(raw, 'Workers Planned'))} planned", launched)


def _others(raw: Mapping[str, Any]) -> Iterator[Detail]:
    """What no other function says; what is switched off or zero is no news."""
    for name, value in raw.items():
        if name not in _SHOWN and value not in (False, 0, "", None, [], {}):
            yield name, plain(value)


def _output(node: Node) -> str:
    """The output columns, with VERBOSE. Many nodes only pass on what comes from below."""
    columns = node.raw.get("Output")
    if not isinstance(columns, list) or not columns:
        return ""
    if node.children and columns == node.children[0].raw.get("Output"):
        return "as below"
    text = listed(*map(str, columns))
    if len(text) <= _LONGEST:
        return text
    shown = text[:_LONGEST].rpartition(", ")[0] or text[:_LONGEST]
    return f"{shown}, … ({units.count(len(columns))} columns)"
