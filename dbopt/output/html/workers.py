"""What each worker of a parallel node did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dbopt.output import units
from dbopt.output.html import buffers, methods
from dbopt.output.html.values import Detail, amount, listed, objects, rows


def workers(raw: Mapping[str, Any], *, brief: bool = False) -> Iterator[Detail]:
    """A name and a text for each worker; a `brief` one without blocks."""
    for one in objects(raw, "Workers"):
        yield f"Worker {units.count(amount(one, 'Worker Number'))}", listed(*_parts(one, brief=brief), by="; ")


def _parts(one: Mapping[str, Any], *, brief: bool) -> Iterator[str]:
    loops = amount(one, "Actual Loops")
    if "Actual Total Time" in one:
        yield units.milliseconds(amount(one, "Actual Total Time"))
    if "Actual Rows" in one:
        yield f"{rows(amount(one, 'Actual Rows'))} rows"
    yield f"{units.count(loops)} loops" if loops > 1 else ""
    yield from (methods.sort(one), methods.hashed(one), methods.heap_blocks(one), methods.jit(one))
    if not brief:
        yield from (buffers.buffers(one), buffers.times(one), buffers.wal(one))
